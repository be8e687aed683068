import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { canonicalJson } from './canonical-json.ts'
import { formatTime } from './clock.ts'
import { digest256, digest512 } from './digest.ts'
import { newExchangeId } from './exchange-id.ts'
import { encodeSegment } from './identifier.ts'
import {
  answerOpeningMatches,
  decodeAnswerOpening,
  decodeAnswerStatement,
  decodeRequestOpening,
  decodeRequestStatement,
  encodeAnswerOpening,
  encodeAnswerStatement,
  encodeRequestOpening,
  encodeRequestStatement,
  isAnswerTo,
  METHODS,
  requestOpeningMatches,
} from './statement.ts'
import type {
  AnswerOpening,
  AnswerStatement,
  BodyClaim,
  RequestOpening,
  RequestStatement,
} from './statement.ts'

const refused = { code: 'invalid_statement' }

const request: RequestStatement = {
  agreement: digest256('agreement'),
  body: digest512('{"a":1}'),
  bodyBytes: 7,
  client: 'AE-DU/GOV/RTA/PORTAL',
  exchange: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
  head: digest512('head'),
  issue: 'case 7',
  messageId: 'AE-DU-1',
  method: 'POST',
  path: '/2026/11',
  purpose: 'licensing',
  query: 'open=1',
  representedParty: 'GOV/1',
  service: 'AE-DU/SEMI/DEWA/BILLING/bills',
  time: '2026-11-23T07:36:33.123Z',
  user: 'AE784',
}

const answer: AnswerStatement = {
  body: digest512('x'),
  bodyBytes: 1,
  exchange: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
  head: digest512('head'),
  request: digest256('request'),
  status: 200,
  time: '2026-11-23T07:36:33.200Z',
}

