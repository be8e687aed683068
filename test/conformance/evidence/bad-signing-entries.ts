import { exchangeOnPaper, fileOnPaper } from '../../../src/evidence/testing/paper-exchange.ts'
import { newGateway } from '../../../src/evidence/testing/paper-network.ts'
import {
  agreeSigned,
  endMandate,
  grantMandate,
  mandateId,
  type PaperSigning,
  setPolicy,
} from '../../../src/evidence/testing/paper-signing.ts'
import { digest256 } from '../../../src/protocol/digest.ts'
import type { BadEntries } from './bad-entry.ts'
import { AGREEMENT, MINUTE } from './vector.ts'
import type { Scene, VectorList } from './vector.ts'

const hash = digest256('a second agreement')
const document = digest256('a signed document')

/** An agreement of both under good mandates, but for the change. */
async function signed(scene: Scene, change: Partial<PaperSigning> = {}): Promise<unknown> {
  const { network, rta, dewa } = scene
  const mandates = [
    [await grantMandate(network, dewa, 'dewa')],
    [await grantMandate(network, rta, 'rta')],
  ] as const
  return await agreeSigned(network, { agreement: hash, parties: [dewa, rta], mandates, ...change })
}

/** A chain of mandates, each delegated from the one before; the last one differs. */
async function delegated(
  { network, rta }: Scene,
  depth: number,
  last: object = {},
  first: object = {},
): Promise<void> {
  await grantMandate(network, rta, '1', { delegable: true, ...first })
  for (let at = 2; at <= depth; at += 1) {
    const change = { delegable: true, delegatedFrom: mandateId(String(at - 1)) }
    await grantMandate(network, rta, String(at), { ...change, ...(at === depth ? last : {}) })
  }
}

const policies: BadEntries = [
  ['a signing policy without the registry', ({ network }, by) => setPolicy(network, {}, by.rta)],
  ['qualified signatures by no policy', ({ network }) => setPolicy(network, { qualifiedPolicies: [] })],
  [
    'a policy that is no object identifier',
    ({ network }) => setPolicy(network, { qualifiedPolicies: ['2.016.1'] }),
  ],
  ['a signing policy without a root', ({ network }) => setPolicy(network, { roots: [] })],
  ['a root that is no base64url', ({ network }) => setPolicy(network, { roots: ['MIIB='] })],
  ['test authorities that are not', ({ network }) => setPolicy(network, { testAuthorities: false })],
  ['no day to answer', ({ network }) => setPolicy(network, { answerWithinDays: 0 })],
  [
    'an old signing policy once more',
    async ({ network }) => {
      await setPolicy(network)
      const old = network.entries.at(-1) ?? ''
      await setPolicy(network, { level: 'advanced' })
      network.entries.push(old)
    },
  ],
]

const grants: BadEntries = [
  ['a mandate by the registry', ({ network, rta }, by) => grantMandate(network, rta, 'm', {}, by.registry)],
  ['a mandate by another member', ({ network, rta }, by) => grantMandate(network, rta, 'm', {}, by.dewa)],
  [
    'a mandate of a suspended member',
    async ({ network, rta }, by) => {
      await network.add('member_suspended', { member: rta.member, reason: 'a reason' }, by.registry)
      await grantMandate(network, rta, 'm')
    },
  ],
  [
    'a mandate granted twice',
    async ({ network, rta, dewa }) => {
      await grantMandate(network, rta, 'm')
      await grantMandate(network, dewa, 'm')
    },
  ],
  [
    'a mandate that ended, granted again',
    async ({ network, rta }) => {
      await endMandate(network, rta, await grantMandate(network, rta, 'm'))
      await grantMandate(network, rta, 'm')
    },
  ],
  [
    'a mandate that ends before it begins',
    ({ network, rta }) => grantMandate(network, rta, 'm', { validUntil: '2026-01-01T00:00:00.000Z' }),
  ],
  ['a mandate for nothing', ({ network, rta }) => grantMandate(network, rta, 'm', { kinds: [] })],
  ['a mandate with a short id', ({ network, rta }) => grantMandate(network, rta, 'm', { mandate: 'AAAA' })],
  [
    'a mandate with a cost below nothing',
    ({ network, rta }) => grantMandate(network, rta, 'm', { ceilingAed: -1 }),
  ],
  ['two eyes', ({ network, rta }) => grantMandate(network, rta, 'm', { fourEyes: false })],
  [
    'an office with a hidden character',
    ({ network, rta }) => grantMandate(network, rta, 'm', { office: { ar: 'م', en: 'a\u001b[2J' } }),
  ],
]

