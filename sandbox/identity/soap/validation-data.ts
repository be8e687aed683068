import * as asn1js from 'asn1js'
import { Certificate, OCSPRequest } from 'pkijs'
import { answerStatus, type Revocations } from '../authority/answer-status.ts'
import type { KeyedCertificate } from '../authority/keyed-certificate.ts'
import { revocationList } from '../authority/revocation-list.ts'
import type { TestAuthority } from '../authority/test-authority.ts'
import type { ValidationData, VerifiedSignature } from '../documents/document-job.ts'

/** Everything that a later verification of these signatures needs: the chains, their status now, and both revocation lists. */
export async function collectValidation(
  signatures: readonly VerifiedSignature[],
  authority: TestAuthority,
  revoked: Revocations,
  now: Date,
): Promise<ValidationData> {
  const signers = [...new Set(signatures.map(({ certificate }) => certificate))]
  const { root, issuing, timeStamp, ocsp } = authority
  const asked = [...signers.map(bytesOf), timeStamp.certificate]
  const statusAnswers = []
  for (const certificate of asked) {
    const request = await statusRequest(certificate, issuing)
    statusAnswers.push(base64(await answerStatus(request, authority, revoked, now)))
  }
  const revocationLists = [
    base64(await revocationList(issuing, revoked, now)),
    base64(await revocationList(root, new Map(), now)),
  ]
  const own = [issuing, root, timeStamp, ocsp].map(({ certificate }) => base64(certificate))
  return { certificates: [...signers, ...own], statusAnswers, revocationLists }
}

async function statusRequest(
  certificate: Uint8Array<ArrayBuffer>,
  issuer: KeyedCertificate,
): Promise<Uint8Array<ArrayBuffer>> {
  const request = new OCSPRequest()
  await request.createForCertificate(new Certificate({ schema: asn1js.fromBER(certificate).result }), {
    hashAlgorithm: 'SHA-1',
    issuerCertificate: Certificate.fromBER(issuer.certificate),
  })
  return new Uint8Array(request.toSchema(true).toBER())
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, 'base64'))
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
