import '../../../src/trust/reflect-metadata.ts'
import { X509Certificate, X509CrlGenerator } from '@peculiar/x509'
import type { Revocations } from './answer-status.ts'
import { signingKeyOf, type KeyedCertificate } from './issue-certificate.ts'

/** A list is repeated this long. Unit: ms. */
const VALID_MS = 3_600_000

/** The certificate revocation list of an authority, DER. */
export async function revocationList(
  authority: KeyedCertificate,
  revoked: Revocations,
  now: Date,
): Promise<Uint8Array<ArrayBuffer>> {
  const list = await X509CrlGenerator.create({
    issuer: new X509Certificate(authority.certificate).subjectName,
    thisUpdate: now,
    nextUpdate: new Date(now.getTime() + VALID_MS),
    signingAlgorithm: { name: 'RSASSA-PKCS1-v1_5' },
    signingKey: await signingKeyOf(authority),
    entries: [...revoked].map(([serialNumber, revocationDate]) => ({ serialNumber, revocationDate })),
  })
  return new Uint8Array(list.rawData)
}
