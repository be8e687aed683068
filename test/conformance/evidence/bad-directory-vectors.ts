import { badAgreements } from './bad-agreement-entries.ts'
import { badBranches } from './bad-branch-entries.ts'
import { badGateways } from './bad-gateway-entries.ts'
import { badKeys } from './bad-key-entries.ts'
import { addBadSigningVectors, badSignings } from './bad-signing-entries.ts'
import { badForms, badMembers } from './bad-member-entries.ts'
import type { Scene, VectorList } from './vector.ts'

const CASES = [
  ...badForms,
  ...badMembers,
  ...badGateways,
  ...badKeys,
  ...badBranches,
  ...badAgreements,
  ...badSignings,
]

/** Files with one entry of the directory that breaks a rule: section 7, one or more cases for each rule. */
export async function addBadDirectoryVectors(list: VectorList, scene: Scene): Promise<void> {
  for (const [name, act] of CASES) {
    await scene.aside(async ({ network, rta, dewa, file }) => {
      network.witnesses = []
      await act(scene, { rta: [rta.member, rta.seal], dewa: [dewa.member, dewa.seal], registry: network.by })
      const refusal = ['directory-rules', 'no_effect'] as const
      list.bad(`directory entry: ${name}`, network, await file({ witnesses: [] }), refusal)
    })
  }
  await addBadSigningVectors(list, scene)
}
