/** The namespace of the provider's SOAP bodies. */
const DSS = 'http://www.docs.oasis-open.org/dss/2004/06/oasis-dss-1.0-core-schema-wd-27.xsd'
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'

const MAJOR = 'urn:oasis:names:tc:dss:1.0:resultmajor'
const MINOR = 'urn:oasis:names:tc:dss:1.0:resultminor'

/** How a request ended: the codes of OASIS DSS 1.0, section 2.6. */
export type Outcome =
  | { readonly kind: 'success' }
  | { readonly kind: 'valid' }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'not-determined'; readonly message: string }
  | { readonly kind: 'requester-error'; readonly message: string }
  | { readonly kind: 'responder-error'; readonly message: string }

const CODES: Readonly<Record<Outcome['kind'], readonly [major: string, minor?: string]>> = {
  success: ['Success'],
  valid: ['Success', 'valid:signature:OnAllDocuments'],
  invalid: ['Success', 'invalid:IncorrectSignature'],
  'not-determined': ['InsufficientInformation', 'CertificateChainNotComplete'],
  'requester-error': ['RequesterError', 'NotParseableXMLDocument'],
  'responder-error': ['ResponderError', 'GeneralError'],
}

/** The answer to a SignRequest or VerifyRequest. @param inside - XML that stands behind the result */
export function responseXml(kind: 'Sign' | 'Verify', outcome: Outcome, inside = ''): string {
  const [major, minor] = CODES[outcome.kind]
  const minorXml = minor === undefined ? '' : `<dss:ResultMinor>${MINOR}:${minor}</dss:ResultMinor>`
  const message =
    'message' in outcome
      ? `<dss:ResultMessage xml:lang="en">${escapeXml(outcome.message)}</dss:ResultMessage>`
      : ''
  return `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="${SOAP}"><soapenv:Body><dss:${kind}Response xmlns:dss="${DSS}"><dss:Result><dss:ResultMajor>${MAJOR}:${major}</dss:ResultMajor>${minorXml}${message}</dss:Result>${inside}</dss:${kind}Response></soapenv:Body></soapenv:Envelope>
`
}

/** A fault of the SOAP layer: who called is not known, or this is no request. */
export function faultXml(code: 'Client' | 'Server', message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="${SOAP}"><soapenv:Body><soapenv:Fault><faultcode>soapenv:${code}</faultcode><faultstring>${escapeXml(message)}</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>
`
}

/** Where a signed or completed PDF stands in an answer. */
export function documentXml(pdf: Uint8Array): string {
  return `<dss:OptionalOutputs><dss:DocumentWithSignature><dss:XMLData><dss:Base64Data MimeType="application/pdf">${Buffer.from(pdf).toString('base64')}</dss:Base64Data></dss:XMLData></dss:DocumentWithSignature></dss:OptionalOutputs>`
}

/** Where a CAdES signature stands. */
export function signatureXml(cms: Uint8Array): string {
  return `<dss:SignatureObject><dss:Base64Signature Type="urn:etsi:ts:101733">${Buffer.from(cms).toString('base64')}</dss:Base64Signature></dss:SignatureObject>`
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
