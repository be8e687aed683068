import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { digest256 } from '../protocol/digest.ts'
import { generateSealKey } from '../trust/seal-key.ts'
import { signChange } from '../trust/signed-change.ts'
import type { RefusalReason } from './directory-event.ts'
import { NETWORK, publicKeyOf } from './testing/scripted-network.ts'
import { assertRefused, BILLS, DEWA, RTA, start } from './testing/two-members.ts'
import type { Started } from './testing/two-members.ts'

const HASH = digest256('an agreement')
const DHA = `${NETWORK}/GOV/DHA`
const name = { ar: 'اسم', en: 'Name' }
const validity = { validFrom: '2026-01-01T00:00:00.000Z', validUntil: '2027-01-01T00:00:00.000Z' }

suite('the registry cannot forge an agreement', () => {
  const cases: [string, RefusalReason, (network: Started) => Promise<[string, string]>][] = [
    [
      'one acceptance is missing',
      'bad_acceptance',
      async ({ script, dewa }) => {
        const own = await script.acceptance(HASH, DEWA, dewa.seal)
        return [own, own]
      },
    ],
    [
      'one acceptance is made with a key of the registry',
      'bad_acceptance',
      async ({ script, dewa }) => [
        await script.acceptance(HASH, DEWA, dewa.seal),
        await script.acceptance(HASH, RTA, script.registry),
      ],
    ],
    [
      "one acceptance is made with the other member's key",
      'bad_acceptance',
      async ({ script, dewa }) => [
        await script.acceptance(HASH, DEWA, dewa.seal),
        await script.acceptance(HASH, RTA, dewa.seal),
      ],
    ],
    [
      'an acceptance of other terms is used',
      'bad_acceptance',
      async ({ script, dewa, rta }) => [
        await script.acceptance(HASH, DEWA, dewa.seal),
        await script.acceptance(digest256('other terms'), RTA, rta.seal),
      ],
    ],
    [
      'the signature of an acceptance is altered',
      'bad_acceptance',
      async ({ script, dewa, rta }) => {
        const good = await script.acceptance(HASH, RTA, rta.seal)
        const [header, payload, value = ''] = good.split('.')
        const bytes = Buffer.from(value, 'base64url')
        bytes[9] = (bytes[9] ?? 0) ^ 1
        return [
          await script.acceptance(HASH, DEWA, dewa.seal),
          [header, payload, bytes.toString('base64url')].join('.'),
        ]
      },
    ],
    [
      'an acceptance is made with a revoked key',
      'bad_acceptance',
      async ({ script, dewa, rta, add }) => {
        const acceptance = await script.acceptance(HASH, RTA, rta.seal)
        const change = { member: RTA, key: rta.seal.keyId, reason: 'lost', at: script.now }
        add(await script.entry('key_revoked', change, [RTA, rta.seal]))
        return [await script.acceptance(HASH, DEWA, dewa.seal), acceptance]
      },
    ],
    [
      'an acceptance is made with a TLS key',
      'bad_acceptance',
      async ({ script, dewa, rta }) => [
        await script.acceptance(HASH, DEWA, dewa.seal),
        await script.acceptance(HASH, RTA, rta.tls),
      ],
    ],
  ]
  for (const [title, reason, acceptancesOf] of cases) {
    test(title, async () => {
      const network = await start()
      const { script, directory } = network
      const [ofDewa, ofRta] = await acceptancesOf(network)
      const facts = { agreement: HASH, parties: [DEWA, RTA], ...validity, acceptances: [ofDewa, ofRta] }
      assertRefused(network, await script.entry('agreement_effective', facts, script.byRegistry), reason)
      assert.equal(directory.agreement(HASH), undefined)
    })
  }

  test('a revoked agreement does not come back with its old acceptances', async () => {
    const network = await start()
    const { script, dewa, rta, add, directory } = network
    add(await script.agreement(HASH, dewa, rta))
    const change = { agreement: HASH, party: RTA, reason: 'ended' }
    add(await script.entry('agreement_revoked', change, [RTA, rta.seal]))
    assertRefused(network, await script.agreement(HASH, dewa, rta), 'already_exists')
    assert.equal(directory.agreement(HASH)?.status, 'revoked')
  })

  test('nobody but a party suspends, resumes or revokes, and only who suspended resumes', async () => {
    const network = await start()
    const { script, dewa, rta, add, directory } = network
    add(await script.agreement(HASH, dewa, rta))
    const by = (party: string) => ({ agreement: HASH, party, reason: 'r' })
    const entry = script.entry.bind(script)
    assertRefused(
      network,
      await entry('agreement_suspended', by(RTA), script.byRegistry),
      'missing_signature',
    )
    assertRefused(network, await entry('agreement_revoked', by(RTA), [RTA, dewa.seal]), 'wrong_signer')
    assertRefused(network, await entry('agreement_revoked', by(DHA), [DHA, dewa.seal]), 'not_a_party')
    add(await entry('agreement_suspended', by(RTA), [RTA, rta.seal]))
    assertRefused(network, await entry('agreement_resumed', by(DEWA), [DEWA, dewa.seal]), 'wrong_state')
    add(await entry('agreement_suspended', by(DEWA), [DEWA, dewa.seal]))
    add(await entry('agreement_resumed', by(RTA), [RTA, rta.seal]))
    assert.equal(directory.agreement(HASH)?.status, 'suspended')
    assert.deepEqual(directory.agreement(HASH)?.suspendedBy, [DEWA])
    add(await entry('agreement_resumed', by(DEWA), [DEWA, dewa.seal]))
    assert.equal(directory.agreement(HASH)?.status, 'effective')
    add(await entry('agreement_suspended', by(RTA), [RTA, rta.seal]))
    add(await entry('agreement_revoked', by(DEWA), [DEWA, dewa.seal]))
    assertRefused(network, await entry('agreement_resumed', by(RTA), [RTA, rta.seal]), 'wrong_state')
    assert.equal(directory.agreement(HASH)?.status, 'revoked')
  })

  test('the end of a suspension that was signed once does not work twice', async () => {
    const network = await start()
    const { script, dewa, rta, add } = network
    add(await script.agreement(HASH, dewa, rta))
    const change = { agreement: HASH, party: RTA, reason: 'r' }
    add(await script.entry('agreement_suspended', change, [RTA, rta.seal]))
    const resumed = await script.entry('agreement_resumed', change, [RTA, rta.seal])
    add(resumed)
    add(await script.entry('agreement_suspended', change, [RTA, rta.seal]))
    assertRefused(network, resumed, 'not_newer')
  })
})

