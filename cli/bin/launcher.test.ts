import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { main } from '../wusla.ts'

const LAUNCHER = fileURLToPath(new URL('wusla.js', import.meta.url))

/** What the program that has everything prints. */
async function printed(t: TestContext, ...args: string[]): Promise<string> {
  let text = ''
  const write = process.stdout.write.bind(process.stdout)
  const mock = t.mock.method(process.stdout, 'write', (chunk: string | Uint8Array): boolean => {
    // The report of the tests goes the same way, in bytes.
    if (typeof chunk !== 'string') return write(chunk)
    text += chunk
    return true
  })
  await main(['node', 'wusla', ...args])
  mock.mock.restore()
  return text
}

test('every command is there by a smaller program that has it alone, with the same help', async (t) => {
  const [, list = ''] = (await printed(t, '--help')).split('Commands:\n')
  const words = [...list.matchAll(/^ {2}([a-z]+) /gm)].map(([, word = '']) => word)
  const groups = words.slice(0, words.indexOf('help'))
  assert.ok(groups.length >= 19, groups.join())
  for (const word of groups) {
    const { stdout } = await promisify(execFile)(process.execPath, [LAUNCHER, word, '--help'])
    assert.equal(stdout, await printed(t, word, '--help'), word)
  }
})
