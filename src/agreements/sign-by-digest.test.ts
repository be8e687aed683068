import assert from 'node:assert/strict'
import { KeyObject, sign } from 'node:crypto'
import { after as atEnd, before as atStart, beforeEach, describe, it } from 'node:test'
import * as asn1js from 'asn1js'
import { type DigestSigner, type PreparedSignatures, prepareSignatures } from './sign-by-digest.ts'
import { readCms } from './signatures/cms-signature.ts'
import { AuthorityServer } from './testing/authority-server.ts'
import { answerTimeStamp } from './testing/make-cms.ts'
import { pdfParts } from './testing/pdf-parts.ts'
import { type KeyHolder, makeCertificate } from './testing/signing-authority.ts'
import { derOf, factsOf, outcome, QUALIFIED, setStage, type SigningStage } from './testing/signing-stage.ts'

const AT = new Date('2026-11-29T12:00:00Z')
const STAMPED = '2026-11-29T12:00:03.000Z'

let server: AuthorityServer
let stage: SigningStage
let ecdsa: KeyHolder

atStart(async () => {
  server = await AuthorityServer.start()
  stage = await setStage()
  const { issuer } = stage
  const wish = { kind: 'official', issuer, policies: [QUALIFIED], algorithm: 'P-256' } as const
  ecdsa = await makeCertificate({ name: 'Noura of RTA', ...wish })
})
atEnd(async () => await server[Symbol.asyncDispose]())
beforeEach(() => {
  server.handlers.set(
    '/stamp',
    async (question) => await answerTimeStamp(stage.timeAuthority, question, STAMPED),
  )
})

const source = (): { fetch: typeof globalThis.fetch; timeStampUrl: string } => ({
  fetch: globalThis.fetch,
  timeStampUrl: `${server.url}/stamp`,
})

function certificatesOf(signer: KeyHolder): DigestSigner {
  return { certificates: [signer, stage.issuer].map(({ certificate }) => derOf(certificate)) }
}

async function prepareFor(
  signer: KeyHolder,
  party: 0 | 1,
  ...pdfs: readonly Uint8Array[]
): Promise<PreparedSignatures> {
  const place = stage.document.places[party]
  assert.ok(place !== undefined)
  const field = { name: `Sign${party + 1}`, page: place.page, rectangle: place.rectangle }
  const documents = pdfs.map((pdf) => ({ pdf, field }))
  return await prepareSignatures(documents, certificatesOf(signer), AT)
}

/** A key that is elsewhere. What it signs is told by its digest alone; this library digests itself. */
function signaturesBy({ keys }: KeyHolder, { digested }: PreparedSignatures): readonly Uint8Array[] {
  return digested.map((bytes) => sign('sha256', bytes, KeyObject.from(keys.privateKey)))
}

async function signed(signer: KeyHolder, party: 0 | 1, pdf: Uint8Array): Promise<Uint8Array> {
  const prepared = await prepareFor(signer, party, pdf)
  const [file] = await prepared.finish(signaturesBy(signer, prepared), source())
  assert.ok(file !== undefined)
  return file
}

describe('signing by digest', () => {
  it('with RSA and with ECDSA gives signatures that the verifier accepts, in their places', async () => {
    const once = await signed(stage.officials[0], 0, stage.document.pdf)
    const both = await signed(ecdsa, 1, once)
    assert.ok(Buffer.from(both.subarray(0, once.length)).equals(Buffer.from(once)))
    const { signatures } = await factsOf(stage, both, { qualifiedPolicies: [QUALIFIED] })
    assert.deepEqual(
      signatures.map(({ party, signer, time, level }) => [party, signer, time, level]),
      [
        ['AE-DU/SEMI/DEWA', 'Mariam of DEWA', STAMPED, 'qualified'],
        ['AE-DU/GOV/RTA', 'Noura of RTA', STAMPED, 'qualified'],
      ],
    )
    const changed = Buffer.from(both)
    const at = changed.lastIndexOf('D:20261129120000Z') + 5
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.equal(await outcome(stage, changed), 'signature-value/digest_differs')
  })

  it('shows name and time in Arabic and English', async () => {
    // Letters that the document itself does not have.
    const name = 'Žofia ڤيروز'
    const signer = await makeCertificate({ name, kind: 'official', issuer: stage.issuer })
    const file = await signed(signer, 0, stage.document.pdf)
    const [before, after] = [await pdfParts(stage.document.pdf), await pdfParts(file)]
    for (const letter of ['Ž', 'ڤ']) {
      assert.ok(!before.shown.has(letter), letter)
      assert.ok(after.shown.has(letter), letter)
    }
    assert.ok(after.fontsInside.every(Boolean) && after.fontsInside.length > before.fontsInside.length)
    assert.equal(await outcome(stage, file, { partial: true }), 'ok')
  })

  it('is written as other programs want it: attributes in the order of DER, the algorithm of the key', async () => {
    for (const [signer, oid] of [
      [stage.officials[0], '1.2.840.113549.1.1.11'],
      [ecdsa, '1.2.840.10045.4.3.2'],
    ] as const) {
      const file = await signed(signer, 0, stage.document.pdf)
      const [, hex = ''] = /\/Contents <([0-9a-f]+)>/.exec(Buffer.from(file).toString('latin1')) ?? []
      const { info } = await readCms(Buffer.from(hex, 'hex'))
      assert.equal(info.signatureAlgorithm.algorithmId, oid)
      const attributes =
        info.signedAttrs?.attributes.map((each) => Buffer.from(each.toSchema().toBER())) ?? []
      assert.equal(attributes.length, 4)
      assert.deepEqual(
        attributes,
        attributes.toSorted((a, b) => Buffer.compare(a, b)),
      )
    }
  })

  it('digests as the port for hash signing wants them, several with one approval', async () => {
    const [official] = stage.officials
    const prepared = await prepareFor(official, 0, stage.document.pdf, stage.document.pdf)
    assert.deepEqual([prepared.hash, prepared.digests.map(({ length }) => length)], ['SHA-256', [32, 32]])
    const files = await prepared.finish(signaturesBy(official, prepared), source())
    assert.equal(files.length, 2)
    for (const file of files) assert.equal(await outcome(stage, file, { partial: true }), 'ok')
  })

  it('is invisible where the rectangle has no room', async () => {
    const [official] = stage.officials
    const field = { name: 'Sign1', page: 1, rectangle: [0, 0, 0, 0] } as const
    const documents = [{ pdf: stage.document.pdf, field }]
    const prepared = await prepareSignatures(documents, certificatesOf(official), AT)
    const [file = new Uint8Array()] = await prepared.finish(signaturesBy(official, prepared), source())
    const { signatures } = await factsOf(stage, file, { partial: true })
    assert.equal(signatures[0]?.party, undefined)
    const added = Buffer.from(file.subarray(stage.document.pdf.length)).toString('latin1')
    assert.doesNotMatch(added, /\/Subtype \/Form/)
  })
})

