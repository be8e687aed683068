import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { beyondMandate, mandateHolder, type MandateSource, type MandateTerms } from './mandate-terms.ts'
import { halfPlace } from './signature-place.ts'
import { appendStore } from './testing/append-update.ts'
import { draft, draftHosting } from './testing/draft-agreement.ts'
import { type KeyHolder, makeCertificate } from './testing/signing-authority.ts'
import {
  factsOf,
  NUMBERS,
  outcome,
  setStage,
  signAs,
  signBoth,
  type SigningStage,
  verifyOn,
} from './testing/signing-stage.ts'

const SALTS = ['DEWA', 'RTA', 'second'].map((name) => createHash('sha256').update(name).digest('base64url'))
const SECOND = '784197700000003'
const [DEWA, RTA] = ['AE-DU/SEMI/DEWA', 'AE-DU/GOV/RTA'] as const

let stage: SigningStage
let both: Buffer
let second: KeyHolder

before(async () => {
  stage = await setStage()
  both = await signBoth(stage)
  const { issuer } = stage
  second = await makeCertificate({ name: 'Second', kind: 'official', issuer, identityNumbers: [SECOND] })
})

const terms = (
  member: string,
  number: string,
  salt = '',
  change: Partial<MandateTerms> = {},
): MandateTerms => ({
  member,
  holder: mandateHolder(salt, number),
  office: { ar: 'المدير العام', en: 'Director General' },
  kinds: ['service'],
  dataClassUpTo: 'confidential',
  ...change,
})

/** The mandates of both officials and of a second one of DEWA, all valid, but for the change. */
function source(
  change: Partial<Record<'first' | 'other' | 'second', Partial<MandateTerms>>> = {},
  more: Partial<MandateSource> = {},
): MandateSource {
  const known: Readonly<Record<string, MandateTerms>> = {
    m1: terms(DEWA, NUMBERS[0], SALTS[0], change.first),
    m2: terms(RTA, NUMBERS[1], SALTS[1], change.other),
    m3: terms(DEWA, SECOND, SALTS[2], change.second),
  }
  return {
    signers: ['Sign1', 'Sign2', 'Sign3'].map((field, at) => ({
      field,
      mandate: `m${at + 1}`,
      salt: SALTS[at] ?? '',
    })),
    at: (mandate) => {
      const found = known[mandate]
      return found === undefined ? { standing: 'unknown' } : { standing: 'valid', terms: found }
    },
    ...more,
  }
}

/** The first official of DEWA and the second, side by side. */
async function twoOfOne(wish: Parameters<typeof signAs>[3] = {}): Promise<Buffer> {
  const [place] = stage.document.places
  assert.ok(place !== undefined)
  const halves = [halfPlace(place, 0).rectangle, halfPlace(place, 1).rectangle]
  const one = await signAs(stage, 0, stage.document.pdf, { rectangle: halves[0] ?? [] })
  return await signAs(stage, 0, one, { field: 'Sign3', rectangle: halves[1] ?? [], ...wish }, second)
}

