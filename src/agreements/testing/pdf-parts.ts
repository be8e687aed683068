import { decodePDFRawStream, PDFDict, PDFDocument, PDFName, PDFRawStream } from '@cantoo/pdf-lib'

/** What a test looks at in a PDF. */
export interface PdfParts {
  readonly pages: number
  /** Names of the fonts, without the letters that say which part of a font it is. */
  readonly fonts: readonly string[]
  /** For each description of a font: whether the font itself is inside. */
  readonly fontsInside: readonly boolean[]
  /** Characters that the fonts inside say they show. */
  readonly shown: ReadonlySet<string>
  /** Attached files, with what they are to the document. */
  readonly attached: readonly {
    readonly name: string
    readonly relationship: string
    readonly bytes: Buffer
  }[]
  readonly metadata: string
  readonly createdAt: Date | undefined
}

/** Takes a PDF apart, by a library that knows nothing of how it was made. */
export async function pdfParts(pdf: Uint8Array): Promise<PdfParts> {
  const document = await PDFDocument.load(pdf, { updateMetadata: false })
  const objects = document.context.enumerateIndirectObjects().map(([, object]) => object)
  const dictionaries = objects.filter((object) => object instanceof PDFDict)
  const streams = objects.filter((object) => object instanceof PDFRawStream)
  const texts = streams.map((stream) => Buffer.from(decodePDFRawStream(stream).decode()).toString('utf8'))
  const named = (dictionary: PDFDict, key: string): string => String(dictionary.get(PDFName.of(key)) ?? '')
  const fonts = dictionaries
    .filter((each) => named(each, 'Type') === '/Font')
    .map((each) => named(each, 'BaseFont'))
  const descriptors = dictionaries.filter((each) => named(each, 'Type') === '/FontDescriptor')
  return {
    pages: document.getPageCount(),
    fonts: [
      ...new Set(fonts.map((name) => name.replace(/^\/(?:[A-Z]{6}\+)?/, '').replace(/-Identity-H$/, ''))),
    ].toSorted(),
    fontsInside: descriptors.map(
      (each) => named(each, 'FontFile2') !== '' || named(each, 'FontFile3') !== '',
    ),
    shown: new Set(texts.filter((each) => each.includes('begincmap')).flatMap(charactersOf)),
    attached: document.getAttachments().map(({ name, afRelationship, data }) => ({
      name,
      relationship: afRelationship ?? '',
      bytes: Buffer.from(data),
    })),
    metadata: texts.find((each) => each.includes('pdfaid:part')) ?? '',
    createdAt: document.getCreationDate(),
  }
}

function charactersOf(map: string): string[] {
  const codes = [...map.matchAll(/<[0-9a-fA-F]+>\s*<([0-9a-fA-F]+)>/g)].map(([, hex = '']) => hex)
  return codes.flatMap((hex) => Array.from(Buffer.from(hex, 'hex').swap16().toString('utf16le')))
}
