import './reflect-metadata.ts'
import { createPrivateKey, X509Certificate as VerifiedCertificate } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { Extension } from '@peculiar/x509'
import { WuslaError } from '../protocol/wusla-error.ts'
import { readCertificateRequest } from './certificate-request.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { generateSealKey, parseSealKey } from './seal-key.ts'
import type { SoftwareSealKey } from './seal-key.ts'
import { parseSpiffeUri } from './tls-identity.ts'
import { ECDSA_SHA256, importKeyPair } from './web-key.ts'

const HOUR_MS = 3_600_000
const YEAR_MS = 365.25 * 24 * HOUR_MS

/** Certificates start to be valid this long before they are made, for clocks that are behind. Unit: ms. */
export const BACKDATE_MS = 300_000

/** A certificate with its key: the network root, or the authority below it that issues to parties. */
export interface CertificateAuthority {
  readonly certificatePem: string
  readonly certificateDer: Uint8Array
  readonly key: SoftwareSealKey
}

/** A party's new certificate. */
export interface IssuedCertificate {
  readonly certificatePem: string
  /** The certificate followed by the issuing authority's: what a server or client sends. */
  readonly chainPem: string
  /** Upper-case hex. */
  readonly serialNumber: string
  readonly tlsKeyId: string
  /** Milliseconds since 1970, whole seconds. */
  readonly validUntilMs: number
}

/**
 * Makes the root of a new network: a self-signed P-256 authority, valid for 20 years. Its certificate goes into
 * the anchor; its key is needed again only for another issuing authority and can be kept away from every machine.
 */
export async function createNetworkRoot(options: {
  readonly network: string
  readonly nowMs: number
}): Promise<CertificateAuthority> {
  const key = generateSealKey()
  const keys = importKeyPair(key)
  const name = [{ CN: [`${options.network} network root`] }]
  const certificate = await X509CertificateGenerator.create({
    subject: name,
    issuer: name,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: ECDSA_SHA256,
    ...validity(options.nowMs, options.nowMs + 20 * YEAR_MS),
    extensions: [...authorityExtensions(1), await SubjectKeyIdentifierExtension.create(keys.publicKey)],
  })
  return authorityOf(certificate, key)
}

/** Makes an authority below the root, valid for 5 years, that may issue to parties and to nobody further. */
export async function createIssuingCa(options: {
  readonly network: string
  readonly root: CertificateAuthority
  readonly nowMs: number
}): Promise<CertificateAuthority> {
  const key = generateSealKey()
  const { publicKey } = importKeyPair(key)
  const rootKeys = importKeyPair(options.root.key)
  const certificate = await X509CertificateGenerator.create({
    subject: [{ CN: [`${options.network} issuing authority`] }],
    issuer: new X509Certificate(options.root.certificatePem).subjectName,
    publicKey,
    signingKey: rootKeys.privateKey,
    signingAlgorithm: ECDSA_SHA256,
    ...validity(options.nowMs, options.nowMs + 5 * YEAR_MS),
    extensions: [
      ...authorityExtensions(0),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(rootKeys.publicKey),
    ],
  })
  return authorityOf(certificate, key)
}

/**
 * Issues the certificate of a gateway, a branch or the registry.
 *
 * The name comes from the caller alone, who must have checked in the directory that the key of the request is
 * bound to that party; the request contributes its key and the proof that its sender holds it.
 *
 * @param options.spiffeId - from `spiffeUri`.
 * @param options.validityHours - 1 to 8,760; cut short at the end of the authority's own certificate.
 * @throws WuslaError `invalid_certificate_request`, `invalid_identifier`.
 */
export async function issueCertificate(options: {
  readonly ca: CertificateAuthority
  readonly csr: string
  readonly network: string
  readonly spiffeId: string
  readonly validityHours: number
  readonly nowMs: number
}): Promise<IssuedCertificate> {
  const { ca, csr, network, spiffeId, validityHours, nowMs } = options
  if (parseSpiffeUri(spiffeId, network) === undefined) throw new WuslaError('invalid_identifier')
  if (!(validityHours >= 1 && validityHours <= 8760)) throw new RangeError('validityHours is out of range')
  const { publicKeyDer, tlsKeyId } = await readCertificateRequest(csr)
  const publicKey = new PublicKey(publicKeyDer)
  const issuer = new X509Certificate(ca.certificatePem)
  const caKeys = importKeyPair(ca.key)
  const certificate = await X509CertificateGenerator.create({
    issuer: issuer.subjectName,
    publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ECDSA_SHA256,
    ...validity(nowMs, Math.min(nowMs + validityHours * HOUR_MS, issuer.notAfter.getTime())),
    extensions: [
      ...partyExtensions(spiffeId),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  })
  const certificatePem = pemOf(certificate)
  return {
    certificatePem,
    chainPem: `${certificatePem}${ca.certificatePem}`,
    serialNumber: certificate.serialNumber.toUpperCase(),
    tlsKeyId,
    validUntilMs: certificate.notAfter.getTime(),
  }
}

/**
 * Writes an authority as one PEM file, key and certificate, readable by its owner only. An existing file is never
 * replaced: a network whose root is lost cannot issue again.
 *
 * @throws WuslaError `file_exists`.
 */
export async function saveCertificateAuthority(file: string, authority: CertificateAuthority): Promise<void> {
  const pem = `${authority.key.privateKeyPem()}${authority.certificatePem}`
  await writePrivateFile(file, pem, { mode: 'create' })
}

/**
 * Reads an authority written by {@link saveCertificateAuthority}.
 *
 * @throws WuslaError `file_unreadable`, `secret_exposed`, `invalid_key`, `invalid_certificate` when the two halves
 * do not belong together.
 */
export async function loadCertificateAuthority(file: string): Promise<CertificateAuthority> {
  const pem = await readPrivateFile(file)
  const at = pem.indexOf('-----BEGIN CERTIFICATE-----')
  if (at < 0) throw new WuslaError('invalid_certificate', { details: { file } })
  const key = parseSealKey(pem.slice(0, at))
  let certificate: VerifiedCertificate
  try {
    certificate = new VerifiedCertificate(pem.slice(at))
  } catch (cause) {
    throw new WuslaError('invalid_certificate', { details: { file }, cause })
  }
  if (!certificate.ca || !certificate.checkPrivateKey(createPrivateKey(key.privateKeyPem()))) {
    throw new WuslaError('invalid_certificate', {
      details: { file },
      message: 'key and certificate do not match',
    })
  }
  return Object.freeze({ key, certificatePem: certificate.toString(), certificateDer: certificate.raw })
}

function authorityOf(certificate: X509Certificate, key: SoftwareSealKey): CertificateAuthority {
  return Object.freeze({
    key,
    certificatePem: pemOf(certificate),
    certificateDer: new Uint8Array(certificate.rawData),
  })
}

function pemOf(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}

// X.509 times have whole seconds.
function validity(nowMs: number, untilMs: number): { notBefore: Date; notAfter: Date } {
  const wholeSeconds = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000)
  return { notBefore: wholeSeconds(nowMs - BACKDATE_MS), notAfter: wholeSeconds(untilMs) }
}

function authorityExtensions(pathLength: number): Extension[] {
  return [
    new BasicConstraintsExtension(true, pathLength, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ]
}

// The subject is empty, so that the one URI is the only name there is; RFC 5280 section 4.2.1.6 then wants it
// marked critical.
function partyExtensions(spiffeId: string): Extension[] {
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
    new SubjectAlternativeNameExtension([{ type: 'url', value: spiffeId }], true),
  ]
}
