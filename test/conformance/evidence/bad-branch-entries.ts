import { newBranch, publicKeyOf } from '../../../src/evidence/testing/paper-network.ts'
import { generateNoteKey } from '../../../src/trust/note-key.ts'
import { generateSealKey } from '../../../src/trust/seal-key.ts'
import type { SoftwareSealKey } from '../../../src/trust/seal-key.ts'
import type { BadEntries } from './bad-entry.ts'

const id = 'AE-DU/branch/NEW'

function fields(
  branch: string,
  tls: SoftwareSealKey = generateSealKey(),
  witnessKey: string = generateNoteKey(`wusla/${branch}`, 'cosignature').vkey,
): Record<string, string> {
  const addresses = { controlAddress: 'a:1', tunnelAddress: 'a:2', mirrorUrl: 'http://a' }
  return { branch, host: 'AE-DU/GOV/DDA', ...addresses, tlsKey: publicKeyOf(tls), witnessKey }
}

/** About branches and their witnesses. */
export const badBranches: BadEntries = [
  [
    'a branch without the registry',
    async ({ network }) => {
      const tls = generateSealKey()
      await network.add('branch_commissioned', fields(id, tls), [id, tls])
    },
  ],
  [
    'a branch that signed nothing',
    ({ network }, by) => network.add('branch_commissioned', fields(id), by.registry),
  ],
  [
    'a branch with the key of a gateway',
    ({ network, rta }, by) =>
      network.add('branch_commissioned', fields(id, rta.tls), by.registry, [id, rta.tls]),
  ],
  [
    'a branch with the key of a branch',
    ({ network, core }, by) =>
      network.add('branch_commissioned', fields(id, core.tls), by.registry, [id, core.tls]),
  ],
  [
    'a witness with the key of a log',
    async ({ network }, by) => {
      const tls = generateSealKey()
      await network.add(
        'branch_commissioned',
        fields(id, tls, generateNoteKey(`wusla/${id}`).vkey),
        by.registry,
        [id, tls],
      )
    },
  ],
  [
    'a branch nobody commissioned is retired',
    ({ network }, by) => network.add('branch_retired', { branch: id }, by.registry),
  ],
  [
    'a branch retired twice',
    async ({ network, core }, by) => {
      await network.add('branch_retired', { branch: core.id }, by.registry)
      await network.add('branch_retired', { branch: core.id }, by.registry)
    },
  ],
  [
    'a branch back in office with its old key',
    async ({ network, core }, by) => {
      await network.add('branch_retired', { branch: core.id }, by.registry)
      await network.commission({ ...newBranch(core.id, core.host), tls: core.tls })
    },
  ],
  [
    'an old commission once more',
    async ({ network, core }) => {
      const old = network.entries[2] ?? ''
      await network.commission({ ...newBranch(core.id, core.host), tls: core.tls })
      network.entries.push(old)
    },
  ],
]
