import { renderSignatureBlock } from '../../../src/agreements/render-signature-block.ts'
import type { KeyedCertificate } from '../authority/keyed-certificate.ts'
import type { TestAuthority } from '../authority/test-authority.ts'
import type { SwitchBoard } from '../control/switches.ts'
import { DocumentError } from '../documents/document-error.ts'
import type { SignerText } from '../documents/document-job.ts'
import type { DocumentWorkshop } from '../documents/document-workshop.ts'
import { findPersona, type Persona, writtenName } from '../personas.ts'
import type { SignerWish } from './process-request.ts'
import type { SignOne } from './signing-desk.ts'

/** What signing needs. */
export interface SignParts {
  readonly authority: TestAuthority
  readonly switches: SwitchBoard
  readonly workshop: DocumentWorkshop
  readonly timeStampUrl: string
  readonly now: () => Date
}

/** Signs with the certificate of the person who approved, or of another one when the switch says so. */
export function signAsPersona({ authority, switches, workshop, timeStampUrl, now }: SignParts): SignOne {
  return async ({ pdf, wish }, approver) => {
    const signer = findPersona(switches.now.signsInstead ?? '') ?? approver
    const keyed = authority.persons[signer.name]
    if (keyed === undefined) throw new DocumentError('not_a_document', `${signer.name} has no certificate`)
    const at = now()
    const appearance = await appearanceOf(wish, signer, at)
    return await workshop.work({
      kind: 'sign',
      pdf: Buffer.from(pdf).toString('base64'),
      field: wish.field,
      ...(appearance === undefined ? {} : { appearance }),
      signerName: `TEST ${writtenName(signer.en)}`,
      signer: signerText(keyed),
      at: at.toISOString(),
      timeStampUrl,
    })
  }
}

export function signerText({ certificate, key }: KeyedCertificate): SignerText {
  return {
    certificate: Buffer.from(certificate).toString('base64'),
    key: Buffer.from(key).toString('base64'),
  }
}

async function appearanceOf(
  { field, details }: SignerWish,
  signer: Persona,
  at: Date,
): Promise<string | undefined> {
  const { width, height } = field.rectangle
  if (width < MIN_SIDE || height < MIN_SIDE) return undefined
  const isQualified = signer.sop === 'SOP3'
  const title = isQualified
    ? { ar: 'توقيع إلكتروني مؤهَّل (تجريبي)', en: 'Qualified electronic signature (TEST)' }
    : { ar: 'توقيع إلكتروني متقدّم (تجريبي)', en: 'Advanced electronic signature (TEST)' }
  const shown = { subject: { ar: writtenName(signer.ar), en: writtenName(signer.en) }, date: dateTexts(at) }
  const lines = details.map((detail) => ({ ...shown[detail], strong: false }))
  const block = await renderSignatureBlock({
    width,
    height,
    at,
    lines: [{ ...title, strong: true }, ...lines],
    watermark: { ar: 'تجريبي', en: 'TEST' },
  })
  return Buffer.from(block).toString('base64')
}

/** A smaller signature is not visible. Unit: points. */
const MIN_SIDE = 20

/** In the time of the Emirates, which is the same all year. */
function dateTexts(at: Date): { readonly ar: string; readonly en: string } {
  const local = new Date(at.getTime() + 4 * 3_600_000).toISOString()
  const text = `${local.slice(0, 10)} ${local.slice(11, 19)}`
  return { ar: `${text} (بتوقيت الإمارات)`, en: `${text} +04:00` }
}
