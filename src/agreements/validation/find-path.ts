import { Certificate, ContentInfo, SignedData } from 'pkijs'
import { certificatePath } from '../signatures/certificate-path.ts'
import { Refusal } from '../signatures/refusal.ts'
import { isSameCertificate } from '../signatures/strong-algorithms.ts'
import type { AuthorityLine } from './authority-line.ts'
import { namedAddresses } from './named-addresses.ts'

const MAX_CERTIFICATE_BYTES = 65_536
/** Authorities that are fetched for one path. Real paths need one or two. */
const MAX_FETCHED = 4
const MAX_CLIMB = 16

/**
 * The path from a certificate to one of the roots, leaf first. Where an issuer is not at hand, it is fetched from the address that the
 * certificate names; what comes counts only if it did sign that certificate.
 *
 * @param known - certificates at hand
 * @throws Refusal `certificate_path`, `weak_algorithm`
 */
export async function findPath(
  leaf: Certificate,
  known: readonly Certificate[],
  roots: readonly Certificate[],
  at: Date,
  line: AuthorityLine,
): Promise<readonly Certificate[]> {
  const all = [...known]
  for (let fetched = 0; ; fetched += 1) {
    try {
      return await certificatePath(leaf, all, roots, at)
    } catch (cause) {
      if (!(cause instanceof Refusal) || cause.code !== 'certificate_path' || fetched === MAX_FETCHED)
        throw cause
      const orphan = await firstWithoutIssuer(leaf, all, roots)
      const issuer = orphan === undefined ? undefined : await fetchIssuer(orphan, line)
      if (issuer === undefined) throw cause
      all.push(issuer)
    }
  }
}

/** Climbs as far as it can. Undefined when nobody is missing: the path is refused for another reason. */
async function firstWithoutIssuer(
  leaf: Certificate,
  known: readonly Certificate[],
  roots: readonly Certificate[],
): Promise<Certificate | undefined> {
  let at = leaf
  for (let climbed = 0; climbed < MAX_CLIMB; climbed += 1) {
    if (await issuerAmong(at, [...roots, at])) return undefined
    const issuer = await issuerAmong(at, known)
    if (issuer === undefined) return at
    at = issuer
  }
  return undefined
}

async function issuerAmong(
  certificate: Certificate,
  candidates: readonly Certificate[],
): Promise<Certificate | undefined> {
  for (const candidate of candidates) if (await isIssuedBy(certificate, candidate)) return candidate
  return undefined
}

async function isIssuedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  if (!issuer.subject.isEqual(certificate.issuer)) return false
  try {
    return await certificate.verify(issuer)
  } catch {
    // A key or an algorithm that the library does not know signed nothing that counts here.
    return false
  }
}

async function fetchIssuer(certificate: Certificate, line: AuthorityLine): Promise<Certificate | undefined> {
  for (const address of namedAddresses(certificate).issuers) {
    const answer = await line.ask(address, MAX_CERTIFICATE_BYTES)
    const issuer = answer.ok ? await issuerAmong(certificate, certificatesIn(answer.bytes)) : undefined
    if (issuer !== undefined && !isSameCertificate(issuer, certificate)) return issuer
  }
  return undefined
}

/** One certificate, or a CMS that carries some (RFC 5280, 4.2.2.1). None when it is neither. */
function certificatesIn(bytes: Uint8Array<ArrayBuffer>): readonly Certificate[] {
  try {
    return [Certificate.fromBER(bytes)]
  } catch {
    try {
      const data = new SignedData({ schema: ContentInfo.fromBER(bytes).content as unknown })
      return (data.certificates ?? []).filter((each) => each instanceof Certificate).slice(0, MAX_CLIMB)
    } catch {
      return []
    }
  }
}
