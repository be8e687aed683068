import { verifyAcceptance } from '../../agreements/acceptance.ts'
import type { Directory } from '../../directory/directory.ts'
import { formatTime } from '../../protocol/clock.ts'
import { digest256 } from '../../protocol/digest.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { MAX_DOCUMENT_BYTES } from './desk-limits.ts'
import type { Signer } from './filed-agreement.ts'

/** A revision that officials of one party signed, as its gateway uploads it. */
export interface SignedUpload {
  readonly document: Uint8Array
  readonly acceptance: string
  readonly signers: readonly Signer[]
}

const PDF_HEADER = Buffer.from('%PDF-', 'latin1')

/**
 * Whether an upload goes on from the present revision, byte for byte. This is what keeps two officials who signed the same
 * revision from wiping out each other's signature, whatever became of the lease.
 *
 * @param present - the newest signed revision; undefined: nobody has signed
 * @throws WuslaError `request_too_large`, `document_not_extended`
 */
export function assertExtends(document: Uint8Array, present: Uint8Array | undefined): void {
  if (document.length > MAX_DOCUMENT_BYTES) throw new WuslaError('request_too_large')
  const before = present ?? PDF_HEADER
  const start = document.subarray(0, before.length)
  if (document.length > before.length && Buffer.compare(start, before) === 0) return
  throw new WuslaError('document_not_extended')
}

/**
 * Whether the member's seal stands for exactly this revision and these mandates. Whether the signatures in the document are
 * good is judged by the gateways of both parties: the registry believes no document, and publishes what both sealed.
 *
 * @throws WuslaError `invalid_signature`
 */
export function assertSealed(
  upload: SignedUpload,
  wanted: { readonly hash: string; readonly member: string; readonly directory: Directory },
): void {
  const { hash, member, directory } = wanted
  const { document, mandates } = verifyAcceptance(upload.acceptance, {
    agreement: hash,
    member,
    resolveKey: (kid) => {
      const key = directory.activeSealKey(kid)
      return key?.member === member ? key.verifier : undefined
    },
  })
  const named = upload.signers.map(({ mandate }) => mandate)
  const isSame = mandates?.length === named.length && named.every((mandate, at) => mandates[at] === mandate)
  if (document !== digest256(upload.document)) throw notSealed('document')
  if (!isSame) throw notSealed('mandates')
}

/**
 * Whether the directory holds each mandate as valid now and of this member.
 *
 * @throws WuslaError `mandate_not_valid`, `invalid_request` when a mandate or field is named twice
 */
export function assertMandates(
  signers: readonly Signer[],
  wanted: { readonly member: string; readonly directory: Directory; readonly nowMs: number },
): void {
  const { member, directory, nowMs } = wanted
  for (const each of ['mandate', 'field'] as const) {
    if (new Set(signers.map((signer) => signer[each])).size === signers.length) continue
    throw new WuslaError('invalid_request', {
      details: { problems: [`/signers: the same ${each} twice`] },
    })
  }
  for (const { mandate } of signers) {
    const found = directory.mandateAt(mandate, formatTime(nowMs))
    if (found.standing === 'valid' && found.record.member === member) continue
    // The mandate of another member is as good as none: whose it is can be read in the directory.
    const standing = found.standing === 'valid' ? 'of_another' : found.standing
    throw new WuslaError('mandate_not_valid', { details: { mandate, standing } })
  }
}

function notSealed(step: string): WuslaError {
  return new WuslaError('invalid_signature', { details: { step } })
}