describe('mandates', () => {
  it('are told with office and member, as they stood at the time of each signature', async () => {
    const asked: string[] = []
    const { at, ...rest } = source()
    const mandates: MandateSource = {
      ...rest,
      at: (mandate, time) => {
        asked.push(`${mandate} ${time}`)
        return at(mandate, time)
      },
    }
    const { signatures, notChecked } = await factsOf(stage, both, { mandates })
    assert.deepEqual(asked, ['m1 2026-11-29T12:00:00.000Z', 'm2 2026-11-29T12:01:00.000Z'])
    assert.deepEqual(
      signatures.map(({ mandate }) => mandate),
      [DEWA, RTA].map((member, place) => ({
        mandate: `m${place + 1}`,
        member,
        office: terms('', '').office,
      })),
    )
    assert.deepEqual(notChecked, ['seals', 'standing'])
  })

  it('must be named, known and valid for each signature', async () => {
    const of = async (more: Partial<MandateSource>): Promise<string> =>
      await outcome(stage, both, { mandates: source({}, more) })
    const [first, other] = source().signers
    assert.ok(first !== undefined && other !== undefined)
    assert.equal(await of({}), 'ok')
    assert.equal(await of({ signers: [first] }), 'mandates/mandate_missing')
    assert.equal(await of({ signers: [first, other, first] }), 'mandates/mandate_missing')
    assert.equal(await of({ signers: [first, { ...other, mandate: 'm9' }] }), 'mandates/mandate_unknown')
    for (const standing of ['not_yet', 'expired', 'ended'] as const)
      assert.equal(await of({ at: () => ({ standing }) }), 'mandates/mandate_not_valid')
  })

  it('are of the person in the certificate, and the number never leaves', async () => {
    const swapped = source().signers.map((each, at) => ({
      ...each,
      mandate: `m${2 - at}`,
      salt: SALTS[1 - at] ?? '',
    }))
    for (const mandates of [
      source({}, { signers: swapped }),
      source({ first: { holder: mandateHolder(SALTS[0] ?? '', SECOND) } }),
      source({}, { signers: source().signers.map((each) => ({ ...each, salt: SALTS[2] ?? '' })) }),
    ]) {
      const result = await verifyOn(stage, both, { mandates })
      assert.equal(result.ok ? '' : result.code, 'mandate_of_another')
      assertNoNumber(inspect(result))
    }
    assertNoNumber(inspect(await verifyOn(stage, both, { mandates: source() }), { depth: 9 }))
    const { issuer } = stage
    for (const identityNumbers of [[], [NUMBERS[0], SECOND]]) {
      const unclear = await makeCertificate({ name: 'Unclear', kind: 'official', issuer, identityNumbers })
      const pdf = await signAs(stage, 0, stage.document.pdf, {}, unclear)
      assert.equal(
        await outcome(stage, pdf, { mandates: source(), partial: true }),
        'mandates/mandate_of_another',
      )
    }
  })

  it('reach no further than they say', async () => {
    const of = async (first: Partial<MandateTerms>): Promise<string> =>
      await outcome(stage, both, { mandates: source({ first }) })
    assert.equal(await of({ member: 'AE-DU/GOV/DHA' }), 'mandates/mandate_out_of_scope')
    assert.equal(await of({ member: RTA }), 'mandates/mandate_out_of_scope')
    assert.equal(await of({ kinds: ['hosting', 'membership'] }), 'mandates/mandate_out_of_scope')
    assert.equal(await of({ dataClassUpTo: 'open' }), 'mandates/mandate_out_of_scope')
    assert.equal(await of({ dataClassUpTo: 'secret', ceilingAed: 0 }), 'ok')
    const costs = (extraLineCostAed: number): ReturnType<typeof draft> =>
      draft({ connection: { branches: ['AE-DU/branch/DC1'], lines: [], extraLineCostAed } })
    const mandate = terms(DEWA, '', '', { ceilingAed: 500 })
    assert.equal(beyondMandate(costs(500), mandate), undefined)
    assert.equal(beyondMandate(costs(501), mandate), 'cost')
    assert.equal(beyondMandate(draftHosting(), { ...mandate, kinds: ['hosting'] }), undefined)
  })
})

