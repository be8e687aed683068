import { fromBER } from 'asn1js'
import { Certificate, ContentInfo, IssuerAndSerialNumber, SignedData } from 'pkijs'
import { identityNumber } from '../agreements/identity-number.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { HiddenText } from './hidden-text.ts'

/** id-signedData (RFC 5652 5.1). */
const SIGNED_DATA = '1.2.840.113549.1.7.2'

/**
 * The identity number in the certificate of whoever made a CMS signature. It is read, not verified: that the signature and the
 * chain hold is somebody else's check. Works on BER with indefinite lengths and on the zeros that fill a signature's place.
 *
 * @param cms - content of a PDF signature's `/Contents`
 * @throws WuslaError `signer_unreadable`
 */
export function readSignerNumber(cms: Uint8Array): HiddenText {
  const number = identityNumber(signerCertificate(cms))
  if (number === undefined) throw unreadable('subject')
  return new HiddenText(number)
}

function signerCertificate(cms: Uint8Array): Certificate {
  const signedData = parsed(cms)
  const [info, ...more] = signedData.signerInfos
  if (info === undefined || more.length > 0) throw unreadable('signers')
  const { sid } = info
  if (!(sid instanceof IssuerAndSerialNumber)) throw unreadable('signer identifier')
  const certificates = (signedData.certificates ?? []).filter((item) => item instanceof Certificate)
  const [found, ...others] = certificates.filter(
    (one) => one.serialNumber.isEqual(sid.serialNumber) && one.issuer.isEqual(sid.issuer),
  )
  if (found === undefined || others.length > 0) throw unreadable('certificate')
  return found
}

function parsed(cms: Uint8Array): SignedData {
  try {
    const { result, offset } = fromBER(Uint8Array.from(cms).buffer)
    if (offset === -1) throw unreadable('encoding')
    const content = new ContentInfo({ schema: result })
    if (content.contentType !== SIGNED_DATA) throw unreadable('content type')
    return new SignedData({ schema: content.content })
  } catch (error) {
    if (error instanceof WuslaError) throw error
    // The parser's errors hold what it read, and that is the certificate of a person.
    throw unreadable('encoding')
  }
}

function unreadable(part: string): WuslaError {
  return new WuslaError('signer_unreadable', { details: { part } })
}
