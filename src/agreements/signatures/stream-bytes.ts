import { inflateSync } from 'node:zlib'
import { PDFArray, PDFName, type PDFRawStream } from '@cantoo/pdf-lib'

/**
 * The content of a stranger's stream, plain or deflated once. Undefined when it is packed otherwise, damaged, or longer than
 * `maxBytes`: what is deflated twice grows a million times, and the PDF library would unpack all of it.
 */
export function streamBytes({ dict, contents }: PDFRawStream, maxBytes: number): Buffer | undefined {
  const filter = dict.lookup(PDFName.of('Filter'))
  const filters = filter instanceof PDFArray ? filter.asArray() : filter === undefined ? [] : [filter]
  if (filters.length === 0) return contents.length <= maxBytes ? Buffer.from(contents) : undefined
  if (filters.length > 1 || filters[0] !== PDFName.of('FlateDecode')) return undefined
  try {
    return inflateSync(contents, { maxOutputLength: maxBytes })
  } catch {
    return undefined
  }
}
