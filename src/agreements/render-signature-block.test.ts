import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PDFDocument } from '@cantoo/pdf-lib'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { renderSignatureBlock, type SignatureBlock } from './render-signature-block.ts'

const block: SignatureBlock = {
  width: 230,
  height: 90,
  at: new Date('2026-03-01T08:00:00Z'),
  lines: [
    { ar: 'توقيع إلكتروني مؤهَّل', en: 'Qualified electronic signature', strong: true },
    { ar: 'نورة أحمد المرّي', en: 'Noura Ahmed Al Marri', strong: false },
  ],
}

test('a signature block is one page of the size of its place, the same bytes each time', async () => {
  const pdf = await renderSignatureBlock(block)
  const document = await PDFDocument.load(pdf)
  assert.equal(document.getPageCount(), 1)
  assert.deepEqual(document.getPage(0).getSize(), { width: 230, height: 90 })
  assert.deepEqual(await renderSignatureBlock(block), pdf)
  const marked = await renderSignatureBlock({ ...block, watermark: { ar: 'تجريبي', en: 'TEST' } })
  assert.notDeepEqual(marked, pdf)
})

test('a text that needs more room than there is stays on the one page', async () => {
  const lines = Array.from({ length: 30 }, () => block.lines[1] ?? { ar: '', en: '', strong: false })
  const document = await PDFDocument.load(await renderSignatureBlock({ ...block, height: 24, lines }))
  assert.equal(document.getPageCount(), 1)
  assert.equal(document.getPage(0).getHeight(), 24)
})

test('what is typed as a name is data, and a character that no font has is refused', async () => {
  const named = (en: string): SignatureBlock => ({ ...block, lines: [{ ar: 'اسم', en, strong: false }] })
  await renderSignatureBlock(named('#panic("stop") $x$ *bold* "quoted" \\'))
  await assert.rejects(
    renderSignatureBlock(named('\u{1f600}')),
    (error) => isWuslaError(error) && error.code === 'document_not_typeset',
  )
})
