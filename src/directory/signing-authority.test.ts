import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { digest256 } from '../protocol/digest.ts'
import type { Change } from './change.ts'
import type { RefusalReason } from './directory-event.ts'
import { grantMandate, officialAcceptance, setPolicy, signedAgreement } from './testing/grant-mandate.ts'
import type { SigningParty } from './testing/grant-mandate.ts'
import { assertRefused, DEWA, RTA, start } from './testing/two-members.ts'
import type { Started } from './testing/two-members.ts'

const HASH = digest256('an agreement')
const NEXT = digest256('the next agreement')
const OTHER = digest256('another document')
const DOCUMENT = digest256(`the document of ${HASH}`)
const NOBODYS = 'AAAAAAAAAAAAAAAAAAAAAA'

interface Signing extends Started {
  readonly ofDewa: SigningParty
  readonly ofRta: SigningParty
}

/** Two members with a mandate each, in a network with a signing policy. */
async function startSigning(): Promise<Signing> {
  const network = await start()
  await setPolicy(network)
  const [dewas, rtas] = [await grantMandate(network, network.dewa), await grantMandate(network, network.rta)]
  return {
    ...network,
    ofDewa: { gateway: network.dewa, mandates: [dewas.mandate] },
    ofRta: { gateway: network.rta, mandates: [rtas.mandate] },
  }
}

suite('the signing policy', () => {
  test('is the word of the registry alone, and the newest one stands', async () => {
    const network = await start()
    const { script, dewa, add, directory } = network
    assert.equal(directory.signingPolicy(), undefined)
    const terms = {
      level: 'qualified',
      qualifiedPolicies: ['2.16.784.1.2'],
      roots: [Buffer.from('root').toString('base64url')],
      answerWithinDays: 20,
    } as const
    const byMember = await script.entry('signing_policy_set', terms, [DEWA, dewa.seal])
    assertRefused(network, byMember, 'missing_signature')
    const first = await script.entry('signing_policy_set', terms, script.byRegistry)
    add(first)
    await setPolicy(network, { testAuthorities: true })
    assert.equal(directory.signingPolicy()?.level, 'advanced')
    assert.equal(directory.signingPolicy()?.testAuthorities, true)
    assertRefused(network, first, 'not_newer')
    add(await script.entry('signing_policy_set', terms, script.byRegistry))
    assert.deepEqual(directory.signingPolicy(), {
      ...terms,
      changedAt: script.now,
      index: directory.size - 1,
    })
  })

  const wrong: Readonly<Record<string, object>> = {
    'a qualified level without policies': { level: 'qualified' },
    'a level that there is not': { level: 'simple' },
    'no roots': { roots: [] },
    'a root twice': { roots: ['AAAA', 'AAAA'] },
    'seventeen roots': {
      roots: Array.from({ length: 17 }, (_, index) => `AAA${'ABCDEFGHIJKLMNOPQ'[index]}`),
    },
    'a root that is no base64url': { roots: ['AA+A'] },
    'a root that is too long': { roots: ['A'.repeat(8196)] },
    'something that is no identifier of a policy': { qualifiedPolicies: ['2.05.1'] },
    'an answer on the same day': { answerWithinDays: 0 },
    'an answer after more than a year': { answerWithinDays: 366 },
    'test authorities that are denied': { testAuthorities: false },
  }
  for (const [title, fields] of Object.entries(wrong)) {
    test(`cannot have ${title}`, async () => {
      const network = await start()
      const { script, directory } = network
      const terms = {
        level: 'advanced',
        qualifiedPolicies: [],
        roots: ['AAAA'],
        answerWithinDays: 10,
      } as const
      const change = { ...script.change('signing_policy_set', terms), ...fields } as unknown as Change
      assertRefused(network, await script.sign(change, script.byRegistry), 'malformed')
      assert.equal(directory.signingPolicy(), undefined)
    })
  }
})

