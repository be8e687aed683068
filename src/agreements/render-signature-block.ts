import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runTypesetter } from './document/typeset/run-typesetter.ts'
import { fontFiles, type ThemeName, THEMES } from './document/typeset/theme.ts'

/** A text in both languages. */
interface BothTexts {
  readonly ar: string
  readonly en: string
}

/** What a visible signature shows. */
export interface SignatureBlock {
  /** Points; the size of the signature's rectangle. At least 20 each. */
  readonly width: number
  readonly height: number
  /** When the block is made. Written into its file, shown nowhere. */
  readonly at: Date
  /** From top to bottom, each first in Arabic and then in English. What does not fit is made smaller. */
  readonly lines: readonly (BothTexts & { readonly strong: boolean })[]
  /** Across the block, for signatures that bind nobody. */
  readonly watermark?: BothTexts
}

const LAYOUT = fileURLToPath(new URL('./document/layout/signature-block.typ', import.meta.url))

/**
 * The appearance of a visible signature as a PDF of one page that is as large as the signature's rectangle, to be placed on the
 * signed page. Typeset in a process of its own, as agreements are, with the same fonts.
 *
 * @throws WuslaError `document_not_typeset` when a text holds a character that the fonts lack, or the typesetter failed
 */
export async function renderSignatureBlock(
  block: SignatureBlock,
  theme: ThemeName = 'neutral',
): Promise<Uint8Array> {
  const title = block.lines[0]?.en ?? 'Signature'
  const date = block.at.toISOString().match(/\d+/g)?.slice(0, 6).map(Number)
  const { pdf } = await runTypesetter({
    layout: await readFile(LAYOUT, 'utf8'),
    workspace: dirname(LAYOUT),
    fonts: fontFiles(theme),
    inputs: {
      block: JSON.stringify({ ...block, title, date, watermark: block.watermark ?? null }),
      theme: JSON.stringify(THEMES[theme]),
    },
    marks: [],
  })
  return pdf
}