describe('what comes back', () => {
  it('is refused when it is not of these digests, not by this key, or not as many', async () => {
    const [official, other] = stage.officials
    const prepared = await prepareFor(official, 0, stage.document.pdf)
    const refused = { code: 'hash_signing_refused' }
    const [good = new Uint8Array()] = signaturesBy(official, prepared)
    const elsewhere = sign('sha256', Buffer.from('else'), KeyObject.from(official.keys.privateKey))
    for (const signatures of [
      [elsewhere],
      signaturesBy(other, prepared),
      [],
      [good, good],
      [Buffer.from('x')],
    ])
      await assert.rejects(prepared.finish(signatures, source()), refused)
  })

  it('a time-stamp of something else, for somebody else, none at all, and silence are told', async () => {
    const [official] = stage.officials
    const prepared = await prepareFor(official, 0, stage.document.pdf)
    const reasonWith = async (answer: (question: Buffer) => Promise<Uint8Array>): Promise<unknown> => {
      server.handlers.set('/stamp', answer)
      const signatures = signaturesBy(official, prepared)
      const error: unknown = await prepared.finish(signatures, source()).catch((cause: unknown) => cause)
      const { code, details } = error as { code: string; details: { reason: string } }
      assert.equal(code, 'time_stamp_unavailable')
      return details.reason
    }
    const answering =
      (change: Parameters<typeof answerTimeStamp>[3]) =>
      async (question: Buffer): Promise<Uint8Array> =>
        await answerTimeStamp(stage.timeAuthority, question, STAMPED, change)
    assert.equal(await reasonWith(answering({ stamped: Buffer.from('else') })), 'of_something_else')
    const nonce = new asn1js.Integer({ value: 99 })
    assert.equal(await reasonWith(answering({ nonce })), 'of_something_else')
    assert.equal(await reasonWith(answering({ status: 2 })), 'not_granted')
    assert.equal(await reasonWith(async () => await Promise.resolve(Buffer.from('junk'))), 'unreadable')
    assert.equal(await reasonWith(async () => await Promise.resolve(Buffer.alloc(70_000))), 'too_large')
    server.handlers.delete('/stamp')
    await assert.rejects(prepared.finish(signaturesBy(official, prepared), source()), {
      code: 'time_stamp_unavailable',
      details: { reason: 'refused' },
    })
  })
})

describe('what cannot be prepared', () => {
  it('is a field that is taken, a page that is not there, a document or certificate that cannot be read', async () => {
    const [official] = stage.officials
    const once = await signed(official, 0, stage.document.pdf)
    await assert.rejects(prepareFor(official, 0, once), { code: 'signature_field_taken' })
    const field = { name: 'Sign1', page: 99, rectangle: [0, 0, 0, 0] } as const
    const prepare = async (pdf: Uint8Array, signer = certificatesOf(official)): Promise<unknown> =>
      await prepareSignatures([{ pdf, field }], signer, AT)
    const invalid = (part: string): object => ({
      code: 'signing_request_invalid',
      details: { problems: [part] },
    })
    await assert.rejects(prepare(stage.document.pdf), invalid('page'))
    await assert.rejects(prepare(Buffer.from('no document')), invalid('document'))
    for (const certificates of [[], [Buffer.from('no certificate')]])
      await assert.rejects(prepare(stage.document.pdf, { certificates }), { code: 'signer_unreadable' })
  })
})
