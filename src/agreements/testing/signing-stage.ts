import assert from 'node:assert/strict'
import type { Certificate } from 'pkijs'
import type { Agreement } from '../agreement.ts'
import { builtInTemplate } from '../document-template.ts'
import { type TypesetAgreement, typesetAgreement } from '../render-agreement.ts'
import type { DocumentFacts } from '../signed-document-result.ts'
import { verifyAgreementPdf, type VerifyDocumentOptions } from '../verify-agreement-pdf.ts'
import { signPdf, type SignatureWish } from './append-update.ts'
import { draft } from './draft-agreement.ts'
import { type CertificateAddresses, type KeyHolder, makeCertificate } from './signing-authority.ts'

/** An agreement ready to be signed, and everybody a signature takes. Made once for many tests: keys and typesetting take time. */
export interface SigningStage {
  readonly content: Agreement
  readonly document: TypesetAgreement
  readonly root: KeyHolder
  readonly issuer: KeyHolder
  readonly timeAuthority: KeyHolder
  readonly officials: readonly [KeyHolder, KeyHolder]
}

/** The policy under which officials of the stage have their certificates. */
export const QUALIFIED = '2.16.784.1.2.3'

/** Of the officials of the stage. */
export const NUMBERS = ['784199012345671', '784198545678902'] as const

/**
 * @param addresses - what certificates of the root and of the issuer name. Default: nothing
 * @param rootName - common name of the root of everybody
 */
export async function setStage(
  addresses?: {
    readonly root: CertificateAddresses
    readonly issuer: CertificateAddresses
  },
  rootName = 'Example Root',
): Promise<SigningStage> {
  const content = draft({ validUntil: '2099-01-01T00:00:00.000Z' })
  const root = await makeCertificate({ name: rootName, kind: 'authority' })
  const below = { issuer: root, addresses: addresses?.root }
  const issuer = await makeCertificate({ name: 'Example Issuer', kind: 'authority', ...below })
  const official = async (name: string, number: string): Promise<KeyHolder> =>
    await makeCertificate({
      name,
      kind: 'official',
      issuer,
      policies: [QUALIFIED],
      identityNumbers: [number],
      addresses: addresses?.issuer,
    })
  return {
    content,
    document: await typesetAgreement(content, await builtInTemplate('service')),
    root,
    issuer,
    timeAuthority: await makeCertificate({ name: 'Example Time', kind: 'time', ...below }),
    officials: [await official('Mariam of DEWA', NUMBERS[0]), await official('Khalid of RTA', NUMBERS[1])],
  }
}

/** Signs in the place of a party, unless wished otherwise. */
export async function signAs(
  stage: SigningStage,
  party: 0 | 1,
  pdf: Uint8Array,
  wish: Partial<SignatureWish> = {},
  signer: KeyHolder = stage.officials[party],
): Promise<Buffer> {
  const place = stage.document.places[party]
  return await signPdf(pdf, signer, {
    field: `Sign${party + 1}`,
    ...(place === undefined ? {} : { page: place.page, rectangle: place.rectangle }),
    time: `2026-11-29T12:0${party}:00.000Z`,
    timeAuthority: stage.timeAuthority,
    certificates: [signer.certificate, stage.issuer.certificate],
    ...wish,
  })
}

/** Both parties sign. */
export async function signBoth(stage: SigningStage): Promise<Buffer> {
  return await signAs(stage, 1, await signAs(stage, 0, stage.document.pdf))
}

/** Verifies with the root of the stage. */
export async function verifyOn(
  stage: SigningStage,
  file: Uint8Array,
  options: Partial<VerifyDocumentOptions> = {},
): ReturnType<typeof verifyAgreementPdf> {
  return await verifyAgreementPdf(file, {
    network: 'AE-DU',
    roots: [derOf(stage.root.certificate)],
    // Setting the same content again and again would only take time; one test does it.
    typeset: async () => await Promise.resolve(stage.document),
    ...options,
  })
}

/** What a file shows that is accepted. */
export async function factsOf(
  stage: SigningStage,
  file: Uint8Array,
  options: Partial<VerifyDocumentOptions> = {},
): Promise<DocumentFacts> {
  const result = await verifyOn(stage, file, options)
  assert.ok(result.ok, JSON.stringify(result))
  return result.facts
}

/** `step/code`, or `ok`. */
export async function outcome(
  stage: SigningStage,
  file: Uint8Array,
  options: Partial<VerifyDocumentOptions> = {},
): Promise<string> {
  const result = await verifyOn(stage, file, options)
  return result.ok ? 'ok' : `${result.step}/${result.code}`
}

export function derOf(certificate: Certificate): Uint8Array {
  return new Uint8Array(certificate.toSchema().toBER())
}