suite('the registry cannot speak for a member', () => {
  test('it cannot publish a service, register a system or withdraw', async () => {
    const network = await start()
    const { script, rta } = network
    const service = { service: `${DEWA}/BILLING/more`, serviceKind: 'api', xroadType: 'REST', name } as const
    const open = { ...service, service: BILLS, open: { operations: [{ method: '*', path: '/**' }] } }
    for (const facts of [service, open]) {
      const unsigned = await script.entry('service_published', facts, script.byRegistry)
      assertRefused(network, unsigned, 'missing_signature')
      const posing = await script.entry('service_published', facts, [DEWA, script.registry])
      assertRefused(network, posing, 'wrong_signer')
      const other = await script.entry('service_published', facts, [DEWA, rta.seal])
      assertRefused(network, other, 'wrong_signer')
    }
    const system = { system: `${DEWA}/OTHER`, name }
    assertRefused(
      network,
      await script.entry('system_registered', system, script.byRegistry),
      'missing_signature',
    )
    const withdrawal = await script.entry('service_withdrawn', { service: BILLS }, script.byRegistry)
    assertRefused(network, withdrawal, 'missing_signature')
    assert.equal(network.directory.service(BILLS)?.open, undefined)
  })

  test('it cannot alter what a member signed', async () => {
    const network = await start()
    const { script, dewa } = network
    const facts = { service: BILLS, serviceKind: 'api', xroadType: 'REST', name } as const
    const signed = script.change('service_published', facts)
    const signature = await signChange(signed, DEWA, dewa.seal)
    const altered = { ...signed, open: { operations: [{ method: '*', path: '/**' }] } }
    assertRefused(network, await script.sign(altered, signature), 'bad_signature')
    assertRefused(network, await script.sign(signed, signature, script.byRegistry), 'unexpected_signature')
  })

  test('it cannot enter an old publication again after the service was withdrawn', async () => {
    const network = await start()
    const { script, dewa, add, entries } = network
    add(await script.entry('service_withdrawn', { service: BILLS }, [DEWA, dewa.seal]))
    const published = entries[6] ?? ''
    assert.match(published, /service_published/)
    assertRefused(network, published, 'not_newer')
    assert.equal(network.directory.service(BILLS), undefined)
  })

  test('it cannot bind a second key without the member, of any use', async () => {
    const network = await start()
    const { script, dewa, rta } = network
    for (const use of ['seal', 'tls'] as const) {
      const key = { gateway: dewa.gateway, member: DEWA, use, publicKey: publicKeyOf(generateSealKey()) }
      assertRefused(network, await script.entry('key_bound', key, script.byRegistry), 'missing_signature')
      assertRefused(network, await script.entry('key_bound', key, [DEWA, rta.seal]), 'wrong_signer')
      assertRefused(network, await script.entry('key_bound', key, [DEWA, dewa.tls]), 'wrong_signer')
      const own = generateSealKey()
      const itself = { ...key, publicKey: publicKeyOf(own) }
      assertRefused(network, await script.entry('key_bound', itself, [DEWA, own]), 'wrong_signer')
    }
    const elsewhere = {
      gateway: dewa.gateway,
      member: RTA,
      use: 'seal',
      publicKey: publicKeyOf(rta.tls),
    } as const
    assertRefused(network, await script.entry('key_bound', elsewhere, [RTA, rta.seal]), 'wrong_member')
  })

  test('it cannot enrol a second gateway of a member, not even after revoking all its keys', async () => {
    const network = await start()
    const { script, dewa, add, directory } = network
    const second = script.gateway(`${DEWA}/gw-2`)
    assertRefused(network, await script.enrolment(second, script.byRegistry), 'missing_signature')
    const revocation = { member: DEWA, key: dewa.seal.keyId, reason: 'r', at: script.now }
    add(await script.entry('key_revoked', revocation, script.byRegistry))
    add(await script.entry('gateway_retired', { gateway: dewa.gateway }, script.byRegistry))
    assertRefused(network, await script.enrolment(second, script.byRegistry), 'missing_signature')
    assert.deepEqual(directory.gatewaysOf(DEWA), [])
  })

  test('it cannot bring back a revoked key, for anybody', async () => {
    const network = await start()
    const { script, dewa, rta, add, directory } = network
    const revocation = { member: DEWA, key: dewa.tls.keyId, reason: 'r', at: script.now }
    add(await script.entry('key_revoked', revocation, [DEWA, dewa.seal]))
    const back = {
      gateway: dewa.gateway,
      member: DEWA,
      use: 'tls',
      publicKey: publicKeyOf(dewa.tls),
    } as const
    assertRefused(network, await script.entry('key_bound', back, [DEWA, dewa.seal]), 'key_known')
    const elsewhere = { ...back, gateway: rta.gateway, member: RTA }
    assertRefused(network, await script.entry('key_bound', elsewhere, [RTA, rta.seal]), 'key_known')
    const again = { ...revocation, at: script.now }
    assertRefused(network, await script.entry('key_revoked', again, [DEWA, dewa.seal]), 'wrong_state')
    assert.equal(directory.tlsKeyOwner(dewa.tls.keyId), undefined)
  })
})
