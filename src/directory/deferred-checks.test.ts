import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { digest256 } from '../protocol/digest.ts'
import { signChange } from '../trust/signed-change.ts'
import { Directory } from './directory.ts'
import type { DirectoryEvent } from './directory-event.ts'
import type { SignatureCheck } from './directory-change.ts'
import { BILLS, DEWA, RTA, start } from './testing/two-members.ts'
import type { Started } from './testing/two-members.ts'

const HASH = digest256('an agreement')
const validity = { validFrom: '2026-01-01T00:00:00.000Z', validUntil: '2027-01-01T00:00:00.000Z' }
const name = { ar: 'اسم', en: 'Name' }

function replay(network: Started, entries: readonly string[], check: SignatureCheck) {
  const events: DirectoryEvent[] = []
  const directory = new Directory({
    anchor: network.script.anchor,
    readEntry: (index) => Buffer.from(entries[index] ?? ''),
    onEvent: (event) => events.push(event),
  })
  for (const entry of entries) directory.apply(entry, check)
  return { directory, events }
}

/** An agreement that RTA never accepted, with everything else in order. */
async function forgedAgreement({ script, dewa }: Started): Promise<string> {
  const acceptances = [
    await script.acceptance(HASH, DEWA, dewa.seal),
    await script.acceptance(HASH, RTA, script.registry),
  ]
  const facts = { agreement: HASH, parties: [DEWA, RTA], ...validity, acceptances }
  return await script.entry('agreement_effective', facts, script.byRegistry)
}

suite('checks that were put off', () => {
  test('are made before a record is seen, and a forged one is never seen', async () => {
    const network = await start()
    const { directory, events } = replay(
      network,
      [...network.entries, await forgedAgreement(network)],
      'defer',
    )
    assert.equal(directory.checkedSize, 6)
    const heard: boolean[] = []
    directory.onChange(({ takenBack }) => heard.push(takenBack))
    assert.equal(directory.agreement(HASH), undefined)
    assert.deepEqual(directory.agreementsOf(DEWA), [])
    assert.deepEqual(directory.agreementsBetween(RTA, DEWA), [])
    assert.deepEqual(directory.entriesFor({ agreement: HASH }), [0])
    assert.deepEqual(heard, [true])
    const [event] = events
    assert.ok(event?.kind === 'change_refused' && event.reason === 'bad_acceptance' && event.index === 7)
  })

  test('are made one by one in the background, oldest first', async () => {
    const network = await start()
    const entries = [...network.entries, await forgedAgreement(network)]
    const { directory, events } = replay(network, entries, 'defer')
    assert.equal(directory.settle(1), 1)
    assert.equal(directory.checkedSize, 7)
    assert.equal(directory.settle(10), 0)
    assert.equal(directory.checkedSize, 8)
    assert.equal(events.length, 1)
  })

  test('give way to the true entry that comes after the forged one', async () => {
    const network = await start()
    const { script, dewa, rta } = network
    const entries = [
      ...network.entries,
      await forgedAgreement(network),
      await script.agreement(HASH, dewa, rta),
    ]
    const { directory } = replay(network, entries, 'defer')
    assert.equal(directory.agreement(HASH)?.index, 8)
    assert.equal(directory.agreementsOf(RTA).length, 1)
  })

  test('judge keys as of the entry: one that ended before does not count, one that ended after does', async () => {
    const network = await start()
    const { script, dewa, rta } = network
    const good = await script.agreement(HASH, dewa, rta)
    const late = digest256('another')
    const stale = await script.acceptance(late, RTA, rta.seal)
    const revocation = { member: RTA, key: rta.seal.keyId, reason: 'r', at: script.now }
    const revoked = await script.entry('key_revoked', revocation, [RTA, rta.seal])
    const acceptances = [await script.acceptance(late, DEWA, dewa.seal), stale]
    const facts = { agreement: late, parties: [DEWA, RTA], ...validity, acceptances }
    const afterwards = await script.entry('agreement_effective', facts, script.byRegistry)
    const entries = [...network.entries, good, revoked, afterwards]
    for (const check of ['check', 'defer'] as const) {
      const { directory } = replay(network, entries, check)
      assert.equal(directory.agreement(HASH)?.status, 'effective', check)
      assert.equal(directory.agreement(late), undefined, check)
    }
  })

  test('end in the same state as checks made at once, for every mix of true and forged entries', async () => {
    const network = await start()
    const { script, dewa, rta } = network
    const service = { service: `${DEWA}/BILLING/two`, serviceKind: 'api', xroadType: 'REST', name } as const
    const forged = script.change('service_published', {
      ...service,
      open: { operations: [{ method: '*', path: '/' }] },
    })
    const stolen = await signChange(script.change('service_published', service), DEWA, dewa.seal)
    const entries = [
      ...network.entries,
      await script.sign(forged, stolen),
      await script.entry('service_published', service, [DEWA, dewa.seal]),
      await forgedAgreement(network),
      await script.entry('agreement_suspended', { agreement: HASH, party: DEWA, reason: 'r' }, [
        DEWA,
        dewa.seal,
      ]),
      await script.agreement(HASH, dewa, rta),
      await script.entry('agreement_suspended', { agreement: HASH, party: DEWA, reason: 'r' }, [
        DEWA,
        dewa.seal,
      ]),
      await script.entry('service_withdrawn', { service: BILLS }, [DEWA, dewa.seal]),
    ]
    const atOnce = replay(network, entries, 'check')
    const late = replay(network, entries, 'defer')
    assert.deepEqual(late.directory.services(), atOnce.directory.services())
    assert.deepEqual(late.directory.agreementsOf(DEWA), atOnce.directory.agreementsOf(DEWA))
    assert.deepEqual(late.directory.root(), atOnce.directory.root())
    const refused = (events: DirectoryEvent[]): number[] =>
      events.flatMap((event) => (event.kind === 'change_refused' ? [event.index] : [])).sort((a, b) => a - b)
    assert.deepEqual(refused(late.events), refused(atOnce.events))
    assert.deepEqual(refused(late.events), [7, 9, 10])
  })
})