const word = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).map((text) => {
  // eslint-disable-next-line no-control-regex -- free texts hold no control characters
  return `x${text.toWellFormed().replaceAll(/[\u0000-\u001f\u007f]/g, '"\\')}`
})
const segment = fc
  .stringMatching(/^[A-Za-z0-9 "\\ö'-]{1,12}$/)
  .filter((text) => text.toLowerCase() !== 'branch')
  .map((text) => encodeSegment(text))
const digest = fc.string().map((text) => digest256(text))
const longDigest = fc.string().map((text) => digest512(text))
const time = fc.integer({ min: 0, max: 4_102_444_800_000 }).map((ms) => formatTime(ms))
const exchange = fc.integer({ min: 0, max: 2 ** 48 - 1 }).map((ms) => newExchangeId(ms))
const options = { requiredKeys: [] as [] }

const requestOpenings: fc.Arbitrary<RequestOpening> = fc
  .tuple(
    fc.record({
      agreement: fc.oneof(fc.constant('open'), digest),
      client: fc.array(segment, { minLength: 2, maxLength: 3 }).map((parts) => ['AE-DU', ...parts].join('/')),
      exchange,
      head: longDigest,
      messageId: word,
      method: fc.constantFrom(...METHODS),
      path: fc.stringMatching(/^(?:\/[!"$-;=@-~]{0,20})?$/),
      service: fc
        .array(segment, { minLength: 4, maxLength: 4 })
        .map((parts) => ['AE-DU', ...parts].join('/')),
      time,
    }),
    fc.record(
      {
        issue: word,
        purpose: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,20}$/),
        query: fc.stringMatching(/^[!-~]{0,20}$/),
        representedParty: word,
        user: word,
      },
      options,
    ),
  )
  .map(([needed, free]) => ({ ...needed, ...free }))

const answerOpenings: fc.Arbitrary<AnswerOpening> = fc
  .tuple(
    fc.record({
      exchange,
      head: longDigest,
      request: digest,
      status: fc.integer({ min: 100, max: 599 }),
      time,
    }),
    fc.record({ error: fc.constantFrom('access_denied', 'backend_timeout') }, options),
  )
  .map(([needed, free]) => ({ ...needed, ...free }))

const bodyClaims: fc.Arbitrary<BodyClaim> = fc.oneof(
  fc.constant({ bodyBytes: 0 }),
  fc.record({ body: longDigest, bodyBytes: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) }),
)

test('a request statement is the RFC 8785 text of its members, and reads back', () => {
  fc.assert(
    fc.property(requestOpenings, bodyClaims, (opening, claim) => {
      const statement = { ...opening, ...claim }
      const text = encodeRequestStatement(statement)
      assert.equal(text, canonicalJson({ ...statement, type: 'wusla/request/v1' }))
      assert.deepEqual(decodeRequestStatement(text), statement)
      const openingText = encodeRequestOpening(statement)
      assert.equal(openingText, canonicalJson({ ...opening, type: 'wusla/request/v1' }))
      assert.deepEqual(decodeRequestOpening(openingText), opening)
      assert.ok(requestOpeningMatches(opening, statement))
    }),
    { numRuns: 500 },
  )
})

test('an answer statement is the RFC 8785 text of its members, and reads back', () => {
  fc.assert(
    fc.property(answerOpenings, bodyClaims, (opening, claim) => {
      const statement = { ...opening, ...claim }
      const text = encodeAnswerStatement(statement)
      assert.equal(text, canonicalJson({ ...statement, type: 'wusla/answer/v1' }))
      assert.deepEqual(decodeAnswerStatement(text), statement)
      const openingText = encodeAnswerOpening(statement)
      assert.equal(openingText, canonicalJson({ ...opening, type: 'wusla/answer/v1' }))
      assert.deepEqual(decodeAnswerOpening(openingText), opening)
      assert.ok(answerOpeningMatches(opening, statement))
    }),
    { numRuns: 500 },
  )
})

test('an answer names its request, or the opening of it', () => {
  const text = encodeRequestStatement(request)
  const named = { ...answer, request: digest256(text) }
  assert.equal(isAnswerTo(named, text), true)
  assert.equal(isAnswerTo({ ...answer, request: digest256(encodeRequestOpening(request)) }, text), true)
  assert.equal(isAnswerTo(answer, text), false)
  assert.equal(isAnswerTo({ ...named, exchange: newExchangeId(1) }, text), false)
  assert.equal(isAnswerTo(named, encodeRequestStatement({ ...request, bodyBytes: 8 })), false)
  assert.throws(() => isAnswerTo(named, '{}'), refused)
})

test('half a surrogate pair is never written', () => {
  for (const member of ['issue', 'messageId', 'representedParty', 'user', 'path', 'query'] as const) {
    assert.throws(
      () => encodeRequestStatement({ ...request, [member]: 'a\ud800' }),
      { code: 'invalid_json' },
      member,
    )
  }
  const escaped = encodeRequestStatement(request).replace('AE784', '\\ud800')
  assert.throws(() => decodeRequestStatement(escaped), refused)
})

test('what is read is frozen', () => {
  assert.ok(Object.isFrozen(decodeRequestStatement(encodeRequestStatement(request))))
  assert.ok(Object.isFrozen(decodeAnswerStatement(encodeAnswerStatement(answer))))
})

test('any change of the final statement against its opening is seen', () => {
  const { body: _body, bodyBytes: _bytes, ...opening } = request
  assert.ok(requestOpeningMatches(opening, request))
  const { user: _user, ...withoutUser } = opening
  assert.equal(requestOpeningMatches(withoutUser, request), false)
  for (const member of Object.keys(opening) as (keyof RequestOpening)[]) {
    assert.equal(requestOpeningMatches({ ...opening, [member]: 'other' }, request), false, member)
  }
  const { body: _answerBody, bodyBytes: _answerBytes, ...answerOpening } = answer
  assert.ok(answerOpeningMatches(answerOpening, answer))
  assert.equal(answerOpeningMatches({ ...answerOpening, error: 'no_path' }, answer), false)
  for (const member of Object.keys(answerOpening) as (keyof AnswerOpening)[]) {
    assert.equal(answerOpeningMatches({ ...answerOpening, [member]: 1 }, answer), false, member)
  }
})

test('a request with a member of the wrong form is refused', () => {
  const long = 'a'.repeat(1_025)
  const wrong: Record<string, readonly unknown[]> = {
    agreement: ['', 'closed', digest512('x'), 1, null],
    body: ['', digest256('x'), null],
    bodyBytes: [0, -1, 1.5, '7', null, 2 ** 53],
    client: ['AE-DU', 'AE-DU/GOV/RTA/PORTAL/x', 'AE-DU/GOV/RTA/a b', 'AE-DU/branch/MORO', 7],
    exchange: ['0f8fad5b-d9cb-469f-a165-70867728950e', '', 1],
    head: ['', digest256('x'), 1],
    issue: ['', 'a\nb', long, 1, null],
    messageId: ['', 'a\u0000', long, 'ö'.repeat(513), 1, undefined],
    method: ['get', 'CONNECT', '', 1],
    path: ['2026', '/a b', '/ö', '/a?b', '/a#b', `/${'a'.repeat(8_192)}`, 1, null],
    purpose: ['', 'a b', '-a', 'غرض', 'a'.repeat(65), 1, null],
    query: ['a b', 'ö', 'a'.repeat(16_385), 1, null],
    representedParty: ['', long, 1],
    service: ['AE-DU/SEMI/DEWA/BILLING', 'AE-DU/SEMI/DEWA/BILLING/s%2fx', 1],
    time: ['2026-11-23T07:36:33Z', '2026-02-30T00:00:00.000Z', 1],
    user: ['', long, {}],
    extra: [1],
    type: ['wusla/request/v2', 'wusla/answer/v1', undefined],
  }
  for (const [member, values] of Object.entries(wrong)) {
    for (const value of values) {
      const text = canonicalJson({ ...request, type: 'wusla/request/v1', [member]: value })
      assert.throws(() => decodeRequestStatement(text), refused, `${member}: ${String(value).slice(0, 40)}`)
    }
  }
})

test('an answer with a member of the wrong form is refused', () => {
  const wrong: Record<string, readonly unknown[]> = {
    body: [digest256('x'), undefined],
    bodyBytes: [0, -1, undefined],
    error: ['Made_up', 'made up', '', 1],
    exchange: ['x'],
    head: ['x', undefined],
    request: [digest512('x'), undefined],
    status: [99, 600, 200.5, '200', undefined],
    time: ['x', undefined],
    extra: [1],
    type: ['wusla/request/v1'],
  }
  for (const [member, values] of Object.entries(wrong)) {
    for (const value of values) {
      const text = canonicalJson({ ...answer, type: 'wusla/answer/v1', [member]: value })
      assert.throws(() => decodeAnswerStatement(text), refused, `${member}: ${String(value)}`)
    }
  }
})

test('only the one canonical spelling is read', () => {
  const text = encodeRequestStatement(request)
  assert.deepEqual(decodeRequestStatement(text), request)
  const others = [
    '',
    'null',
    '[]',
    '"x"',
    ` ${text}`,
    `${text}\n`,
    text.replace('{"agreement"', '{"agreement":"open","agreement"'),
    text.replace('"bodyBytes":7', '"bodyBytes":7.0'),
    text.replace('POST', 'P\\u004fST'),
    text.replace('/2026/11', '\\/2026\\/11'),
    `${text.slice(0, -1)},"user":"AE784"}`,
    text.slice(0, -1),
    `{"a":"${'a'.repeat(70_000)}"}`,
  ]
  for (const other of others) assert.throws(() => decodeRequestStatement(other), refused, other.slice(0, 60))
  assert.throws(() => decodeRequestOpening(text), refused)
  assert.throws(() => decodeRequestStatement(encodeRequestOpening(request)), refused)
  assert.throws(() => decodeAnswerStatement(text), refused)
})

test('hostile bytes never do anything but be refused', () => {
  const text = encodeRequestStatement(request)
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), (at, patch) => {
      const changed = text.slice(0, at) + patch + text.slice(at + patch.length)
      if (changed === text) return
      let statement: RequestStatement
      try {
        statement = decodeRequestStatement(changed)
      } catch (error) {
        assert.equal((error as { code: string }).code, 'invalid_statement')
        return
      }
      assert.equal(encodeRequestStatement(statement), changed)
    }),
    { numRuns: 1_000 },
  )
})
