import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ERROR_TABLE, isErrorCode, peerCode } from './error-codes.ts'
import type { ErrorCode, ErrorRow } from './error-codes.ts'

const document = readFileSync(new URL('../../docs/reference/errors.md', import.meta.url), 'utf8')
const codes = Object.keys(ERROR_TABLE) as ErrorCode[]

/** The line of the document for a row: what to paste when this test fails. */
function lineOf(code: string, row: ErrorRow): string {
  const { prefix, code: newCode, oldCode } = row.xroad
  const cells = [
    `\`${code}\``,
    row.meaning,
    row.remedy,
    row.fault,
    row.mayRetry ? 'yes' : 'no',
    String(row.httpStatus),
    `\`${prefix}.${newCode}\` (\`${oldCode}\`)`,
    row.peerSees ? 'yes' : 'no',
  ]
  return `| ${cells.join(' | ')} |`
}

function documentedLines(): string[] {
  return document
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.replaceAll(/\s*\|\s*/g, ' | ').trim())
}

test('the document shows every row of the table, as it is', () => {
  const lines = new Set(documentedLines())
  const missing = codes.map((code) => lineOf(code, ERROR_TABLE[code])).filter((line) => !lines.has(line))
  assert.deepEqual(missing, [])
})

test('the table has every row of the document', () => {
  const lines = documentedLines()
  assert.ok(lines.length >= 60)
  const documented = lines.map((line) => /^\| `(\w+)`/.exec(line)?.[1] ?? line)
  assert.deepEqual(documented.toSorted(), codes.toSorted())
})

test('no code stands in two files, and each file is sorted', () => {
  const directory = new URL('error-rows/', import.meta.url)
  const files = readdirSync(directory).filter((name) => name.endsWith('.ts'))
  assert.ok(files.length >= 6)
  const found = files.flatMap((name) => {
    const text = readFileSync(new URL(name, directory), 'utf8')
    const own = [...text.matchAll(/^ {2}(\w+): \{$/gm)].map((match) => match[1] ?? '')
    assert.deepEqual(own, own.toSorted(), name)
    return own
  })
  assert.deepEqual(found.toSorted(), codes.toSorted())
})

test('every row tells what happened and what to do, in whole sentences', () => {
  for (const code of codes) {
    const { meaning, remedy, httpStatus } = ERROR_TABLE[code]
    // Two texts are X-Road's own and have no full stop: clients match them.
    const isXroadText = code === 'invalid_client_identifier' || code === 'invalid_request_uri'
    assert.ok(isXroadText || /^[A-Z].*\.$/.test(meaning), `${code}: ${meaning}`)
    assert.match(remedy, /^[A-Z].*\.$/, code)
    assert.ok(!`${meaning}${remedy}`.includes('|'), code)
    assert.ok(httpStatus >= 400 && httpStatus < 600, code)
  }
})

test('every X-Road name is one X-Road has, old and new belong together', () => {
  const { faultCodes } = JSON.parse(
    readFileSync(new URL('../../test/conformance/vectors/xroad-rest-proxy.json', import.meta.url), 'utf8'),
  ) as { readonly faultCodes: { readonly pairs: readonly { readonly new: string; readonly old: string }[] } }
  const oldNames = new Map(faultCodes.pairs.map((pair) => [pair.new, pair.old]))
  assert.ok(oldNames.size >= 100)
  for (const code of codes) {
    const { prefix, code: newCode, oldCode } = ERROR_TABLE[code].xroad
    assert.ok(oldNames.has(prefix), code)
    assert.equal(
      newCode
        .split('.')
        .map((part) => oldNames.get(part))
        .join('.'),
      oldCode,
      code,
    )
  }
})

test('a stranger sees one face of every failed key, certificate or signature', () => {
  for (const code of ['unknown_key', 'key_revoked', 'invalid_certificate', 'wrong_peer'] as const) {
    assert.equal(peerCode(code), 'invalid_signature')
  }
  assert.equal(peerCode('ledger_unwritable'), 'internal_error')
  assert.equal(peerCode('config_invalid'), 'internal_error')
  assert.equal(peerCode('access_denied'), 'access_denied')
  for (const code of codes) assert.equal(ERROR_TABLE[peerCode(code)].peerSees, true, code)
})

test('a code is a text of the table', () => {
  assert.equal(isErrorCode('no_path'), true)
  for (const value of ['made_up', '', 'toString', '__proto__', 1, null])
    assert.equal(isErrorCode(value), false)
})
