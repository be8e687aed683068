import { Certificate } from 'pkijs'
import { WuslaError } from '../protocol/wusla-error.ts'
import { isTestPath } from './signatures/certificate-path.ts'

/**
 * Whether a root calls itself one for tests, by the rule of `docs/spec/agreement-document.md`, 4.3.
 *
 * @param der - the certificate in DER
 * @throws WuslaError `invalid_request` when it is no certificate
 */
export function isTestAuthority(der: Uint8Array): boolean {
  let root: Certificate
  try {
    root = Certificate.fromBER(Uint8Array.from(der).buffer)
  } catch (cause) {
    throw new WuslaError('invalid_request', {
      message: 'A root is no certificate in DER.',
      details: { problems: ['/roots: must be certificates in DER, base64url'] },
      cause,
    })
  }
  // The rule looks at the authorities of a path, which come after the certificate of a person.
  return isTestPath([root, root])
}
