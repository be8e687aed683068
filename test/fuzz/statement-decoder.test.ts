import assert from 'node:assert/strict'
import test from 'node:test'
import { decodeBatchHeader, decodeSeals, encodeBatchHeader, encodeSeals } from '../../src/protocol/batch.ts'
import { canonicalJson, parseJsonStrict } from '../../src/protocol/canonical-json.ts'
import { digest256, digest512 } from '../../src/protocol/digest.ts'
import { MAX_STATEMENT_BYTES } from '../../src/protocol/limits.ts'
import {
  decodeAnswerOpening,
  decodeAnswerStatement,
  decodeRequestOpening,
  decodeRequestStatement,
  encodeAnswerOpening,
  encodeAnswerStatement,
  encodeRequestOpening,
  encodeRequestStatement,
} from '../../src/protocol/statement.ts'
import { isWuslaError } from '../../src/protocol/wusla-error.ts'
import { decodeHello, encodeHello } from '../../src/transport/session-hello.ts'
import { ANSWER_TIME, makeOpening } from '../../src/transport/session-fixture.ts'
import { fuzz, fuzzSeconds, mutateBytes, randomBytes } from './mutate-bytes.ts'
import type { Random } from './mutate-bytes.ts'

const OPENING = {
  ...makeOpening(),
  user: 'EE123',
  issue: 'قضية "١"',
  purpose: 'licensing',
  query: 'a=1',
  representedParty: 'GOV/A',
}
const BODY = { body: digest512('body'), bodyBytes: 4 }
const ANSWER = {
  exchange: OPENING.exchange,
  head: digest512(''),
  request: digest256(''),
  status: 200,
  time: ANSWER_TIME,
}
const NONCE = Buffer.alloc(32, 1).toString('base64url')

/** Each decoder with a right text, and what it must give back when it accepts one: the very same text. */
const DECODERS: readonly [string, string, (text: string) => string][] = [
  [
    'request',
    encodeRequestStatement({ ...OPENING, ...BODY }),
    (text) => encodeRequestStatement(decodeRequestStatement(text)),
  ],
  [
    'request opening',
    encodeRequestOpening(OPENING),
    (text) => encodeRequestOpening(decodeRequestOpening(text)),
  ],
  [
    'answer',
    encodeAnswerStatement({ ...ANSWER, ...BODY, error: 'access_denied' }),
    (text) => encodeAnswerStatement(decodeAnswerStatement(text)),
  ],
  ['answer opening', encodeAnswerOpening(ANSWER), (text) => encodeAnswerOpening(decodeAnswerOpening(text))],
  [
    'batch header',
    encodeBatchHeader({
      from: 'AE-DU/GOV/RTA/gw-1',
      kind: 'requests',
      network: 'AE-DU',
      root: digest256('root'),
      sequence: 7,
      session: digest256('session'),
      size: 3,
      to: 'AE-DU/SEMI/DEWA/gw-1',
    }),
    (text) => encodeBatchHeader(decodeBatchHeader(text)),
  ],
  [
    'seals',
    encodeSeals([{ alg: 'ES256', key: digest256('key'), value: digest512('value') }]),
    (text) => encodeSeals(decodeSeals(text)),
  ],
  [
    'hello',
    encodeHello({
      version: 1,
      network: 'AE-DU',
      gateway: 'AE-DU/GOV/RTA/gw-1',
      nonce: NONCE,
      sealKeys: [NONCE],
      initialCredit: 262_144,
      maxStreams: 2_048,
    }),
    (text) => {
      decodeHello(text)
      return text
    },
  ],
]

/** Another text: bytes changed, or members dropped, doubled or swapped with values of other types. */
function mutateText(text: string, random: Random): string {
  if (random.below(3) > 0) return mutateBytes(Buffer.from(text), random).toString()
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return text
  const members: Record<string, unknown> = { ...value }
  const names = Object.keys(members)
  const name = names[random.below(names.length)] ?? ''
  const odd = [
    null,
    true,
    0,
    -1,
    1e308,
    0.5,
    '',
    'x'.repeat(70_000),
    [],
    {},
    [[[]]],
    '\u0000',
    '\ud7ff',
    '__proto__',
  ]
  if (random.below(3) === 0) delete members[name]
  else members[random.below(4) === 0 ? 'extra' : name] = odd[random.below(odd.length)]
  return random.below(2) === 0 ? canonicalJson(members) : JSON.stringify(members)
}

await test('statement, batch and HELLO decoders: no crash, and only the one canonical text is accepted', async () => {
  let accepted = 0
  let refused = 0
  const runs = await fuzz(fuzzSeconds(), (random) => {
    const [name, right, decode] = DECODERS[random.below(DECODERS.length)] ?? ['', '', String]
    const text =
      random.below(10) === 0
        ? randomBytes(random, random.below(300)).toString('latin1')
        : mutateText(right, random)
    try {
      assert.equal(decode(text), text, name)
      accepted += 1
      assert.ok(text.length <= MAX_STATEMENT_BYTES)
    } catch (error) {
      if (!isWuslaError(error)) throw error
      refused += 1
    }
  })
  assert.ok(runs > 1_000 && refused > 500, `${runs} runs, ${accepted} accepted, ${refused} refused`)
})

await test('strict JSON agrees with the parser of the runtime on what it accepts', async () => {
  const runs = await fuzz(fuzzSeconds() / 5, (random) => {
    const [, right] = DECODERS[random.below(DECODERS.length)] ?? ['', '{}']
    const text = mutateText(right, random)
    try {
      assert.deepEqual(parseJsonStrict(text), JSON.parse(text))
    } catch (error) {
      if (!isWuslaError(error)) throw error
    }
  })
  assert.ok(runs > 100)
})
