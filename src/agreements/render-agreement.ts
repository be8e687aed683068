import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeQR } from 'qr'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { type Agreement, kindOf } from './agreement.ts'
import type { DocumentTemplate } from './document-template.ts'
import { buildModel } from './document/model/build-model.ts'
import type { DocumentModel } from './document/model/document-model.ts'
import { runTypesetter, type Typeset } from './document/typeset/run-typesetter.ts'
import { fontFiles, type ThemeName, THEMES } from './document/typeset/theme.ts'

export type { ThemeName } from './document/typeset/theme.ts'

/** How a document is made. */
export interface RenderOptions {
  /** Fonts and colours; the words are the same. Default: `neutral`. */
  readonly theme?: ThemeName
}

/** Where the official of one party signs. */
export interface SignaturePlace {
  readonly member: string
  /** The first page is 1. */
  readonly page: number
  /** Lower left and upper right corner, in points from the lower left corner of the page: `/Rect` of a PDF. */
  readonly rectangle: readonly [left: number, bottom: number, right: number, top: number]
}

const LAYOUT = fileURLToPath(new URL('./document/layout/agreement.typ', import.meta.url))

/**
 * Raised with every change by which the same content, template and theme give other bytes: layout, words, fonts, typesetter. It
 * stands in the document, so that a verifier can tell a document of another edition from one that was changed.
 */
export const DOCUMENT_EDITION = 1

/** A4. Unit: points. */
const PAGE_HEIGHT = 841.89

/**
 * The document of an agreement for people, before anybody signed it: PDF/A-3b in Arabic and English, with the canonical JSON of the
 * content attached as `agreement.json`. The same content, template and theme give the same bytes on every machine; the
 * time in it is `validFrom`.
 *
 * The typesetter runs in a process of its own for the time of the call; nothing of it stays in the caller's.
 *
 * @throws WuslaError `template_mismatch` when the content names another template or is of another kind,
 *   `document_not_typeset` when a text holds a character that the fonts lack, or the typesetter failed
 */
export async function renderAgreement(
  content: Agreement,
  template: DocumentTemplate,
  options: RenderOptions = {},
): Promise<Uint8Array> {
  return (await typeset(content, template, options)).pdf
}

/**
 * Where the officials sign in the document that {@link renderAgreement} gives for the same arguments, in the order of the parties.
 *
 * @throws WuslaError as {@link renderAgreement}
 */
export async function signaturePlaces(
  content: Agreement,
  template: DocumentTemplate,
  options: RenderOptions = {},
): Promise<readonly SignaturePlace[]> {
  return (await typesetAgreement(content, template, options)).places
}

/** A document with the places for its signatures. */
export interface TypesetAgreement {
  readonly pdf: Uint8Array
  readonly places: readonly SignaturePlace[]
}

/**
 * What {@link renderAgreement} and {@link signaturePlaces} give, at the price of one.
 *
 * @throws WuslaError as {@link renderAgreement}
 */
export async function typesetAgreement(
  content: Agreement,
  template: DocumentTemplate,
  options: RenderOptions = {},
): Promise<TypesetAgreement> {
  const { pdf, places } = await typeset(content, template, options)
  return { pdf, places: places.map((place, index) => placeOf(place, content.parties[index]?.member ?? '')) }
}

function placeOf({ page, x, y, width, height }: Typeset['places'][number], member: string): SignaturePlace {
  const bottom = PAGE_HEIGHT - y - height
  const rectangle = [x, bottom, x + width, bottom + height].map(hundredths)
  return { member, page, rectangle: rectangle as unknown as SignaturePlace['rectangle'] }
}

async function typeset(
  content: Agreement,
  template: DocumentTemplate,
  { theme = 'neutral' }: RenderOptions,
): Promise<Typeset> {
  assertTemplate(content, template)
  const model = buildModel(content, template)
  return await runTypesetter({
    layout: await readFile(LAYOUT, 'utf8'),
    workspace: dirname(LAYOUT),
    fonts: fontFiles(theme),
    inputs: inputsOf(content, template, model, theme),
    marks: content.parties.map((_, index) => `signature-${index}`),
  })
}

// Another text than the one the parties agreed on would be signed under their content's hash.
function assertTemplate(content: Agreement, { name, kind, digest }: DocumentTemplate): void {
  const wanted = content.template ?? { name, digest }
  if (kind === kindOf(content) && wanted.name === name && wanted.digest === digest) return
  throw new WuslaError('template_mismatch', {
    details: { kind: kindOf(content), wanted: content.template, given: { name, kind, digest } },
  })
}

function inputsOf(
  content: Agreement,
  template: DocumentTemplate,
  model: DocumentModel,
  theme: ThemeName,
): Record<string, string> {
  const modules = encodeQR(model.hash, 'raw', { ecc: 'medium', border: 4 })
  const qr = modules.map((row) => row.map((dark) => (dark ? '1' : '0')).join(''))
  return {
    document: JSON.stringify({ ...model, qr }),
    theme: JSON.stringify(THEMES[theme]),
    created: JSON.stringify(content.validFrom.match(/\d+/g)?.slice(0, 6).map(Number)),
    // By these words a verifier knows how to make the same document again.
    keywords: JSON.stringify([
      content.type,
      `theme:${theme}`,
      `edition:${DOCUMENT_EDITION}`,
      `template:${template.name}:${template.digest}`,
    ]),
    description: `${content.type} ${model.hash}`,
    agreement: canonicalJson(content),
  }
}

function hundredths(points: number): number {
  return Math.round(points * 100) / 100
}