suite('an agreement that officials signed', () => {
  test('takes effect with its document and its mandates', async () => {
    const { script, ofDewa, ofRta, add, directory } = await startSigning()
    add(await signedAgreement(script, HASH, [ofDewa, { ...ofRta, document: OTHER }]))
    const record = directory.agreement(HASH)
    assert.equal(record?.document, DOCUMENT)
    assert.deepEqual(record.signedUnder, [ofDewa.mandates, ofRta.mandates])
    assert.equal(record.status, 'effective')
  })

  test('may come before any policy, beside those that officials did not sign', async () => {
    const network = await start()
    const { script, dewa, rta, add, directory } = network
    add(await script.agreement(NEXT, dewa, rta))
    const [dewas, rtas] = [await grantMandate(network, dewa), await grantMandate(network, rta)]
    const parties = [dewas, rtas].map(({ mandate }, place) => ({
      gateway: [dewa, rta][place] ?? dewa,
      mandates: [mandate],
    })) as unknown as [SigningParty, SigningParty]
    add(await signedAgreement(script, HASH, parties))
    assert.equal(directory.agreement(NEXT)?.document, undefined)
    assert.equal(directory.agreement(HASH)?.document, DOCUMENT)
  })

  test('is the only kind that takes effect once a policy stands', async () => {
    const network = await startSigning()
    const { script, dewa, rta } = network
    assertRefused(network, await script.agreement(HASH, dewa, rta), 'document_missing')
    assert.equal(network.directory.agreement(HASH), undefined)
  })

  type Forge = (network: Signing) => Promise<string>
  const cases: [string, RefusalReason, Forge][] = [
    [
      'no party has sealed the document',
      'bad_acceptance',
      async ({ script, ofDewa, ofRta }) =>
        await signedAgreement(script, HASH, [
          { ...ofDewa, document: OTHER },
          { ...ofRta, document: OTHER },
        ]),
    ],
    [
      'a party has sealed another mandate',
      'bad_acceptance',
      async (network) => {
        const { script, ofDewa, ofRta, dewa } = network
        const { mandate } = await grantMandate(network, dewa)
        const signedUnder = [[mandate], ofRta.mandates]
        return await signedAgreement(script, HASH, [ofDewa, ofRta], { signedUnder })
      },
    ],
    [
      'a party has sealed one mandate of two',
      'bad_acceptance',
      async (network) => {
        const { script, ofDewa, ofRta, dewa } = network
        const { mandate } = await grantMandate(network, dewa)
        const signedUnder = [[...ofDewa.mandates, mandate], ofRta.mandates]
        return await signedAgreement(script, HASH, [ofDewa, ofRta], { signedUnder })
      },
    ],
    [
      'the second pair of eyes that a party sealed is left out',
      'bad_acceptance',
      async (network) => {
        const { script, ofDewa, ofRta, dewa } = network
        const { mandate } = await grantMandate(network, dewa)
        const signedUnder = [ofDewa.mandates, ofRta.mandates]
        const both = { ...ofDewa, mandates: [...ofDewa.mandates, mandate] }
        return await signedAgreement(script, HASH, [both, ofRta], { signedUnder })
      },
    ],
    [
      'a party has accepted without officials',
      'bad_acceptance',
      async ({ script, ofDewa, ofRta, dewa, rta }) => {
        const [member, key] = [DEWA, dewa.seal]
        const acceptances = [
          await officialAcceptance(script, HASH, {
            member,
            key,
            document: DOCUMENT,
            mandates: ofDewa.mandates,
          }),
          await script.acceptance(HASH, RTA, rta.seal),
        ]
        return await signedAgreement(script, HASH, [ofDewa, ofRta], { acceptances })
      },
    ],
    [
      'a party has sealed the document and no mandate',
      'bad_acceptance',
      async ({ script, ofDewa, ofRta, dewa, rta }) => {
        const acceptances = [
          await officialAcceptance(script, HASH, { member: DEWA, key: dewa.seal, document: DOCUMENT }),
          await officialAcceptance(script, HASH, { member: RTA, key: rta.seal, document: DOCUMENT }),
        ]
        return await signedAgreement(script, HASH, [ofDewa, ofRta], { acceptances })
      },
    ],
    [
      'the seal is that of the other party',
      'bad_acceptance',
      async ({ script, ofDewa, ofRta, dewa }) => {
        const sealed = async (member: string, { mandates }: SigningParty) =>
          await officialAcceptance(script, HASH, { member, key: dewa.seal, document: DOCUMENT, mandates })
        const acceptances = [await sealed(DEWA, ofDewa), await sealed(RTA, ofRta)]
        return await signedAgreement(script, HASH, [ofDewa, ofRta], { acceptances })
      },
    ],
    [
      'a mandate was never granted',
      'unknown_mandate',
      async ({ script, ofDewa, ofRta }) =>
        await signedAgreement(script, HASH, [ofDewa, { ...ofRta, mandates: [NOBODYS] }]),
    ],
    [
      'a mandate is one of the other party',
      'unknown_mandate',
      async ({ script, ofDewa, ofRta }) =>
        await signedAgreement(script, HASH, [ofDewa, { ...ofRta, mandates: ofDewa.mandates }]),
    ],
    [
      'one mandate stands for two people',
      'malformed',
      async ({ script, ofDewa, ofRta }) => {
        const [own = ''] = ofDewa.mandates
        return await signedAgreement(script, HASH, [{ ...ofDewa, mandates: [own, own] }, ofRta])
      },
    ],
    [
      'a party signed under no mandate',
      'malformed',
      async ({ script, ofDewa, ofRta }) =>
        await signedAgreement(script, HASH, [ofDewa, { ...ofRta, mandates: [] }]),
    ],
    [
      'it names mandates and no document',
      'malformed',
      async ({ script, ofDewa, ofRta }) => {
        const entry = JSON.parse(await signedAgreement(script, HASH, [ofDewa, ofRta])) as { change: Change }
        const { document: _, ...change } = entry.change as Change & { readonly document: string }
        return await script.sign(change, script.byRegistry)
      },
    ],
  ]
  for (const [title, reason, forge] of cases) {
    test(`does not take effect when ${title}`, async () => {
      const network = await startSigning()
      assertRefused(network, await forge(network), reason)
      assert.equal(network.directory.agreement(HASH), undefined)
    })
  }
})

