import { generateNoteKey } from '../../trust/note-key.ts'
import { generateSealKey } from '../../trust/seal-key.ts'
import { publicKeyOf } from './scripted-network.ts'
import { DEWA, type Started } from './two-members.ts'

/** Commissions a branch that nobody runs, hosted by DEWA. */
export async function commissionBranch(
  { script, add }: Pick<Started, 'script' | 'add'>,
  branch: string,
  className?: string,
): Promise<void> {
  const tls = generateSealKey()
  const facts = {
    branch,
    host: DEWA,
    controlAddress: '127.0.0.1:1',
    tunnelAddress: '127.0.0.1:2',
    mirrorUrl: 'http://127.0.0.1:3',
    tlsKey: publicKeyOf(tls),
    witnessKey: generateNoteKey(`wusla/${branch}`, 'cosignature').vkey,
    ...(className === undefined ? {} : { class: className }),
  }
  add(await script.entry('branch_commissioned', facts, script.byRegistry, [branch, tls]))
}
