import { ContentInfo } from 'pkijs'
import type { KeyedCertificate } from '../authority/keyed-certificate.ts'
import type { DocumentJob, SignerText } from './document-job.ts'
import { stampSignature } from './request-time-stamp.ts'
import { encodeBer, signData } from './signed-data.ts'

/** A CAdES signature around bytes, with a time-stamp. */
export async function sealBytes(
  job: Extract<DocumentJob, { kind: 'seal-bytes' }>,
): Promise<Uint8Array<ArrayBuffer>> {
  const signed = await signData({
    content: bytesOf(job.content),
    place: 'inside',
    contentType: ContentInfo.DATA,
    signer: signerOf(job.signer),
    chain: [],
  })
  await stampSignature(signed, job.timeStampUrl)
  return encodeBer(signed)
}

export function signerOf({ certificate, key }: SignerText): KeyedCertificate {
  return { certificate: bytesOf(certificate), key: bytesOf(key) }
}

/** In memory of their own: WebCrypto and ASN.1 take the buffer behind the bytes. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(base64, 'base64'))
}
