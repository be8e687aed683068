import { publicKeyOf } from '../../../src/evidence/testing/paper-network.ts'
import { digest256 } from '../../../src/protocol/digest.ts'
import { generateSealKey } from '../../../src/trust/seal-key.ts'
import type { BadEntries } from './bad-entry.ts'
import type { Scene } from './vector.ts'

const reason = 'a reason'

function bound({ rta }: Scene, publicKey: string = publicKeyOf(generateSealKey())): Record<string, string> {
  return { gateway: rta.id, member: rta.member, use: 'seal', publicKey }
}

/** About keys and their end. */
export const badKeys: BadEntries = [
  ['a key bound by the registry', (scene, by) => scene.network.add('key_bound', bound(scene), by.registry)],
  ['a key bound by another member', (scene, by) => scene.network.add('key_bound', bound(scene), by.dewa)],
  [
    'a key that was bound before',
    (scene, by) => scene.network.add('key_bound', bound(scene, publicKeyOf(scene.dewa.seal)), by.rta),
  ],
  [
    'a key that belongs to a branch',
    (scene, by) => scene.network.add('key_bound', bound(scene, publicKeyOf(scene.core.tls)), by.rta),
  ],
  [
    'a key to another member’s gateway',
    (scene, by) => scene.network.add('key_bound', { ...bound(scene), gateway: scene.dewa.id }, by.rta),
  ],
  [
    'a key that is no point of the curve',
    (scene, by) =>
      scene.network.add(
        'key_bound',
        bound(scene, publicKeyOf(scene.rta.seal).slice(0, -40) + 'A'.repeat(40)),
        by.rta,
      ),
  ],
  [
    'a key for a third use',
    (scene, by) => scene.network.add('key_bound', { ...bound(scene), use: 'mail' }, by.rta),
  ],
  [
    'a key bound with a TLS key',
    (scene) => scene.network.add('key_bound', bound(scene), [scene.rta.member, scene.rta.tls]),
  ],
  [
    'a key bound with a key that has ended',
    async (scene, by) => {
      await scene.network.revoke(scene.rta, 'superseded')
      await scene.network.add('key_bound', bound(scene), by.rta)
    },
  ],
  ['a revocation by another member', ({ network, rta }, by) => network.revoke(rta, reason, by.dewa)],
  [
    'a revocation of another member’s key',
    ({ network, rta, dewa }, by) =>
      network.add(
        'key_revoked',
        { member: rta.member, key: dewa.seal.keyId, reason, at: network.now },
        by.rta,
      ),
  ],
  [
    'a revocation of a key nobody bound',
    ({ network, rta }, by) =>
      network.add(
        'key_revoked',
        { member: rta.member, key: digest256('x'), reason, at: network.now },
        by.rta,
      ),
  ],
  [
    'a revocation that looks ahead',
    ({ network, rta }) => network.revoke(rta, reason, undefined, '2027-01-01T00:00:00.000Z'),
  ],
  [
    'a key revoked twice',
    async ({ network, rta }, by) => {
      await network.revoke(rta, reason)
      await network.revoke(rta, reason, by.registry)
    },
  ],
  [
    'a revocation from before the key was bound',
    async ({ network, rta }) => {
      const nowMs = network.nowMs
      network.nowMs -= 2 * 3_600_000
      await network.revoke(rta, reason)
      network.nowMs = nowMs
    },
  ],
  [
    'a revocation signed by member and registry',
    ({ network, rta }, by) =>
      network.add(
        'key_revoked',
        { member: rta.member, key: rta.seal.keyId, reason, at: network.now },
        by.rta,
        by.registry,
      ),
  ],
]