describe('two officials of one party', () => {
  it('sign side by side in its place', async () => {
    const pdf = await signAs(stage, 1, await twoOfOne())
    const mandates = source({ first: { fourEyes: true }, second: { fourEyes: true } })
    const { signatures } = await factsOf(stage, pdf, { mandates })
    assert.deepEqual(
      signatures.map(({ field, party }) => [field, party]),
      [
        ['Sign1', DEWA],
        ['Sign3', DEWA],
        ['Sign2', RTA],
      ],
    )
    assert.equal(await outcome(stage, pdf), 'ok')
    assert.equal(await outcome(stage, await twoOfOne(), { mandates }), 'parties/party_missing')
  })

  it('are asked for by four eyes, but not in the middle of it', async () => {
    const mandates = source({ first: { fourEyes: true } })
    assert.equal(await outcome(stage, both, { mandates }), 'mandates/second_signer_missing')
    const one = await signAs(stage, 0, stage.document.pdf)
    assert.equal(await outcome(stage, one, { mandates, partial: true }), 'mandates/second_signer_missing')
    const between = { ...mandates, awaitsSecond: DEWA }
    assert.equal(await outcome(stage, one, { mandates: between, partial: true }), 'ok')
    const another = { ...mandates, awaitsSecond: RTA }
    assert.equal(
      await outcome(stage, one, { mandates: another, partial: true }),
      'mandates/second_signer_missing',
    )
  })

  it('are two people in two places, and no more than two', async () => {
    const { issuer } = stage
    const again = await makeCertificate({
      name: 'Again',
      kind: 'official',
      issuer,
      identityNumbers: [NUMBERS[0]],
    })
    const mandates = source({ second: { holder: mandateHolder(SALTS[2] ?? '', NUMBERS[0]) } })
    const [place] = stage.document.places
    assert.ok(place !== undefined)
    const halves = [halfPlace(place, 0).rectangle, halfPlace(place, 1).rectangle]
    const one = await signAs(stage, 0, stage.document.pdf, { rectangle: halves[0] ?? [] })
    const twice = await signAs(stage, 0, one, { field: 'Sign3', rectangle: halves[1] ?? [] }, again)
    assert.equal(await outcome(stage, twice, { mandates, partial: true }), 'mandates/same_signer')
    const over = await twoOfOne({ rectangle: halves[0] ?? [] })
    assert.equal(await outcome(stage, over, { partial: true }), 'parties/same_signer')
    const [left, bottom, right, top] = place.rectangle
    const thirds = [0, 1, 2].map((at) => [
      left + (at * (right - left)) / 3,
      bottom,
      left + ((at + 1) * (right - left)) / 3,
      top,
    ])
    let crowd: Uint8Array = stage.document.pdf
    for (const [at, signer] of [...stage.officials, second].entries())
      crowd = await signAs(stage, 0, crowd, { field: `Sign${at + 4}`, rectangle: thirds[at] ?? [] }, signer)
    assert.equal(await outcome(stage, crowd, { partial: true }), 'parties/same_signer')
  })

  it('may sign invisibly: the mandate shows for whom', async () => {
    const hidden = { rectangle: [0, 0, 0, 0], page: 1 }
    const one = await signAs(stage, 0, stage.document.pdf, hidden)
    const pdf = await signAs(stage, 0, one, { field: 'Sign3', ...hidden }, second)
    assert.equal(await outcome(stage, pdf), 'ok')
    assert.equal(await outcome(stage, pdf, { mandates: source() }), 'mandates/party_missing')
  })
})

describe('the digests of the revisions', () => {
  it('are of each file that was handed on', async () => {
    const digest = (file: Uint8Array): string => createHash('sha256').update(file).digest('base64url')
    const one = await signAs(stage, 0, stage.document.pdf)
    const two = await signAs(stage, 1, one)
    const stored = await appendStore(two, { certificates: [] })
    const { revisions } = await factsOf(stage, stored)
    for (const file of [one, one.subarray(0, -1), two, stored]) assert.ok(revisions.includes(digest(file)))
    assert.ok(!revisions.includes(digest(stage.document.pdf)))
    assert.ok(!revisions.includes(digest(two.subarray(0, -2))))
    const spaced = Buffer.concat([two, Buffer.from('\r\n')])
    assert.ok((await factsOf(stage, spaced)).revisions.includes(digest(spaced)))
  })
})

/** Digests are random, so it is the whole numbers that are looked for. */
function assertNoNumber(text: string): void {
  for (const number of [...NUMBERS, SECOND]) assert.ok(!text.includes(number), 'an identity number is shown')
}
