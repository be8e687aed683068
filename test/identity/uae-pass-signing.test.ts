import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { FINISH_URI } from '../../sandbox/identity/testing/stand-in-client.ts'
import { findPersona } from '../../sandbox/identity/personas.ts'
import type { SigningOutcome, SigningProcess } from '../../src/identity/document-signing.ts'
import type { Person } from '../../src/identity/person.ts'
import { readSignatureFields } from '../../src/identity/signature-fields.ts'
import { readSignerNumber } from '../../src/identity/signer-number.ts'
import { documentOf, onePage, requestOf, UaePassInstallation } from './uae-pass-installation.ts'

let installation: UaePassInstallation
let mariam: Person
let pdf: Uint8Array
before(async () => {
  installation = await UaePassInstallation.start()
  mariam = await installation.logIn('mariam')
  pdf = await onePage()
})
beforeEach(() => installation.calm())
after(() => installation[Symbol.asyncDispose]())

const begin = (): Promise<SigningProcess> => installation.signing.begin(requestOf(mariam, documentOf(pdf)))

/** The person answers, and the browser brings the callback. */
async function answer(process: SigningProcess, persona: string, word?: 'approve' | 'refuse'): Promise<URL> {
  const back = new URL(await installation.standIn.answer(process.address, persona, word))
  assert.ok(back.href.startsWith(FINISH_URI))
  installation.signing.noteCallback(back.searchParams)
  return back
}

/** A refused outcome with this code. */
function refusedAs(outcome: SigningOutcome, code: string): Extract<SigningOutcome, { outcome: 'refused' }> {
  assert.ok(outcome.outcome === 'refused')
  assert.equal(outcome.failure.code, code)
  installation.assertSilent(outcome.failure)
  return outcome
}

test('an official signs a document; what comes back is it, with the signature of the official', async () => {
  const process = await begin()
  const waiting = process.outcome()
  await answer(process, 'mariam')
  const outcome = await waiting
  assert.ok(outcome.outcome === 'signed')
  const [document, ...more] = outcome.signed
  assert.ok(document !== undefined && more.length === 0)
  assert.equal(document.name, 'agreement')
  assert.deepEqual(Buffer.from(document.pdf.subarray(0, pdf.length)), Buffer.from(pdf))
  const [field] = await readSignatureFields(document.pdf)
  assert.ok(field?.signature !== undefined && field.name === 'Sign1')
  // BER: a SEQUENCE of indefinite length.
  assert.deepEqual([...field.signature.cms.subarray(0, 2)], [0x30, 0x80])
  assert.equal(readSignerNumber(field.signature.cms).reveal(), findPersona('mariam')?.emiratesId)
  installation.assertSilent(outcome.outcome)
  await process.close()
  refusedAs(await process.outcome(), 'signing_process_gone')
  assert.deepEqual(
    installation.events.slice(-3).map((event) => event.type),
    ['signing_begun', 'signing_ended', 'signing_ended'],
  )
})

test('a second official signs what the first one signed, in a field of its own', async () => {
  const first = await begin()
  await answer(first, 'mariam')
  const outcome = await first.outcome()
  assert.ok(outcome.outcome === 'signed')
  const [once] = outcome.signed
  assert.ok(once !== undefined)
  const khalid = await installation.logIn('khalid')
  await installation.rejects(
    installation.signing.begin(requestOf(khalid, documentOf(once.pdf))),
    'signature_field_taken',
    { document: 'agreement', field: 'Sign1' },
  )
  const second = await installation.signing.begin(
    requestOf(khalid, documentOf(once.pdf, 'agreement', 'Sign2')),
  )
  await answer(second, 'khalid')
  const twice = await second.outcome()
  assert.ok(twice.outcome === 'signed')
  const fields = await readSignatureFields(twice.signed[0]?.pdf ?? new Uint8Array())
  assert.deepEqual(
    fields.map(({ name, signature }) => [
      name,
      readSignerNumber(signature?.cms ?? new Uint8Array()).reveal(),
    ]),
    [
      ['Sign1', findPersona('mariam')?.emiratesId],
      ['Sign2', findPersona('khalid')?.emiratesId],
    ],
  )
})

test('several documents are signed with one approval, and come back in their order', async () => {
  const documents = ['one', 'two', 'three'].map((name) => documentOf(pdf, name))
  await using process = await installation.signing.begin(requestOf(mariam, ...documents))
  const waiting = process.outcome()
  await answer(process, 'mariam')
  const outcome = await waiting
  assert.ok(outcome.outcome === 'signed')
  assert.deepEqual(
    outcome.signed.map(({ name }) => name),
    ['one', 'two', 'three'],
  )
})

