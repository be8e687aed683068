import { exchangeTime } from '../../protocol/exchange-id.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { EvidenceParts } from '../store/evidence-parts.ts'

/** Why there is nothing to export of an exchange: it was erased, its retention ended, or it was never here. */
export async function whyMissing(
  { index, ledger }: Pick<EvidenceParts, 'index' | 'ledger'>,
  exchange: string,
): Promise<WuslaError> {
  const [row] = (await index.query({ exchange })).rows
  if (row !== undefined) return new WuslaError('evidence_erased', { details: { exchange } })
  const [oldest] = ledger.firstRecord > 0 ? await ledger.segments() : []
  const isPast = oldest !== undefined && exchangeTime(exchange) < oldest.createdMs
  return new WuslaError(isPast ? 'evidence_erased' : 'exchange_not_found', { details: { exchange } })
}