const delegations: BadEntries = [
  [
    'delegated from nothing',
    ({ network, rta }) => grantMandate(network, rta, 'm', { delegatedFrom: mandateId('none') }),
  ],
  ['delegated from what may not be', (scene) => delegated(scene, 2, {}, { delegable: undefined })],
  [
    'delegated from another member',
    async ({ network, rta, dewa }) => {
      const delegatedFrom = await grantMandate(network, dewa, '1', { delegable: true })
      await grantMandate(network, rta, '2', { delegatedFrom })
    },
  ],
  [
    'delegated from what has ended',
    async ({ network, rta }) => {
      await endMandate(network, rta, await grantMandate(network, rta, '1', { delegable: true }))
      await grantMandate(network, rta, '2', { delegatedFrom: mandateId('1') })
    },
  ],
  [
    'delegated when the first of the chain has ended',
    async (scene) => {
      await delegated(scene, 2)
      await endMandate(scene.network, scene.rta, mandateId('1'))
      await grantMandate(scene.network, scene.rta, '3', { delegatedFrom: mandateId('2') })
    },
  ],
  ['delegated five deep', (scene) => delegated(scene, 5)],
  ['more kinds than were given', (scene) => delegated(scene, 2, { kinds: ['service', 'membership'] })],
  ['a higher class than was given', (scene) => delegated(scene, 2, { dataClassUpTo: 'secret' })],
  ['a higher cost than was given', (scene) => delegated(scene, 2, { ceilingAed: 501 }, { ceilingAed: 500 })],
  ['any cost where one was given', (scene) => delegated(scene, 2, {}, { ceilingAed: 500 })],
  ['earlier than was given', (scene) => delegated(scene, 2, { validFrom: '2025-12-31T00:00:00.000Z' })],
  ['longer than was given', (scene) => delegated(scene, 2, { validUntil: '2029-01-01T00:00:00.001Z' })],
  ['two eyes of four', (scene) => delegated(scene, 2, {}, { fourEyes: true })],
]

const ends: BadEntries = [
  ['an unknown mandate ended', ({ network, rta }) => endMandate(network, rta, mandateId('none'))],
  [
    'a mandate ended by the registry',
    async ({ network, rta }, by) =>
      endMandate(network, rta, await grantMandate(network, rta, 'm'), by.registry),
  ],
  [
    'a mandate of another ended',
    async ({ network, rta, dewa }) => endMandate(network, dewa, await grantMandate(network, rta, 'm')),
  ],
  [
    'a mandate ended twice',
    async ({ network, rta }) => {
      const mandate = await grantMandate(network, rta, 'm')
      await endMandate(network, rta, mandate)
      await endMandate(network, rta, mandate)
    },
  ],
  [
    'an end that is older than its mandate',
    async ({ network, rta }) => {
      network.nowMs -= 60_000
      const fields = { member: rta.member, mandate: mandateId('m'), reason: 'a reason' }
      const early = network.change('mandate_ended', fields)
      network.nowMs += 60_000
      await grantMandate(network, rta, 'm')
      await network.enter(early, [rta.member, rta.seal])
    },
  ],
]