test('who may not sign is refused before anything is sent', async () => {
  const [omar, layla] = [await installation.logIn('omar'), await installation.logIn('layla')]
  const { identityNumber, ...nameless } = mariam
  assert.ok(identityNumber !== undefined)
  const asked = installation.asked.length
  const document = documentOf(pdf)
  const { signing } = installation
  await installation.rejects(signing.begin(requestOf(layla, document)), 'assurance_too_low', {
    assurance: 'SOP1',
    needed: 'SOP3',
    required: 'qualified',
  })
  await installation.rejects(
    signing.begin({ ...requestOf(layla, document), required: 'advanced' }),
    'assurance_too_low',
  )
  await installation.rejects(signing.begin(requestOf(omar, document)), 'assurance_too_low')
  await installation.rejects(signing.begin(requestOf(nameless, document)), 'identity_number_missing')
  await installation.rejects(
    signing.begin(requestOf({ ...mariam, provider: 'test-oidc' }, document)),
    'person_changed',
  )
  assert.equal(installation.asked.length, asked)
  await using process = await signing.begin({ ...requestOf(omar, document), required: 'advanced' })
  await answer(process, 'omar')
  assert.equal((await process.outcome()).outcome, 'signed')
})

test('what cannot be signed is refused whole before anything is sent', async () => {
  const asked = installation.asked.length
  const odd = documentOf(pdf, 'a/b', 'Sign.1')
  const request = {
    ...requestOf(mariam, odd, { ...odd, field: { ...odd.field, page: 0 } }),
    callback: 'http://gateway.example/back',
  }
  await installation.rejects(installation.signing.begin(request), 'signing_request_invalid', {
    problems: [
      '/documents/0/name: [A-Za-z0-9._-]{1,64}',
      '/documents/0/field/name: [A-Za-z0-9_-]{1,64}',
      '/documents/1/name: [A-Za-z0-9._-]{1,64}',
      '/documents/1/field/name: [A-Za-z0-9_-]{1,64}',
      '/documents/1/field/page: a number from 1, or last',
      '/documents: each name once',
      '/callback: must be an https address',
    ],
  })
  const none = installation.signing.begin(requestOf(mariam))
  await installation.rejects(none, 'signing_request_invalid', { problems: ['/documents: from 1 to 20'] })
  const noPdf = installation.signing.begin(requestOf(mariam, documentOf(Buffer.from('no PDF'))))
  await installation.rejects(noPdf, 'signing_request_invalid', { problems: ['agreement: is no PDF'] })
  assert.equal(installation.asked.length, asked)
})

test('a person who cancels is told from a provider that fails', async () => {
  await using cancelled = await begin()
  await answer(cancelled, 'mariam', 'refuse')
  refusedAs(await cancelled.outcome(), 'signing_cancelled')
  await installation.standIn.switches({ timeStampDown: true })
  await using failed = await begin()
  await answer(failed, 'mariam')
  refusedAs(await failed.outcome(), 'signing_failed')
})

test('one of two documents that fails is named, and the other one is kept', async () => {
  await installation.standIn.switches({ failsDocument: 1 })
  const documents = [documentOf(pdf, 'one'), documentOf(pdf, 'two')]
  await using process = await installation.signing.begin(requestOf(mariam, ...documents))
  const back = await answer(process, 'mariam')
  assert.equal(back.searchParams.get('status'), 'failed_documents')
  const { failure, signed } = refusedAs(await process.outcome(), 'signing_incomplete')
  assert.deepEqual(failure.details, { documents: ['two'] })
  assert.deepEqual(
    signed.map(({ name }) => name),
    ['one'],
  )
})

test('a signature of another person is refused, whoever approved', async () => {
  await using process = await begin()
  await answer(process, 'khalid')
  await installation.rejects(process.outcome(), 'signed_by_another_person')
  await installation.standIn.switches({ signsInstead: 'saif' })
  await using swapped = await begin()
  await answer(swapped, 'mariam')
  await installation.rejects(swapped.outcome(), 'signed_by_another_person')
})

test('a document that came back changed is refused', async () => {
  const other = await onePage()
  const changes: readonly (readonly [string, (signed: Buffer) => Buffer])[] = [
    ['signed_document_changed', (signed) => Buffer.concat([Buffer.from('%'), signed])],
    ['signed_document_changed', (signed) => signed.fill(0x20, 20, 21)],
    ['signed_document_changed', () => Buffer.from(other.subarray(0, 100))],
    ['signature_field_missing', () => Buffer.concat([pdf, Buffer.from('\n% no signature\n')])],
  ]
  for (const [code, change] of changes) {
    await using process = await begin()
    await answer(process, 'mariam')
    installation.meddle = (path, answered) =>
      path.endsWith('/content')
        ? answered().then(
            async (response) =>
              new Response(Uint8Array.from(change(Buffer.from(await response.arrayBuffer())))),
          )
        : undefined
    await installation.rejects(process.outcome(), code)
    installation.meddle = () => undefined
  }
})
