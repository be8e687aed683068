import { type Certificate, TSTInfo } from 'pkijs'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { type CmsSignature, readCms, TIME_STAMP_TOKEN, unsignedValue } from '../signatures/cms-signature.ts'
import { need, readOr, Refusal } from '../signatures/refusal.ts'
import { type RevocationMaterial, standingOf } from '../signatures/revocation.ts'
import { derOf, isSameCertificate } from '../signatures/strong-algorithms.ts'
import type { SignatureMaterial } from './append-store.ts'
import { askStatus } from './ask-status.ts'
import type { AuthorityLine } from './authority-line.ts'
import { findPath } from './find-path.ts'
import type { PresentSignature } from './signed-pdf.ts'

/** What was found so far: for every signature together, so that nothing is asked twice. */
export interface Gathered {
  readonly roots: readonly Certificate[]
  readonly line: AuthorityLine
  readonly nowMs: number
  readonly certificates: Certificate[]
  readonly ocsps: Uint8Array[]
  readonly crls: Uint8Array[]
}

/** A certificate that has to have been good at a time. */
interface Leaf {
  readonly of: 'signer' | 'time_stamp'
  readonly certificate: Certificate
  readonly at: Date
}

/**
 * Finds what a signature and its time-stamp need, from what the document carries and from who is asked.
 *
 * @throws WuslaError `certificate_revoked`, `revocation_unavailable`
 */
export async function materialFor(
  signature: PresentSignature,
  gathered: Gathered,
): Promise<SignatureMaterial> {
  const { field, contents } = signature
  const leaves = await leavesOf(signature, gathered)
  const found = {
    certificates: new Set<Certificate>(),
    ocsps: new Set<Uint8Array>(),
    crls: new Set<Uint8Array>(),
  }
  for (const leaf of leaves) {
    const where = { field, of: leaf.of }
    const path = await pathOf(leaf, where, gathered)
    for (const [depth, certificate] of path.slice(0, -1).entries()) {
      const issuer = path[depth + 1]
      if (issuer === undefined || isSameCertificate(issuer, certificate)) continue
      await needStatus(certificate, issuer, leaf.at, { ...where, depth }, gathered)
      found.certificates.add(certificate)
      for (const each of gathered.ocsps)
        if (await speaks({ ocsps: [each], crls: [] }, certificate, issuer, leaf.at)) found.ocsps.add(each)
      for (const each of gathered.crls)
        if (await speaks({ ocsps: [], crls: [each] }, certificate, issuer, leaf.at)) found.crls.add(each)
    }
  }
  return {
    contents,
    certificates: [...found.certificates].map(derOf),
    ocsps: [...found.ocsps],
    crls: [...found.crls],
  }
}

/** The certificate of the signer and that of the time-stamping authority; of a time-stamp over the document, that alone. */
async function leavesOf(
  { field, contents, isArchiveTime }: PresentSignature,
  gathered: Gathered,
): Promise<readonly Leaf[]> {
  try {
    const cms = await readCms(contents, gathered.certificates)
    const token = isArchiveTime ? undefined : unsignedValue(cms.info, TIME_STAMP_TOKEN)
    need(isArchiveTime || token !== undefined, 'no_time_stamp')
    const beside = [...gathered.certificates, ...cms.certificates]
    const stamp = token === undefined ? cms : await readCms(token.valueBeforeDecodeView, beside)
    keep(gathered, [...cms.certificates, ...stamp.certificates])
    const at = await timeOf(stamp)
    const authority: Leaf = { of: 'time_stamp', certificate: stamp.certificate, at }
    return token === undefined ? [authority] : [{ of: 'signer', certificate: cms.certificate, at }, authority]
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    throw unavailable({ field, reason: cause.code })
  }
}

function keep({ certificates }: Gathered, more: readonly Certificate[]): void {
  for (const each of more)
    if (!certificates.some((known) => isSameCertificate(known, each))) certificates.push(each)
}

async function timeOf({ data }: CmsSignature): Promise<Date> {
  const content = data.encapContentInfo.eContent?.getValue()
  need(content !== undefined, 'time_stamp_invalid')
  return (await readOr('time_stamp_invalid', () => TSTInfo.fromBER(content))).genTime
}

async function pathOf(leaf: Leaf, where: object, gathered: Gathered): Promise<readonly Certificate[]> {
  const { certificates, roots, line } = gathered
  try {
    const path = await findPath(leaf.certificate, certificates, roots, leaf.at, line)
    keep(gathered, path)
    return path
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    throw unavailable({ ...where, reason: cause.code })
  }
}

async function needStatus(
  certificate: Certificate,
  issuer: Certificate,
  at: Date,
  where: object,
  gathered: Gathered,
): Promise<void> {
  try {
    if ((await standingOf(certificate, issuer, gathered, at)) !== 'not_checked') return
    const status = await askStatus(certificate, issuer, at, gathered.nowMs, gathered.line)
    if (!status.ok) {
      const reason = status.tried.length === 0 ? 'no_address' : 'no_answer'
      throw unavailable({ ...where, reason, tried: status.tried })
    }
    gathered.ocsps.push(...status.material.ocsps)
    gathered.crls.push(...status.material.crls)
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    throw new WuslaError('certificate_revoked', { details: { ...where } })
  }
}

async function speaks(
  material: RevocationMaterial,
  certificate: Certificate,
  issuer: Certificate,
  at: Date,
): Promise<boolean> {
  return (await standingOf(certificate, issuer, material, at)) !== 'not_checked'
}

/** The error for material that nobody gave. */
export function unavailable(details: Readonly<Record<string, unknown>>): WuslaError {
  return new WuslaError('revocation_unavailable', { details })
}
