import type { Agreement } from '../../agreements/agreement.ts'
import type { Directory } from '../../directory/directory.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'

/**
 * Whether the agreement whose place the content takes is there to give it up. The directory judges it again when the content
 * takes effect; by then officials have signed, so it is said before they do. A network without a signing policy never
 * judged it.
 *
 * @throws WuslaError `invalid_agreement`
 */
export function assertSuccession(directory: Directory, { supersedes, parties }: Agreement): void {
  if (supersedes === undefined || directory.signingPolicy() === undefined) return
  const record = directory.agreement(supersedes)
  const isTheirs = record !== undefined && parties.every(({ member }) => record.parties.includes(member))
  if (!isTheirs) throw refused('must be an agreement of the same two parties')
  if (record.status === 'revoked') throw refused('was revoked')
  if (record.superseded !== undefined) throw refused('was superseded by another agreement')
}

function refused(problem: string): WuslaError {
  return new WuslaError('invalid_agreement', { details: { problems: [{ path: '/supersedes', problem }] } })
}
