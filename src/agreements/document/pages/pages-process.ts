import { readFile } from 'node:fs/promises'
import { json } from 'node:stream/consumers'
import { PDFDocument } from '@cantoo/pdf-lib'

// A process of its own: see count-pages.ts. One document is in memory at a time.

const files = (await json(process.stdin)) as readonly string[]
const pages: (number | null)[] = []
for (const file of files) {
  const pdf = await readFile(file).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  })
  pages.push(
    pdf === undefined ? null : (await PDFDocument.load(pdf, { updateMetadata: false })).getPageCount(),
  )
}
process.stdout.write(JSON.stringify(pages))
