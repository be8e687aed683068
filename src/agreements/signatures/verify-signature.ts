import { createHash } from 'node:crypto'
import type { PDFRawStream } from '@cantoo/pdf-lib'
import { Certificate } from 'pkijs'
import type { SignatureFacts } from '../signed-document-result.ts'
import { certificatePath, commonName, isForSigning, isTestPath, policiesOf } from './certificate-path.ts'
import type { SecurityStore } from './check-changes.ts'
import { readCms, TIME_STAMP_TOKEN, unsignedValue, verifyCms } from './cms-signature.ts'
import { need, readOr, type StepRun } from './refusal.ts'
import { readAnswers, type RevocationMaterial, revocationOf } from './revocation.ts'
import { signedBytes, type SignedBytes } from './signed-bytes.ts'
import type { AddedSignature } from './signature-field.ts'
import { streamBytes } from './stream-bytes.ts'
import { derOf } from './strong-algorithms.ts'
import { type TrustedTime, verifyTimeStamp } from './time-stamp.ts'
import type { Update } from './revisions.ts'

/** Whom to believe, and what to insist on. */
export interface SignaturePolicy {
  readonly roots: readonly Certificate[]
  /** Policies (OIDs) of qualified certificates. Default: none, and the level is unknown. */
  readonly qualifiedPolicies?: readonly string[] | undefined
  /** Default: false. */
  readonly requireQualified?: boolean | undefined
  /** Default: false, and a missing proof is told. */
  readonly requireRevocation?: boolean | undefined
  /** Default: false. */
  readonly allowTestRoot?: boolean | undefined
}

/** The store of a document, read. */
export interface ValidationMaterial extends RevocationMaterial {
  readonly certificates: readonly Certificate[]
}

const DATA = '1.2.840.113549.1.7.1'
/** More is there only when somebody wants memory or time. All of it unpacked; unit: bytes. */
const MAX_MATERIAL_BYTES = 33_554_432
const MAX_MATERIAL_STREAMS = 256

/** The store of a document, unpacked: DER each, in the order of its lists. */
export interface UnpackedStore extends RevocationMaterial {
  readonly certificates: readonly Uint8Array<ArrayBuffer>[]
}

/**
 * Unpacks what the document carries for its own validation.
 *
 * @throws Refusal `not_pdf` when it is more than {@link MAX_MATERIAL_BYTES}, or packed in an unknown way
 */
export function unpackStore(store: SecurityStore): UnpackedStore {
  const count = store.certificates.length + store.ocsps.length + store.crls.length
  need(count <= MAX_MATERIAL_STREAMS, 'not_pdf', 'too much material for validation')
  let left = MAX_MATERIAL_BYTES
  const bytesOf = (stream: PDFRawStream): Uint8Array<ArrayBuffer> => {
    const bytes = streamBytes(stream, left)
    need(bytes !== undefined, 'not_pdf', 'material for validation is too large or cannot be unpacked')
    left -= bytes.length
    return Uint8Array.from(bytes)
  }
  const { certificates, ocsps, crls } = store
  return { certificates: certificates.map(bytesOf), ocsps: ocsps.map(bytesOf), crls: crls.map(bytesOf) }
}

/** Reads an unpacked store. A certificate that cannot be read is as if it were not there. */
export function readMaterial({ certificates, ocsps, crls }: UnpackedStore): ValidationMaterial {
  const read = certificates.flatMap((bytes) => {
    try {
      return [Certificate.fromBER(bytes)]
    } catch {
      return []
    }
  })
  return { certificates: read, ocsps, crls, answers: readAnswers(ocsps) }
}

/** A signature that holds, and what of it stays in this room: the certificate names a person and has the identity number. */
export interface VerifiedSignature {
  readonly facts: SignatureFacts
  readonly certificate: Certificate
  readonly added: AddedSignature
}

/**
 * Verifies one official's signature from its bytes to its certificate's standing at the time it was made.
 *
 * @throws Refusal with the code of the first step that fails
 */
export async function verifySignature(
  step: StepRun,
  file: Buffer,
  { update, signature }: { readonly update: Update; readonly signature: AddedSignature },
  material: ValidationMaterial,
  policy: SignaturePolicy,
): Promise<VerifiedSignature> {
  const { covered, contents } = await step('signature-range', () => signedBytes(file, update, signature))
  const cms = await step('signature-form', async () => await readCms(contents, material.certificates))
  const { certificate, info } = cms
  await step('signature-value', async () => await verifyCms(cms, covered, DATA))
  const others = [...cms.certificates, ...material.certificates]
  const stamp = await step('signature-time', async () => {
    const token = unsignedValue(info, TIME_STAMP_TOKEN)
    need(token !== undefined, 'no_time_stamp')
    const stamped = new Uint8Array(info.signature.getValue())
    return await verifyTimeStamp(token.valueBeforeDecodeView, stamped, others, policy.roots)
  })
  const path = await step('signer-path', async () => {
    need(isForSigning(certificate), 'not_for_signing')
    const found = await certificatePath(certificate, others, policy.roots, stamp.time)
    // A test authority gives anybody's name to anybody, also below a root that is none.
    need(policy.allowTestRoot === true || !(isTestPath(found) || stamp.isTest), 'test_root')
    return found
  })
  const revocation = await step('signer-revocation', async () => {
    const found = await revocationOf(path, material, stamp.time)
    need(found !== 'not_checked' || policy.requireRevocation !== true, 'revocation_unknown')
    return found
  })
  const level = await step('signer-level', () => levelOf(certificate, policy))
  const facts: SignatureFacts = {
    field: signature.field,
    ...(signature.place === undefined ? {} : { party: signature.place.member }),
    signer: commonName(certificate.subject),
    issuer: commonName(certificate.issuer),
    certificateSha256: createHash('sha256').update(derOf(certificate)).digest('hex'),
    time: stamp.time.toISOString(),
    timeAuthority: stamp.authority,
    level,
    revocation,
    coversWholeFile: update.end >= file.length - 2,
    testAuthority: isTestPath(path) || stamp.isTest,
  }
  return { facts, certificate, added: signature }
}

/** Verifies a time-stamp over the document as it stood. @throws Refusal as {@link verifySignature} */
export async function verifyArchiveTime(
  step: StepRun,
  file: Buffer,
  { update, signature }: { readonly update: Update; readonly signature: AddedSignature },
  material: ValidationMaterial,
  policy: SignaturePolicy,
): Promise<TrustedTime> {
  const { covered, contents } = await step('signature-range', (): SignedBytes =>
    signedBytes(file, update, signature),
  )
  return await step(
    'signature-time',
    async () =>
      await readOr(
        'time_stamp_invalid',
        async () => await verifyTimeStamp(contents, covered, material.certificates, policy.roots),
      ),
  )
}

function levelOf(
  certificate: Certificate,
  { qualifiedPolicies = [], requireQualified = false }: SignaturePolicy,
): SignatureFacts['level'] {
  const isQualified = policiesOf(certificate).some((policy) => qualifiedPolicies.includes(policy))
  need(isQualified || !requireQualified, 'level_too_low')
  if (isQualified) return 'qualified'
  return qualifiedPolicies.length === 0 ? 'unknown' : 'not_qualified'
}
