import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { digest256 } from '../protocol/digest.ts'
import { Directory } from './directory.ts'
import type { SignatureCheck } from './directory-change.ts'
import type { DirectoryEvent } from './directory-event.ts'
import { readSnapshot, writeSnapshot } from './snapshot.ts'
import { grantMandate, officialAcceptance, setPolicy, signedAgreement } from './testing/grant-mandate.ts'
import type { SigningParty } from './testing/grant-mandate.ts'
import { DEWA, RTA, start } from './testing/two-members.ts'
import type { Started } from './testing/two-members.ts'

const FIRST = digest256('the first agreement')
const SECOND = digest256('the second agreement')
const THIRD = digest256('the third agreement')
const FORGED = digest256('a forged agreement')

interface Amended extends Started {
  readonly ofDewa: SigningParty
  readonly ofRta: SigningParty
}

/**
 * Two members (entries 0 to 6), policy 7, mandate of DEWA 8 and its part 9, mandate of RTA 10, mandate of
 * DEWA's next director 11, one that nobody signs under 12, an agreement 13, another policy 14, the one that supersedes it, signed
 * by the next director, 15, the end of DEWA's first mandate 16.
 */
async function startAmended(): Promise<Amended> {
  const network = await start()
  const { script, dewa, rta, add } = network
  await setPolicy(network)
  const whole = await grantMandate(network, dewa, '1', { delegable: true })
  const part = await grantMandate(network, dewa, '2', { delegatedFrom: whole.mandate })
  const rtas = await grantMandate(network, rta)
  const next = await grantMandate(network, dewa, '3')
  await grantMandate(network, dewa, '4')
  const ofDewa = { gateway: dewa, mandates: [part.mandate] }
  const ofRta = { gateway: rta, mandates: [rtas.mandate] }
  add(await signedAgreement(script, FIRST, [ofDewa, ofRta]))
  await setPolicy(network, { answerWithinDays: 30 })
  const more = { supersedes: FIRST, validFrom: '2026-12-01T00:00:00.000Z' }
  add(await signedAgreement(script, SECOND, [{ ...ofDewa, mandates: [next.mandate] }, ofRta], more))
  const change = { member: DEWA, mandate: whole.mandate, reason: 'left office' }
  add(await script.entry('mandate_ended', change, [DEWA, dewa.seal]))
  return { ...network, ofDewa, ofRta }
}

function replay(network: Started, entries: readonly string[], check: SignatureCheck) {
  const events: DirectoryEvent[] = []
  const directory = new Directory({
    anchor: network.script.anchor,
    readEntry: (index) => Buffer.from(entries[index] ?? ''),
    onEvent: (event) => events.push(event),
  })
  for (const entry of entries) directory.apply(check === 'held' ? Buffer.from(entry) : entry, check)
  return { directory, events }
}

/** Everything that signing adds to a directory. */
function signingOf(directory: Directory) {
  return {
    policy: directory.signingPolicy(),
    mandates: [DEWA, RTA].map((member) => directory.mandatesOf(member)),
    agreements: directory.agreementsOf(DEWA),
    entries: [FIRST, SECOND, THIRD].map((agreement) => directory.entriesFor({ agreement })),
    root: directory.root().toString('hex'),
  }
}

suite('who proves an agreement', () => {
  test('gets the policies, the mandates it was signed under and those they are parts of', async () => {
    const { directory } = await startAmended()
    const about = directory.entriesFor({ agreement: SECOND })
    for (const index of [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 13, 14, 15, 16])
      assert.ok(about.includes(index), `${index}`)
    assert.ok(!about.includes(12), 'a mandate that nobody signed under')
    assert.deepEqual(directory.entriesFor({ agreement: FIRST }), about)
  })

  test('finds in them all that the whole ledger says of it', async () => {
    const network = await startAmended()
    const { directory, entries, ofDewa } = network
    const some = directory.entriesFor({ agreement: SECOND }).map((index) => entries[index] ?? '')
    const partial = replay(network, some, 'check')
    assert.deepEqual(partial.events, [])
    const told = (of: Directory) => {
      const { index: _, history: __, ...record } = of.agreement(SECOND) ?? assert.fail('it is not there')
      return { record, superseded: of.agreement(FIRST)?.superseded, standing: standingOf(of) }
    }
    const standingOf = (of: Directory): string =>
      of.mandateAt(ofDewa.mandates[0] ?? '', '2027-01-01T00:00:00.000Z').standing
    assert.deepEqual(told(partial.directory), told(directory))
    assert.equal(standingOf(directory), 'ended')
  })

  test('gets the policies with an agreement that was signed before any', async () => {
    const network = await start()
    const { script, dewa, rta, add, directory } = network
    add(await script.agreement(FIRST, dewa, rta))
    await setPolicy(network)
    assert.deepEqual(directory.entriesFor({ agreement: FIRST }), [0, 1, 2, 3, 4, 7, 8])
    assert.deepEqual(directory.entriesFor({ members: [DEWA] }), [0, 1, 2])
  })
})