suite('an agreement that takes the place of another', () => {
  test('ends it from its own beginning on, for good', async () => {
    const network = await startSigning()
    const { script, ofDewa, ofRta, add, directory } = network
    add(await signedAgreement(script, HASH, [ofDewa, ofRta]))
    const validFrom = '2026-12-01T00:00:00.000Z'
    add(await signedAgreement(script, NEXT, [ofRta, ofDewa], { supersedes: HASH, validFrom }))
    assert.deepEqual(directory.agreement(HASH)?.superseded, { by: NEXT, from: validFrom })
    assert.equal(directory.agreement(HASH)?.status, 'effective')
    assert.equal(directory.agreement(NEXT)?.supersedes, HASH)
    const change = { agreement: NEXT, party: RTA, reason: 'ended' }
    add(await script.entry('agreement_revoked', change, [RTA, ofRta.gateway.seal]))
    assert.deepEqual(directory.agreement(HASH)?.superseded, { by: NEXT, from: validFrom })
    const third = { supersedes: HASH }
    const late = await signedAgreement(script, OTHER, [ofDewa, ofRta], third)
    assertRefused(network, late, 'wrong_state')
  })

  test('cannot take the place of one that was revoked or never was', async () => {
    const network = await startSigning()
    const { script, ofDewa, ofRta, add } = network
    const next = async (): Promise<string> =>
      await signedAgreement(script, NEXT, [ofDewa, ofRta], { supersedes: HASH })
    assertRefused(network, await next(), 'unknown_subject')
    add(await signedAgreement(script, HASH, [ofDewa, ofRta]))
    const change = { agreement: HASH, party: DEWA, reason: 'ended' }
    add(await script.entry('agreement_revoked', change, [DEWA, ofDewa.gateway.seal]))
    assertRefused(network, await next(), 'wrong_state')
  })

  test('is one of the same parties', async () => {
    const network = await startSigning()
    const { script, ofDewa, ofRta, add, directory } = network
    const dha = script.gateway('AE-DU/GOV/DHA/gw-1')
    add(await script.admission(dha.member))
    add(await script.enrolment(dha, script.byRegistry))
    const { mandate } = await grantMandate(network, dha)
    add(await signedAgreement(script, HASH, [ofDewa, ofRta]))
    const ofOthers: [SigningParty, SigningParty] = [ofDewa, { gateway: dha, mandates: [mandate] }]
    assertRefused(network, await signedAgreement(script, NEXT, ofOthers, { supersedes: HASH }), 'not_a_party')
    assert.equal(directory.agreement(HASH)?.superseded, undefined)
  })
})
