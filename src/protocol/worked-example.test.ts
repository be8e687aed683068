import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { batchRoot, batchSigningBytes, decodeBatchHeader, decodeSeals } from './batch.ts'
import { digest256, digest512, keyIdOf } from './digest.ts'
import { headDisagreement } from './head-agreement.ts'
import { answerHead, headDigest, parseHeaderBlock, requestHead, xroadRequestHash } from './head.ts'
import { canonicalIdentifier, isIdentifier } from './identifier.ts'
import type { IdentifierKind } from './identifier.ts'
import { leafHash } from './merkle.ts'
import {
  answerOpeningMatches,
  decodeAnswerStatement,
  decodeRequestOpening,
  decodeRequestStatement,
  isAnswerTo,
  requestOpeningMatches,
} from './statement.ts'
import type { RequestStatement } from './statement.ts'

const specification = readFileSync(new URL('../../docs/spec/statement.md', import.meta.url), 'utf8')
const boxes = new Map(
  [...specification.matchAll(/<!-- example ([\w-]+) -->\n\n```text\n([^`]*)\n```/g)].map((match) => [
    match[1] ?? '',
    match[2] ?? '',
  ]),
)

function box(name: string): string {
  const text = boxes.get(name)
  assert.ok(text !== undefined && text !== '', `the example ${name}`)
  return text
}

/** Bytes of a head as one character each: the document shows them as UTF-8 text, its lines without CR LF. */
function headBytes(name: string): string {
  return Buffer.from(`${box(name).replaceAll('\n', '\r\n')}\r\n`, 'utf8').toString('latin1')
}

function headerBlockOf(head: string, firstLines: number): string {
  return head.split('\r\n').slice(firstLines).join('\r\n')
}

function checkRequest(name: string, statement: RequestStatement): void {
  const head = headBytes(`${name}-head`)
  const headerBlock = headerBlockOf(head, 2)
  const { method, service, path, query } = statement
  assert.equal(requestHead(method, service, path, query, headerBlock), head)
  assert.equal(headDigest(head), statement.head)
  assert.equal(headDisagreement(statement, parseHeaderBlock(headerBlock)), undefined)
  assert.equal(xroadRequestHash(statement.head, statement.body), box(`${name}-hash`))
}

function checkSeals(batch: string, key: string): void {
  const header = box(`${batch}-header`)
  const der = Buffer.from(box(key), 'base64url')
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' })
  const [seal, ...more] = decodeSeals(box(`${batch}-seals`))
  assert.ok(seal !== undefined && more.length === 0)
  assert.equal(seal.alg, 'ES256')
  assert.equal(seal.key, keyIdOf(der))
  const value = Buffer.from(seal.value, 'base64url')
  assert.equal(value.length, 64)
  assert.ok(verify('sha256', batchSigningBytes(header), { key: publicKey, dsaEncoding: 'ieee-p1363' }, value))
}

test('the document has all its examples', () => {
  assert.equal(boxes.size, 19)
})

test('the first request: head, body, opening, statement, digest and hash', () => {
  const statement = decodeRequestStatement(box('request-1-statement'))
  checkRequest('request-1', statement)
  const body = box('request-1-body')
  assert.equal(statement.body, digest512(body))
  assert.equal(statement.bodyBytes, Buffer.byteLength(body))
  assert.ok(requestOpeningMatches(decodeRequestOpening(box('opening-1')), statement))
  assert.equal(digest256(box('request-1-statement')), box('request-1-digest'))
})

test('the second request has no body and needs no agreement', () => {
  const statement = decodeRequestStatement(box('request-2-statement'))
  checkRequest('request-2', statement)
  assert.equal(statement.agreement, 'open')
  assert.equal(statement.bodyBytes, 0)
  assert.equal(statement.body, undefined)
})

test('the batch of both requests and its seal', () => {
  const statements = [box('request-1-statement'), box('request-2-statement')]
  const header = decodeBatchHeader(box('request-batch-header'))
  assert.equal(
    statements.map((text) => leafHash(text).toString('base64url')).join('\n'),
    box('request-leaves'),
  )
  assert.equal(header.root, batchRoot(statements))
  assert.equal(header.size, statements.length)
  assert.equal(header.kind, 'requests')
  checkSeals('request-batch', 'consumer-key')
})

test('the answer, its batch and its seal', () => {
  const statement = decodeAnswerStatement(box('answer-statement'))
  const head = headBytes('answer-head')
  assert.equal(answerHead(statement.status, headerBlockOf(head, 2)), head)
  assert.equal(headDigest(head), statement.head)
  assert.equal(statement.body, digest512(box('answer-body')))
  assert.equal(statement.bodyBytes, Buffer.byteLength(box('answer-body')))
  assert.ok(isAnswerTo(statement, box('request-1-statement')))
  assert.ok(answerOpeningMatches(statement, statement))
  const header = decodeBatchHeader(box('answer-batch-header'))
  const requests = decodeBatchHeader(box('request-batch-header'))
  assert.equal(header.root, batchRoot([box('answer-statement')]))
  assert.deepEqual([header.from, header.to, header.session], [requests.to, requests.from, requests.session])
  checkSeals('answer-batch', 'provider-key')
})

test('the table of identifiers', () => {
  const table = readFileSync(new URL('../../docs/spec/identifiers.md', import.meta.url), 'utf8').split(
    '## 9.',
  )[1]
  const rows = [...(table ?? '').matchAll(/^\| `([^`]+)`\s*\| (\w+)\s*\| (?:`([^`]+)`|refused)\s*\|$/gm)]
  assert.ok(rows.length >= 24, `read ${rows.length} rows only`)
  for (const [, text = '', kind = '', canonical] of rows)
    checkIdentifier(kind as IdentifierKind, text, canonical)
})

function checkIdentifier(kind: IdentifierKind, text: string, canonical: string | undefined): void {
  assert.equal(isIdentifier(kind, text), text === canonical, text)
  if (kind === 'network') return
  if (canonical === undefined) {
    assert.throws(() => canonicalIdentifier(kind, text), { code: 'invalid_identifier' }, text)
  } else {
    assert.equal(canonicalIdentifier(kind, text), canonical)
  }
}
