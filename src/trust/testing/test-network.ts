import '../reflect-metadata.ts'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { Extension, JsonGeneralNames } from '@peculiar/x509'
import { createIssuingCa, createNetworkRoot, issueCertificate } from '../certificate-authority.ts'
import type { CertificateAuthority } from '../certificate-authority.ts'
import { createCertificateRequest } from '../certificate-request.ts'
import { generateSealKey } from '../seal-key.ts'
import type { SoftwareSealKey } from '../seal-key.ts'
import type { TlsCredentials } from '../tls-context.ts'
import { spiffeUri } from '../tls-identity.ts'
import { ECDSA_SHA256, importKeyPair } from '../web-key.ts'

const HOUR_MS = 3_600_000
const BOTH = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']

/** A network with its authorities, honest and not. */
export interface TestNetwork {
  readonly root: CertificateAuthority
  readonly ca: CertificateAuthority
  /** Credentials as a party gets them. */
  enrol(id: string, nowMs?: number): Promise<TlsCredentials & { readonly key: SoftwareSealKey }>
  /** A certificate such as a broken or dishonest authority might issue. */
  forge(
    names: JsonGeneralNames,
    change?: Forgery,
  ): Promise<TlsCredentials & { readonly key: SoftwareSealKey }>
}

interface Forgery {
  readonly usages?: readonly string[]
  readonly isCa?: boolean
  readonly by?: CertificateAuthority | 'itself'
}

export async function createTestNetwork(network: string): Promise<TestNetwork> {
  const root = await createNetworkRoot({ network, nowMs: Date.now() })
  const ca = await createIssuingCa({ network, root, nowMs: Date.now() })
  const show = (key: SoftwareSealKey, certificateChainPem: string) => ({
    key,
    privateKeyPem: key.privateKeyPem(),
    certificateChainPem,
    rootCertificatePem: root.certificatePem,
  })
  return {
    root,
    ca,
    async enrol(id, nowMs = Date.now()) {
      const key = generateSealKey()
      const csr = await createCertificateRequest(key)
      const spiffeId = spiffeUri(network, id)
      const issued = await issueCertificate({ ca, csr, network, spiffeId, validityHours: 96, nowMs })
      return show(key, issued.chainPem)
    },
    async forge(names, { by = ca, ...change } = {}) {
      const key = generateSealKey()
      const above = by === 'itself' ? '' : by.certificatePem
      return show(key, `${await forgedPem(key, names, { by, ...change })}\n${above}`)
    },
  }
}

async function forgedPem(
  key: SoftwareSealKey,
  names: JsonGeneralNames,
  { usages = BOTH, isCa = false, by = 'itself' }: Forgery,
): Promise<string> {
  const issuerKeys = importKeyPair(by === 'itself' ? key : by.key)
  const extensions: Extension[] = [
    new BasicConstraintsExtension(isCa, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature | (isCa ? KeyUsageFlags.keyCertSign : 0), true),
    await AuthorityKeyIdentifierExtension.create(issuerKeys.publicKey),
  ]
  if (usages.length > 0) extensions.push(new ExtendedKeyUsageExtension([...usages]))
  if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension(names))
  const name = `CN=forged ${key.keyId.replaceAll(/\W/g, '')}`
  const certificate = await X509CertificateGenerator.create({
    subject: name,
    issuer: by === 'itself' ? name : new X509Certificate(by.certificatePem).subjectName,
    publicKey: new PublicKey(key.publicKeyDer),
    signingKey: issuerKeys.privateKey,
    signingAlgorithm: ECDSA_SHA256,
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + HOUR_MS),
    extensions,
  })
  return certificate.toString('pem')
}
