import { newGateway } from '../../../src/evidence/testing/paper-network.ts'
import type { By } from '../../../src/evidence/testing/paper-network.ts'
import { digest256 } from '../../../src/protocol/digest.ts'
import { signJws } from '../../../src/trust/jws.ts'
import type { BadEntries } from './bad-entry.ts'
import { AGREEMENT } from './vector.ts'
import type { Scene } from './vector.ts'

const reason = 'a reason'
const hash = digest256('a second agreement')
const times = { validFrom: '2026-01-01T00:00:00.000Z', validUntil: '2027-01-01T00:00:00.000Z' }

async function accepted({ network, rta, dewa }: Scene, agreement: string = hash): Promise<string[]> {
  return [await network.acceptance(agreement, dewa), await network.acceptance(agreement, rta)]
}

async function effective(scene: Scene, others: object, ...by: By[]): Promise<unknown> {
  const { network, rta, dewa } = scene
  const fields = {
    agreement: hash,
    parties: [dewa.member, rta.member],
    ...times,
    acceptances: await accepted(scene),
  }
  return await network.add('agreement_effective', { ...fields, ...others }, ...by)
}

async function standing({ network }: Scene, kind: string, party: string, ...by: By[]): Promise<unknown> {
  return await network.add(`agreement_${kind}`, { agreement: AGREEMENT, party, reason }, ...by)
}

/** About agreements. */
export const badAgreements: BadEntries = [
  ['an agreement without the registry', (scene, by) => effective(scene, {}, by.rta)],
  ['an agreement once more', ({ network, rta, dewa }) => network.agree(AGREEMENT, dewa, rta)],
  [
    'an agreement with one acceptance twice',
    async (scene, by) =>
      effective(
        scene,
        { acceptances: [(await accepted(scene))[0], (await accepted(scene))[0]] },
        by.registry,
      ),
  ],
  [
    'acceptances in the wrong order',
    async (scene, by) => effective(scene, { acceptances: (await accepted(scene)).reverse() }, by.registry),
  ],
  [
    'acceptances of another agreement',
    async (scene, by) => effective(scene, { acceptances: await accepted(scene, AGREEMENT) }, by.registry),
  ],
  [
    'an acceptance of another type',
    async (scene, by) => {
      const [first = ''] = await accepted(scene)
      const { network, rta } = scene
      const payload = { agreement: hash, member: rta.member, act: 'accept', time: network.now }
      await effective(
        scene,
        { acceptances: [first, await signJws({ typ: 'wusla-voucher+jws', payload, key: rta.seal })] },
        by.registry,
      )
    },
  ],
  [
    'an acceptance that declines',
    async (scene, by) => {
      const [first = ''] = await accepted(scene)
      const { network, rta } = scene
      const payload = { agreement: hash, member: rta.member, act: 'decline', time: network.now }
      await effective(
        scene,
        { acceptances: [first, await signJws({ typ: 'wusla-acceptance+jws', payload, key: rta.seal })] },
        by.registry,
      )
    },
  ],
  [
    'an acceptance by a key that has ended',
    async (scene, by) => {
      const acceptances = await accepted(scene)
      await scene.network.revoke(scene.rta, 'superseded')
      await effective(scene, { acceptances }, by.registry)
    },
  ],
  [
    'a validity that ends before it begins',
    (scene, by) => effective(scene, { validUntil: times.validFrom }, by.registry),
  ],
  [
    'a party that is suspended',
    async (scene, by) => {
      await scene.network.add('member_suspended', { member: scene.rta.member, reason }, by.registry)
      await effective(scene, {}, by.registry)
    },
  ],
  [
    'one party twice',
    (scene, by) => effective(scene, { parties: [scene.rta.member, scene.rta.member] }, by.registry),
  ],
  [
    'a suspension by the other party’s seal',
    (scene, by) => standing(scene, 'suspended', scene.rta.member, by.dewa),
  ],
  [
    'a suspension by the registry',
    (scene, by) => standing(scene, 'suspended', scene.rta.member, by.registry),
  ],
  [
    'a suspension by a third member',
    async (scene) => {
      const dha = newGateway('AE-DU/GOV/DHA/gw-1')
      await scene.network.admit(dha.member)
      await scene.network.enrol(dha, scene.network.by)
      await standing(scene, 'suspended', dha.member, [dha.member, dha.seal])
    },
  ],
  [
    'resumed by who did not suspend',
    async (scene, by) => {
      await standing(scene, 'suspended', scene.rta.member, by.rta)
      await standing(scene, 'resumed', scene.dewa.member, by.dewa)
    },
  ],
  [
    'suspended twice by one party',
    async (scene, by) => {
      await standing(scene, 'suspended', scene.rta.member, by.rta)
      await standing(scene, 'suspended', scene.rta.member, by.rta)
    },
  ],
  [
    'an old suspension once more',
    async (scene, by) => {
      await standing(scene, 'suspended', scene.rta.member, by.rta)
      const old = scene.network.entries.at(-1) ?? ''
      await standing(scene, 'resumed', scene.rta.member, by.rta)
      scene.network.entries.push(old)
    },
  ],
  [
    'resumed after its revocation',
    async (scene, by) => {
      await standing(scene, 'suspended', scene.rta.member, by.rta)
      await standing(scene, 'revoked', scene.dewa.member, by.dewa)
      await standing(scene, 'resumed', scene.rta.member, by.rta)
    },
  ],
  [
    'resumed by a suspended member',
    async (scene, by) => {
      await standing(scene, 'suspended', scene.rta.member, by.rta)
      await scene.network.add('member_suspended', { member: scene.rta.member, reason }, by.registry)
      await standing(scene, 'resumed', scene.rta.member, by.rta)
    },
  ],
  [
    'an agreement nobody knows is revoked',
    ({ network, rta }, by) =>
      network.add('agreement_revoked', { agreement: hash, party: rta.member, reason }, by.rta),
  ],
]
