import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Change } from './change.ts'
import type { RefusalReason } from './directory-event.ts'
import { grantMandate, mandateTerms } from './testing/grant-mandate.ts'
import { assertRefused, DEWA, RTA, start } from './testing/two-members.ts'
import type { Started } from './testing/two-members.ts'

const DEPUTY = 'BBBBBBBBBBBBBBBBBBBBBA'
const instant = (text: string): string => `${text}T00:00:00.000Z`

/** Ends a mandate with the seal of DEWA. */
async function end({ script, dewa }: Started, mandate: string): Promise<string> {
  return await script.entry('mandate_ended', { member: DEWA, mandate, reason: 'left office' }, [
    DEWA,
    dewa.seal,
  ])
}

suite('a mandate', () => {
  test('is what its member granted, and is valid in its time', async () => {
    const network = await start()
    const { script, dewa, directory } = network
    const validity = { validFrom: instant('2026-12-01'), validUntil: instant('2027-12-01') }
    const more = { ...validity, ceilingAed: 50_000, fourEyes: true, kinds: ['service'] } as const
    const { mandate } = await grantMandate(network, dewa, '784198012345671', more)
    const record = directory.mandate(mandate)
    assert.ok(record)
    assert.deepEqual({ ...record, ...more }, record)
    assert.equal(record.grantedAt, script.now)
    assert.deepEqual(directory.mandatesOf(DEWA), [record])
    assert.deepEqual(directory.mandatesOf(RTA), [])
    assert.deepEqual(directory.mandateAt(mandate, instant('2026-12-01')), { standing: 'valid', record })
    assert.equal(directory.mandateAt(mandate, '2026-11-30T23:59:59.999Z').standing, 'not_yet')
    assert.equal(directory.mandateAt(mandate, '2027-11-30T23:59:59.999Z').standing, 'valid')
    assert.equal(directory.mandateAt(mandate, instant('2027-12-01')).standing, 'expired')
    assert.equal(directory.mandateAt(DEPUTY, instant('2026-12-01')).standing, 'unknown')
    assert.ok(!JSON.stringify(record).includes('784198012345671'))
  })

  test('is not there for what was signed before it was granted, but for a difference of clocks', async () => {
    const network = await start()
    const { mandate } = await grantMandate(network, network.dewa)
    const granted = Date.parse(network.directory.mandate(mandate)?.grantedAt ?? '')
    const at = (ms: number): string =>
      network.directory.mandateAt(mandate, new Date(ms).toISOString()).standing
    assert.equal(at(granted - 300_001), 'not_yet')
    assert.equal(at(granted - 300_000), 'valid')
  })

  test('ends by its member, for good, from the time of that word on', async () => {
    const network = await start()
    const { script, directory, add } = network
    const { mandate } = await grantMandate(network, network.dewa)
    const before = script.now
    add(await end(network, mandate))
    assert.equal(directory.mandateAt(mandate, script.now).standing, 'ended')
    assert.equal(directory.mandateAt(mandate, before).standing, 'valid')
    assert.equal(directory.mandate(mandate)?.endReason, 'left office')
    assertRefused(network, await end(network, mandate), 'wrong_state')
    const again = { member: DEWA, ...mandateTerms({ mandate }) }
    const { dewa } = network
    assertRefused(network, await script.entry('mandate_granted', again, [DEWA, dewa.seal]), 'already_exists')
    assertRefused(network, network.entries.at(-2) ?? '', 'already_exists')
  })

  test('can be ended by a member that is suspended, which can grant none', async () => {
    const network = await start()
    const { script, dewa, add, directory } = network
    const { mandate } = await grantMandate(network, dewa)
    add(await script.entry('member_suspended', { member: DEWA, reason: 'r' }, script.byRegistry))
    const another = await script.entry('mandate_granted', { member: DEWA, ...mandateTerms() }, [
      DEWA,
      dewa.seal,
    ])
    assertRefused(network, another, 'member_suspended')
    add(await end(network, mandate))
    assert.equal(directory.mandateAt(mandate, script.now).standing, 'ended')
  })

  type Forge = (network: Started, mandate: string) => Promise<string>
  const ends: [string, RefusalReason, Forge][] = [
    [
      'the registry',
      'missing_signature',
      async ({ script }, mandate) =>
        await script.entry('mandate_ended', { member: DEWA, mandate, reason: 'r' }, script.byRegistry),
    ],
    [
      'another member',
      'wrong_member',
      async ({ script, rta }, mandate) =>
        await script.entry('mandate_ended', { member: RTA, mandate, reason: 'r' }, [RTA, rta.seal]),
    ],
    [
      'another key in its name',
      'wrong_signer',
      async ({ script, rta }, mandate) =>
        await script.entry('mandate_ended', { member: DEWA, mandate, reason: 'r' }, [DEWA, rta.seal]),
    ],
    [
      'a word that is older than the grant',
      'not_newer',
      async ({ script, dewa, directory }, mandate) => {
        const { grantedAt: time = '' } = directory.mandate(mandate) ?? {}
        return await script.entry('mandate_ended', { member: DEWA, mandate, reason: 'r', time }, [
          DEWA,
          dewa.seal,
        ])
      },
    ],
    [
      'a word about no mandate at all',
      'unknown_mandate',
      async ({ script, dewa }) =>
        await script.entry('mandate_ended', { member: DEWA, mandate: DEPUTY, reason: 'r' }, [
          DEWA,
          dewa.seal,
        ]),
    ],
    [
      'a stranger to the network',
      'unknown_member',
      async ({ script, dewa }, mandate) => {
        const member = 'AE-DU/GOV/DHA'
        return await script.entry('mandate_ended', { member, mandate, reason: 'r' }, [member, dewa.seal])
      },
    ],
  ]
  for (const [title, reason, forge] of ends) {
    test(`is not ended by ${title}`, async () => {
      const network = await start()
      const { mandate } = await grantMandate(network, network.dewa)
      assertRefused(network, await forge(network, mandate), reason)
      assert.equal(network.directory.mandate(mandate)?.endedAt, undefined)
    })
  }
})

