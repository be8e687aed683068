import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const LAUNCHER = fileURLToPath(new URL('wusla.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'wusla-cache-'))
test.after(() => rmSync(folder, { recursive: true }))

/** Runs `wusla` with this cache folder and gives what lies in the cache afterwards. */
function cachedWith(cacheHome: string): string[] {
  const temporary = mkdtempSync(join(folder, 'tmp-'))
  const { NODE_COMPILE_CACHE: _, ...env } = process.env
  execFileSync(process.execPath, [LAUNCHER, '--version'], {
    env: { ...env, XDG_CACHE_HOME: cacheHome, TMPDIR: temporary },
  })
  assert.deepEqual(readdirSync(temporary), [], 'something was put into the shared folder')
  const compiled = join(cacheHome, 'wusla', 'compiled')
  return existsSync(compiled) ? readdirSync(compiled) : []
}

test('the compile cache is a private folder of the user', () => {
  const home = join(folder, 'own')
  mkdirSync(home, { mode: 0o700 })
  assert.equal(cachedWith(home).length, 1)
  assert.equal(statSync(join(home, 'wusla', 'compiled')).mode & 0o777, 0o700)
})

test('a folder that others may write to, or replace, is not used', () => {
  const open = join(folder, 'open')
  mkdirSync(open)
  chmodSync(open, 0o777)
  assert.deepEqual(cachedWith(open), [])
  const planted = join(folder, 'planted')
  mkdirSync(join(planted, 'wusla', 'compiled'), { recursive: true, mode: 0o700 })
  chmodSync(join(planted, 'wusla', 'compiled'), 0o770)
  assert.deepEqual(cachedWith(planted), [])
})

test('without a place for it there is no cache, and the command works', () => {
  assert.deepEqual(cachedWith('/proc/nowhere'), [])
})
