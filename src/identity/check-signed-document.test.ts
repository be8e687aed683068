import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { checkSignedDocument } from './check-signed-document.ts'
import type { ExpectedSignature, SignedDocumentReader } from './check-signed-document.ts'
import { HiddenText } from './hidden-text.ts'
import type { SignatureField } from './signature-fields.ts'

const NUMBER = '784199012345671'
const sent = Buffer.from('the document that was sent')
const signed = Buffer.concat([sent, Buffer.from(' and its signature')])

function reader(change: Partial<SignatureField> = {}, number: string = NUMBER): SignedDocumentReader {
  const byteRange = [0, sent.length + 4, sent.length + 8, 2]
  const field = { name: 'Sign1', signature: { cms: Buffer.from('cms'), byteRange }, ...change }
  return {
    fields: () => Promise.resolve([field]),
    signerNumber: () => new HiddenText(number),
  }
}

const expected = (change: Partial<ExpectedSignature> = {}): ExpectedSignature => ({
  sent,
  signed,
  fieldName: 'Sign1',
  identityNumber: new HiddenText(NUMBER),
  ...change,
})

test('what was sent, with the signature of the person, passes', async () => {
  await checkSignedDocument(expected(), reader())
})

test('a document that does not begin with what was sent is refused', async () => {
  const changed = Buffer.from(signed)
  changed[3] = 0x21
  for (const other of [changed, sent, sent.subarray(0, 5), Buffer.concat([Buffer.from(' '), signed])])
    await assert.rejects(checkSignedDocument(expected({ signed: other }), reader()), {
      code: 'signed_document_changed',
    })
})

test('a signature over less than what was sent is refused', async () => {
  for (const byteRange of [
    [0, sent.length - 1, 30, 2],
    [1, sent.length + 4, 30, 2],
    [0, sent.length + 4],
    [],
  ])
    await assert.rejects(
      checkSignedDocument(expected(), reader({ signature: { cms: Buffer.from('cms'), byteRange } })),
      { code: 'signed_document_changed' },
    )
})

test('a document without the signature that was asked for is refused', async () => {
  const { signature, ...empty } = { name: 'Sign1', signature: undefined }
  assert.equal(signature, undefined)
  const unreadable: SignedDocumentReader = {
    ...reader(),
    fields: () => Promise.reject(new Error(`no PDF: ${NUMBER}`)),
  }
  const nothing: SignedDocumentReader = { ...reader(), fields: () => Promise.resolve([empty]) }
  for (const other of [reader({ name: 'Sign2' }), nothing, unreadable])
    await assert.rejects(checkSignedDocument(expected(), other), (error: Error) => {
      assert.equal('code' in error && error.code, 'signature_field_missing')
      assert.equal(error.cause, undefined)
      return true
    })
})

test('the signature of another person is refused, without naming anybody', async () => {
  await assert.rejects(checkSignedDocument(expected(), reader({}, '784198012345672')), (error: Error) => {
    assert.equal('code' in error && error.code, 'signed_by_another_person')
    assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /784/)
    return true
  })
})
