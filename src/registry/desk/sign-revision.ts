import { formatTime } from '../../protocol/clock.ts'
import { digest256 } from '../../protocol/digest.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { assertSuccession } from './assert-succession.ts'
import { assertOpen, type DeskParts, filedOf, isUnfinished, nowOf } from './desk-parts.ts'
import type { FiledAgreement } from './filed-agreement.ts'
import { publishIfComplete } from './publish-agreement.ts'
import { assertExtends, assertMandates, assertSealed, type SignedUpload } from './signing-checks.ts'

/** The content is final from here on: no counter-proposal is needed to sign it, and it may be signed or refused. */
export async function freezeDraft(parts: DeskParts, filed: FiledAgreement): Promise<void> {
  assertOpen(parts, filed)
  if (filed.frozenAt === undefined) await parts.records.save({ ...filed, frozenAt: nowOf(parts) })
}

/** Gives this party the right to sign next. Freezes the content. */
export async function takeLease(
  parts: DeskParts,
  hash: string,
  member: string,
): Promise<{ leaseUntil: string; document: string | null }> {
  const { directory, leases, clock } = parts
  const filed = filedOf(parts, hash, member)
  if (filed.signed?.[member] !== undefined) throw new WuslaError('already_signed')
  assertOpen(parts, filed)
  if (!isUnfinished(parts, filed, nowOf(parts))) {
    throw new WuslaError('conflict', {
      message: 'The validity of the agreement has passed: nobody signs what never counts.',
      details: { validUntil: filed.content.validUntil },
    })
  }
  if (directory.signingPolicy() === undefined) {
    throw new WuslaError('conflict', {
      message: 'This network has no signing policy: the agreement is accepted by the seals of both members.',
    })
  }
  assertSuccession(directory, filed.content)
  leases.assertNotOthers(hash, member, clock.nowMs())
  await freezeDraft(parts, filed)
  return { leaseUntil: leases.take(hash, member, clock.nowMs()), document: filed.revision ?? null }
}

/**
 * Takes the revision that officials of this party signed, and publishes the agreement when both parties have. A revision that
 * was taken before is not taken again, but published if it was not: the answer may have been lost, or the directory refused.
 */
export async function takeRevision(
  parts: DeskParts,
  hash: string,
  member: string,
  upload: SignedUpload,
): Promise<void> {
  const filed = filedOf(parts, hash, member)
  const revision = digest256(upload.document)
  const own = filed.signed?.[member]
  if (own !== undefined && own.document !== revision) throw new WuslaError('already_signed')
  const signed =
    own === undefined
      ? await storeRevision(parts, filed, member, upload, revision)
      : await storeSeal(parts, filed, member, { ...upload, signers: own.signers })
  await publishIfComplete(parts, signed)
}

/** The seal over a revision that lies here, anew: the key of the one before may have been replaced since. */
async function storeSeal(
  parts: DeskParts,
  filed: FiledAgreement,
  member: string,
  upload: SignedUpload,
): Promise<FiledAgreement> {
  const { acceptance } = upload
  if (filed.acceptances[member] === acceptance) return filed
  assertSealed(upload, { hash: filed.hash, member, directory: parts.directory })
  const next = { ...filed, acceptances: { ...filed.acceptances, [member]: acceptance } }
  await parts.records.save(next)
  return next
}

async function storeRevision(
  parts: DeskParts,
  filed: FiledAgreement,
  member: string,
  upload: SignedUpload,
  revision: string,
): Promise<FiledAgreement> {
  const { directory, leases, records, clock } = parts
  const { hash } = filed
  const nowMs = clock.nowMs()
  assertOpen(parts, filed)
  leases.assertHolds(hash, member, nowMs)
  assertExtends(upload.document, await records.readDocument(filed))
  assertSealed(upload, { hash, member, directory })
  assertMandates(upload.signers, { member, directory, nowMs })
  const own = { signers: upload.signers, document: revision, at: formatTime(nowMs) }
  const next = {
    ...filed,
    revision,
    revisionBytes: upload.document.length,
    signed: { ...filed.signed, [member]: own },
    acceptances: { ...filed.acceptances, [member]: upload.acceptance },
  }
  // Durable before it is published: what is in force must be readable by its parties for ever.
  await records.saveWithDocument(next, upload.document)
  leases.release(hash, member)
  return next
}