suite('a directory with mandates', () => {
  test('tells by which policy an agreement was signed', async () => {
    const network = await startAmended()
    const { script, ofDewa, ofRta, add, directory } = network
    const daysOf = (agreement?: string): number | undefined =>
      directory.signingPolicy(agreement)?.answerWithinDays
    assert.deepEqual([daysOf(FIRST), daysOf(SECOND), daysOf(THIRD), daysOf()], [10, 30, 30, 30])
    add(await signedAgreement(script, THIRD, [ofDewa, ofRta], { supersedes: SECOND }))
    await setPolicy(network, { answerWithinDays: 40 })
    assert.deepEqual([daysOf(FIRST), daysOf(SECOND), daysOf(THIRD), daysOf()], [10, 30, 30, 40])
  })

  test('is the same from a snapshot, and however late its checks are made', async () => {
    const network = await startAmended()
    const { entries, directory } = network
    const wanted = signingOf(directory)
    const source = {
      checkpoint: () => ({ note: 'a note', size: entries.length }),
      entries: async (from: number, to: number) =>
        await Promise.resolve(entries.slice(from, to).map((entry) => Buffer.from(entry))),
    }
    const snapshot: string[] = []
    for await (const part of readSnapshot(writeSnapshot(source))) {
      if (part.kind === 'entries') snapshot.push(...part.entries.map((entry) => entry.toString('utf8')))
    }
    for (const check of ['check', 'defer', 'held'] as const) {
      assert.deepEqual(signingOf(replay(network, snapshot, check).directory), wanted, check)
    }
  })

  test('puts off the seals of an agreement with a document, and sees a forged one never', async () => {
    const network = await startAmended()
    const { script, entries, ofDewa, ofRta, rta } = network
    const document = digest256('the document')
    const words = { document, mandates: ofRta.mandates }
    const cases: readonly [string, Parameters<typeof officialAcceptance>[2]][] = [
      ['another mandate', { ...words, member: RTA, key: rta.seal, mandates: ofDewa.mandates }],
      ['no document', { member: RTA, key: rta.seal, mandates: ofRta.mandates }],
      ['the registry in its name', { ...words, member: RTA, key: script.registry }],
    ]
    for (const [title, ofSecond] of cases) {
      const acceptances = [
        await officialAcceptance(script, FORGED, {
          ...words,
          member: DEWA,
          key: ofDewa.gateway.seal,
          mandates: ofDewa.mandates,
        }),
        await officialAcceptance(script, FORGED, ofSecond),
      ]
      const forged = await signedAgreement(script, FORGED, [ofDewa, ofRta], { acceptances, document })
      const { directory, events } = replay(network, [...entries, forged], 'defer')
      assert.ok(directory.checkedSize < directory.size, title)
      assert.equal(directory.agreement(FORGED), undefined, title)
      assert.deepEqual(
        events.map((event) => event.kind === 'change_refused' && [event.index, event.reason]),
        [[entries.length, 'bad_acceptance']],
        title,
      )
    }
  })

  test('puts off nothing of an agreement that takes the place of another', async () => {
    const network = await startAmended()
    const { script, entries, ofDewa, ofRta } = network
    const forged = [ofDewa, { ...ofRta, gateway: { ...ofRta.gateway, seal: script.registry } }] as const
    const third = await signedAgreement(script, THIRD, forged, { supersedes: SECOND })
    const { directory, events } = replay(network, [...entries, third], 'defer')
    assert.equal(events.length, 1)
    assert.equal(directory.agreement(SECOND)?.superseded, undefined)
    assert.equal(directory.agreement(THIRD), undefined)
  })

  test('does not let a forged agreement be superseded whose seals were put off', async () => {
    const network = await startAmended()
    const { script, entries, ofDewa, ofRta } = network
    const pair = [ofDewa, { ...ofRta, gateway: { ...ofRta.gateway, seal: script.registry } }] as const
    const forged = await signedAgreement(script, FORGED, pair)
    const next = await signedAgreement(script, THIRD, [ofDewa, ofRta], { supersedes: FORGED })
    for (const check of ['check', 'defer'] as const) {
      const { directory, events } = replay(network, [...entries, forged, next], check)
      assert.deepEqual(
        events.map((event) => event.kind === 'change_refused' && event.reason),
        ['bad_acceptance', 'unknown_subject'],
        check,
      )
      assert.equal(directory.agreement(THIRD), undefined)
    }
  })
})
