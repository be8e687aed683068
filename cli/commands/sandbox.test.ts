import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { LAUNCHER } from '../run/start-detached.ts'

const folder = mkdtempSync(join(tmpdir(), 'wusla-sandbox-'))
test.after(() => rmSync(folder, { recursive: true }))

function sandbox(...args: string[]): { status: number | null; stderr: string; stdout: string } {
  return spawnSync(process.execPath, [LAUNCHER, 'sandbox', ...args], { encoding: 'utf8', timeout: 30_000 })
}

test('a port base that is no port, or leaves no room, is refused before anything is made', () => {
  for (const base of ['abc', '99999', '65500', '80', '-1', '7600.5', '']) {
    const state = join(folder, 'never')
    const { status, stderr } = sandbox('up', '--state', state, `--port-base=${base}`)
    assert.equal(status, 2, `${base}: ${stderr}`)
    assert.match(stderr, /a whole number from 1024 to 65435/)
    assert.doesNotMatch(stderr, /\n\s+at /)
    assert.equal(existsSync(state), false)
  }
})

test('a state folder that is a file is refused as a mistake of the command', () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const { status, stderr } = sandbox('up', '--state', file)
  assert.equal(status, 2, stderr)
  assert.match(stderr, /^error: cannot write .*\/file \(--state\): it is a file\nhint: /)
})

test('what fails in the process of the sandbox is told without a stack', () => {
  const state = join(folder, 'state')
  // A folder where the process writes its number: it can neither write nor remove it.
  mkdirSync(join(state, 'sandbox.pid'), { recursive: true })
  const { status, stderr } = sandbox('up', '--state', state)
  assert.equal(status, 3, stderr)
  assert.match(stderr, /^error: .*\(internal_error\)\n/)
  assert.match(stderr, /cause: .*EISDIR/)
  assert.doesNotMatch(stderr, /\n\s+at /)
})

test('`down` where no sandbox ever was says so', () => {
  const { status, stderr } = sandbox('down', '--state', folder)
  assert.equal(status, 2)
  assert.match(stderr, /there is no sandbox in/)
})
