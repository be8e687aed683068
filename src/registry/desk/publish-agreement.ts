import type { Json } from '../../protocol/canonical-json.ts'
import type { DeskParts } from './desk-parts.ts'
import { type FiledAgreement, partiesOf } from './filed-agreement.ts'

/**
 * Publishes an agreement that both parties have signed, or accepted with their seals, and does nothing when it is published
 * or not complete. What it publishes must be durable here before.
 *
 * @throws WuslaError `change_refused` when the directory does not take it, such as for a party that is suspended
 */
export async function publishIfComplete(
  { directory, publisher }: DeskParts,
  filed: FiledAgreement,
): Promise<void> {
  const { hash, content, acceptances, closed } = filed
  if (directory.agreement(hash) !== undefined || closed !== undefined) return
  const parties = partiesOf(filed)
  const signed = signedPart(filed, parties)
  if (signed === undefined || parties.some((member) => acceptances[member] === undefined)) return
  await publisher.publishOwn('agreement_effective', {
    agreement: hash,
    parties,
    validFrom: content.validFrom,
    validUntil: content.validUntil,
    acceptances: parties.map((member) => String(acceptances[member])),
    ...signed,
  })
}

/** What officials' signatures add to the change; nothing when there are none, undefined while one party's are missing. */
function signedPart(
  { content, signed = {}, revision }: FiledAgreement,
  parties: readonly string[],
): Readonly<Record<string, Json>> | undefined {
  if (revision === undefined) return {}
  const signedUnder = parties.map((member) => signed[member]?.signers.map(({ mandate }) => mandate) ?? [])
  if (signedUnder.some((mandates) => mandates.length === 0)) return undefined
  const { supersedes } = content
  return { document: revision, signedUnder, ...(supersedes === undefined ? {} : { supersedes }) }
}
