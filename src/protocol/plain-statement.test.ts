import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { canonicalJson } from './canonical-json.ts'
import { digest256, digest512 } from './digest.ts'
import { type Members, readPlainAnswer, readPlainRequest } from './plain-statement.ts'
import { isAnswerOpening, isBodyClaim, isRequestOpening } from './statement-fields.ts'
import type { AnswerStatement, RequestStatement } from './statement.ts'

const exchange = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'

const request: RequestStatement = {
  agreement: digest256('agreement'),
  bodyBytes: 0,
  client: 'AE-DU/GOV/RTA/PORTAL',
  exchange,
  head: digest512('head'),
  messageId: `AE-DU-${exchange}`,
  method: 'GET',
  path: '/2026/11',
  service: 'AE-DU/SEMI/DEWA/BILLING/bills',
  time: '2026-11-23T07:36:33.123Z',
}

const fullRequest: RequestStatement = {
  ...request,
  agreement: 'open',
  body: digest512('{}'),
  bodyBytes: 2,
  issue: 'case 7',
  method: 'POST',
  path: '',
  purpose: 'licensing',
  query: '',
  representedParty: 'GOV/1',
  user: 'AE784',
}

const answer: AnswerStatement = {
  bodyBytes: 0,
  exchange,
  head: digest512('head'),
  request: digest256('request'),
  status: 204,
  time: '2026-11-23T07:36:33.200Z',
}

const fullAnswer: AnswerStatement = {
  ...answer,
  body: digest512('x'),
  bodyBytes: 999_999_999_999_999,
  error: 'access_denied',
  status: 500,
}

function requestText(changes: object = {}): string {
  return canonicalJson({ ...request, type: 'wusla/request/v1', ...changes })
}

function answerText(changes: object = {}): string {
  return canonicalJson({ ...answer, type: 'wusla/answer/v1', ...changes })
}

/** A statement without the members that it does not have; undefined when it was not read. */
function present<T>(members: Members<T> | undefined): T | undefined {
  if (members === undefined) return undefined
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}

/** What is read must be what the general way reads: members of their forms, and the text their one spelling. */
function assertHolds(text: string): void {
  const asRequest = present(readPlainRequest(text))
  if (asRequest !== undefined) {
    assert.equal(canonicalJson({ ...asRequest, type: 'wusla/request/v1' }), text)
    assert.deepEqual({ ...asRequest, type: 'wusla/request/v1' }, JSON.parse(text))
    assert.ok(isRequestOpening(asRequest) && isBodyClaim(asRequest), text)
  }
  const asAnswer = present(readPlainAnswer(text))
  if (asAnswer === undefined) return
  assert.equal(canonicalJson({ ...asAnswer, type: 'wusla/answer/v1' }), text)
  assert.deepEqual({ ...asAnswer, type: 'wusla/answer/v1' }, JSON.parse(text))
  assert.ok(isAnswerOpening(asAnswer) && isBodyClaim(asAnswer), text)
}

test('the usual statements are plain, with every member or only those that are needed', () => {
  for (const each of [request, fullRequest])
    assert.deepEqual(present(readPlainRequest(requestText(each))), each)
  for (const each of [answer, fullAnswer]) assert.deepEqual(present(readPlainAnswer(answerText(each))), each)
})

test('what is no plain statement is left to the general way', () => {
  const others = [
    requestText({ messageId: 'ö' }),
    requestText({ messageId: 'a"b' }),
    requestText({ messageId: 'a\\b' }),
    requestText({ messageId: 'a\u007f' }),
    requestText({ messageId: '' }),
    requestText({ messageId: 'a'.repeat(1_025) }),
    requestText({ bodyBytes: 1 }),
    requestText({ body: digest512('') }),
    requestText({ body: digest512('x'), bodyBytes: Number.MAX_SAFE_INTEGER }),
    requestText({ path: '/a?b' }),
    requestText({ path: '/a#b' }),
    requestText({ path: 'a' }),
    requestText({ query: 'a b' }),
    requestText({ method: 'CONNECT' }),
    requestText({ purpose: '-a' }),
    requestText({ time: '2026-02-30T00:00:00.000Z' }),
    requestText({ client: 'AE-DU/branch/MORO' }),
    requestText({ client: `AE-DU/GOV/${'a'.repeat(256)}` }),
    requestText({ service: 'AE-DU/SEMI/DEWA/BILLING' }),
    requestText({ service: 'AE-DU/SEMI/../BILLING/bills' }),
    requestText({ type: 'wusla/request/v2' }),
    requestText({ extra: 1 }),
    answerText({ status: 600 }),
    answerText({ status: 99 }),
    answerText({ error: 'No' }),
    answerText({ time: 'now' }),
    answerText({ extra: 1 }),
  ]
  for (const text of others) {
    assert.equal(readPlainRequest(text), undefined, text)
    assert.equal(readPlainAnswer(text), undefined, text)
  }
})

/** Pieces of which texts are made that are nearly canonical. */
const PATCHES = [
  '"',
  '\\',
  ',',
  ':',
  '{',
  '}',
  ' ',
  '\n',
  '\u0000',
  '\u007f',
  'ö',
  '\ud800',
  '\udc00',
  '\ufeff',
  '0',
  '1e3',
  '-1',
  '\\u0041',
  '\\/',
  '\\"',
  '","',
  '":"',
  ',"user":"x"',
  '"open"',
  'null',
  '"body":"","',
  '"bodyBytes":1',
  '7.0',
  '01',
]

test('no text near a statement is read otherwise than the general way reads it', () => {
  const texts = [requestText(), requestText(fullRequest), answerText(), answerText(fullAnswer)]
  const anywhere = fc
    .tuple(fc.constantFrom(...texts), fc.nat())
    .map(([text, at]) => [text, at % text.length] as const)
  // Behind what begins or ends a name or value.
  const edges = texts.flatMap((text) =>
    [...text.matchAll(/[^\w-]/g)].map(({ index }) => [text, index + 1] as const),
  )
  fc.assert(
    fc.property(
      fc.oneof(anywhere, fc.constantFrom(...edges)),
      fc.nat(3),
      fc.oneof(fc.constantFrom(...PATCHES), fc.string({ unit: 'binary', maxLength: 3 })),
      ([text, at], removed, patch) => assertHolds(text.slice(0, at) + patch + text.slice(at + removed)),
    ),
    { numRuns: 10_000 },
  )
})

test('members in another order, twice, left out or copied from elsewhere are never read otherwise', () => {
  const texts = [requestText(fullRequest), answerText(fullAnswer)]
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.nat(), fc.nat(), fc.nat(2), (text, from, to, way) => {
      const members = text.slice(1, -1).split(/,(?=")/)
      const [member = ''] = members.splice(from % members.length, way === 0 ? 1 : 0)
      const copied = way === 2 ? (members[to % members.length] ?? '').replace(/:.*/, ':"x"') : member
      members.splice(to % (members.length + 1), 0, copied)
      assertHolds(`{${members.join(',')}}`)
    }),
    { numRuns: 2_000 },
  )
})