suite('nobody but its member grants a mandate', () => {
  const cases: [string, RefusalReason, (network: Started) => Promise<string>][] = [
    [
      'the registry',
      'missing_signature',
      async ({ script }) =>
        await script.entry('mandate_granted', { member: DEWA, ...mandateTerms() }, script.byRegistry),
    ],
    [
      'the registry in its name',
      'wrong_signer',
      async ({ script }) =>
        await script.entry('mandate_granted', { member: DEWA, ...mandateTerms() }, [DEWA, script.registry]),
    ],
    [
      'another member',
      'wrong_signer',
      async ({ script, rta }) =>
        await script.entry('mandate_granted', { member: DEWA, ...mandateTerms() }, [DEWA, rta.seal]),
    ],
    [
      'a stranger',
      'unknown_member',
      async ({ script, dewa }) => {
        const member = 'AE-DU/GOV/DHA'
        return await script.entry('mandate_granted', { member, ...mandateTerms() }, [member, dewa.seal])
      },
    ],
  ]
  for (const [title, reason, forge] of cases) {
    test(`not ${title}`, async () => {
      const network = await start()
      assertRefused(network, await forge(network), reason)
    })
  }

  test('and no other terms than it sealed', async () => {
    const network = await start()
    const { script, dewa } = network
    const change = script.change('mandate_granted', { member: DEWA, ...mandateTerms() })
    const { signatures } = JSON.parse(await script.sign(change, [DEWA, dewa.seal])) as {
      signatures: [Parameters<typeof script.sign>[1]]
    }
    const altered = { ...change, dataClassUpTo: 'open' } as Change
    assertRefused(network, await script.sign(altered, ...signatures), 'bad_signature')
  })
})

suite('a grant is refused', () => {
  const shapes: Readonly<Record<string, object>> = {
    'with a short id': { mandate: 'AAAA' },
    'with a holder that is no digest': { holder: '784198012345671' },
    'with an office in one language': { office: { ar: 'مدير', en: '' } },
    'for no kind': { kinds: [] },
    'for a kind twice': { kinds: ['service', 'service'] },
    'for an unknown class of data': { dataClassUpTo: 'public' },
    'with a ceiling below nothing': { ceilingAed: -1 },
    'with four eyes denied': { fourEyes: false },
    'without a deed': { instrument: undefined },
    'with the name of a person': { person: 'somebody' },
  }
  for (const [title, fields] of Object.entries(shapes)) {
    test(`${title}, as malformed`, async () => {
      const network = await start()
      const { script, dewa } = network
      const change = { ...script.change('mandate_granted', { member: DEWA, ...mandateTerms() }), ...fields }
      const sent = JSON.parse(JSON.stringify(change)) as Change
      assertRefused(network, await script.sign(sent, [DEWA, dewa.seal]), 'malformed')
    })
  }

  test('when it ends before it begins', async () => {
    const network = await start()
    const { script, dewa } = network
    const validity = { validFrom: instant('2027-01-01'), validUntil: instant('2027-01-01') }
    const terms = { member: DEWA, ...mandateTerms(validity) }
    assertRefused(network, await script.entry('mandate_granted', terms, [DEWA, dewa.seal]), 'bad_time')
  })
})