const documents: BadEntries = [
  [
    'an agreement without a document under a signing policy',
    async ({ network, rta, dewa }) => {
      await setPolicy(network)
      await network.agree(hash, dewa, rta)
    },
  ],
  ['a document without mandates', (scene) => signed(scene, { change: { signedUnder: undefined } })],
  ['mandates without a document', (scene) => signed(scene, { change: { document: undefined } })],
  [
    'signed under a mandate nobody granted',
    (scene) => signed(scene, { mandates: [[mandateId('dewa')], [mandateId('none')]] }),
  ],
  [
    'signed under the mandate of the other party',
    (scene) => signed(scene, { mandates: [[mandateId('rta')], [mandateId('dewa')]] }),
  ],
  [
    'signed under one mandate twice',
    (scene) => signed(scene, { mandates: [[mandateId('dewa'), mandateId('dewa')], [mandateId('rta')]] }),
  ],
  ['signed by one party only', (scene) => signed(scene, { mandates: [[mandateId('dewa')], []] })],
  [
    'a document that nobody sealed',
    (scene) => signed(scene, { change: { document: digest256('another document') } }),
  ],
  [
    'an acceptance without the mandates',
    (scene) => signed(scene, { sealed: [{}, { document, mandates: [mandateId('rta')] }] }),
  ],
  [
    'an acceptance with other mandates',
    async (scene) => {
      const other = await grantMandate(scene.network, scene.dewa, 'other')
      const sealed = [
        { document, mandates: [other] },
        { document, mandates: [mandateId('rta')] },
      ] as const
      await signed(scene, { sealed })
    },
  ],
  [
    'an acceptance with a document and no mandates',
    async (scene) => {
      const { network, rta, dewa } = scene
      const acceptances = [
        await network.acceptance(hash, dewa),
        await network.acceptance(hash, rta, { document }),
      ]
      await signed(scene, { change: { acceptances, document: undefined, signedUnder: undefined } })
    },
  ],
]

const successions: BadEntries = [
  ['in the place of nothing', (scene) => signed(scene, { change: { supersedes: digest256('none') } })],
  [
    'in the place of an agreement of others',
    async (scene) => {
      const dha = newGateway('AE-DU/GOV/DHA/gw-1')
      await scene.network.admit(dha.member)
      await scene.network.enrol(dha, scene.network.by)
      await scene.network.agree(digest256('of others'), scene.dewa, dha)
      await signed(scene, { change: { supersedes: digest256('of others') } })
    },
  ],
  [
    'in the place of a revoked agreement',
    async (scene, by) => {
      const words = { agreement: AGREEMENT, party: scene.rta.member, reason: 'a reason' }
      await scene.network.add('agreement_revoked', words, by.rta)
      await signed(scene, { change: { supersedes: AGREEMENT } })
    },
  ],
  [
    'in the place of an agreement that has been superseded',
    async (scene) => {
      await signed(scene, { change: { supersedes: AGREEMENT } })
      const mandates = [[mandateId('dewa')], [mandateId('rta')]] as const
      const { network, rta, dewa } = scene
      const change = { supersedes: AGREEMENT }
      await agreeSigned(network, { agreement: digest256('a third'), parties: [dewa, rta], mandates, change })
    },
  ],
]

/** About who may sign agreements, and under what. */
export const badSignings: BadEntries = [
  ...policies,
  ...grants,
  ...delegations,
  ...ends,
  ...documents,
  ...successions,
]

/** Files that leave out what takes their agreement's effect; all entries of the directory show it. */
export async function addBadSigningVectors(list: VectorList, scene: Scene): Promise<void> {
  const withheld = async (name: string, { network, rta, dewa }: Scene, left: number): Promise<void> => {
    network.nowMs += MINUTE
    network.witnesses = []
    const request = { agreement: hash }
    const exchange = exchangeOnPaper(rta, dewa, { nowMs: network.nowMs, size: 1, place: 0, request })
    const entries = network.entries.map((_, index) => index).filter((index) => index !== left)
    const file = await fileOnPaper({ network, holder: rta, exchange, witnesses: [], entries })
    list.good(`${name}, left out`, network, file)
    const refusal = ['agreement', 'agreement_missing'] as const
    list.bad(`${name}, with all entries`, network, file, refusal, { directoryEntries: network.entries })
  }
  await scene.aside(async (own) => {
    const left = await setPolicy(own.network)
    await own.network.agree(hash, own.dewa, own.rta)
    await withheld('a signing policy', own, left)
  })
  await scene.aside(async (own) => {
    const words = { agreement: AGREEMENT, party: own.rta.member, reason: 'a reason' }
    const left = await own.network.add('agreement_revoked', words, [own.rta.member, own.rta.seal])
    await signed(own, { change: { supersedes: AGREEMENT } })
    await withheld('the end of what was superseded', own, left)
  })
}
