import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERROR_TABLE, isErrorCode } from '../../src/protocol/error-codes.ts'
import { isTestFile, readSources, withoutComments } from './source-files.ts'

/** The table itself: naming a code there is no use of it. */
const isTable = (path: string): boolean => path.startsWith('src/protocol/error-rows/')

const sources = readSources(['src', 'cli', 'sandbox']).filter(
  ({ path }) => !isTestFile(path) && !isTable(path),
)

/** `new WuslaError('code'`, also when the argument stands on the next line. */
const THROWN = /\bnew WuslaError\(\s*'([^']*)'/g

/** `code: 'code'` in an object: what is told to a peer or a caller. The command line has words of its own. */
const TOLD = /\bcode: '([^']*)'/g

function namedCodes(path: string, text: string): { path: string; code: string }[] {
  const code = withoutComments(text)
  const told = path.startsWith('src/') ? [...code.matchAll(TOLD)] : []
  return [...code.matchAll(THROWN), ...told].map((match) => ({ path, code: match[1] ?? '' }))
}

test('every code that is thrown stands in the table', () => {
  assert.ok(sources.length > 120, `looked at ${sources.length} files only`)
  const thrown = sources.flatMap(({ path, text }) => namedCodes(path, text))
  assert.ok(thrown.length > 100, `saw ${thrown.length} throws only`)
  assert.deepEqual(
    thrown.filter(({ code }) => !isErrorCode(code)),
    [],
  )
})

test('every code of the table is used by the source', () => {
  const used = new Set<string>()
  for (const { text } of sources) {
    for (const match of withoutComments(text).matchAll(/'([a-z][a-z0-9_]*)'/g)) used.add(match[1] ?? '')
  }
  const unused = Object.keys(ERROR_TABLE).filter((code) => !used.has(code))
  assert.deepEqual(unused, [], 'codes nobody uses: use them or take them out of the table')
})
