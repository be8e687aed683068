import { digest256 } from '../../protocol/digest.ts'
import { newBranch, newGateway, PaperNetwork } from './paper-network.ts'
import type { PaperBranch, PaperGateway } from './paper-network.ts'

export const AGREEMENT: string = digest256('an agreement')

/** RTA consumes, DEWA provides, DHA is a third member; the branches CORE (host DDA) and MORO (host DEWA) witness. */
export interface TwoMembers {
  readonly network: PaperNetwork
  readonly rta: PaperGateway
  readonly dewa: PaperGateway
  readonly dha: PaperGateway
  readonly core: PaperBranch
  /** Stands in the house of DEWA, so it is no help against DEWA. */
  readonly moro: PaperBranch
}

export async function twoMembers(): Promise<TwoMembers> {
  const network = await PaperNetwork.create()
  const rta = newGateway('AE-DU/GOV/RTA/gw-1')
  const dewa = newGateway('AE-DU/SEMI/DEWA/gw-1')
  const dha = newGateway('AE-DU/GOV/DHA/gw-1')
  const core = newBranch('AE-DU/branch/CORE', 'AE-DU/GOV/DDA')
  const moro = newBranch('AE-DU/branch/MORO', dewa.member)
  await network.admit(core.host)
  await network.commission(core)
  for (const gateway of [rta, dewa, dha]) {
    await network.admit(gateway.member)
    await network.enrol(gateway, network.by)
  }
  await network.commission(moro)
  await network.agree(AGREEMENT, dewa, rta)
  network.witnesses = [core]
  return { network, rta, dewa, dha, core, moro }
}
