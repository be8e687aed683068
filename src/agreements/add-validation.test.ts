import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { PDFArray, PDFDict, PDFDocument, PDFHexString, PDFName } from '@cantoo/pdf-lib'
import { ContentInfo, EncapsulatedContentInfo, SignedData } from 'pkijs'
import { AnsweringAuthorities, FRESH, signLean } from './testing/answering-authorities.ts'
import { appendStore, signPdf } from './testing/append-update.ts'
import type { AuthorityServer } from './testing/authority-server.ts'
import { makeTimeStamp } from './testing/make-cms.ts'
import { makeCrl, makeOcsp } from './testing/signing-authority.ts'
import { derOf, factsOf, outcome, type SigningStage } from './testing/signing-stage.ts'

let authorities: AnsweringAuthorities
let server: AuthorityServer
let stage: SigningStage
let once: Buffer
let both: Buffer

before(async () => {
  authorities = await AnsweringAuthorities.start()
  ;({ server, stage, once, both } = authorities)
})
after(async () => await authorities[Symbol.asyncDispose]())
beforeEach(() => authorities.reset())

async function revocationIn(pdf: Uint8Array): Promise<readonly string[]> {
  return (await factsOf(stage, pdf, { partial: true })).signatures.map(({ revocation }) => revocation)
}

/** How many items the lists of the DSS have, the names in the VRI, and how many items the lists below them have. */
async function storeOf(pdf: Uint8Array): Promise<{
  readonly counts: readonly number[]
  readonly parts: readonly string[]
  readonly sizes: readonly number[]
}> {
  const { catalog } = await PDFDocument.load(pdf, { updateMetadata: false })
  const store = catalog.lookup(PDFName.of('DSS'), PDFDict)
  const counts = ['Certs', 'OCSPs', 'CRLs'].map(
    (name) => store.lookupMaybe(PDFName.of(name), PDFArray)?.size() ?? 0,
  )
  const all = store.lookup(PDFName.of('VRI'), PDFDict)
  const lists = all.keys().flatMap((name) => all.lookup(name, PDFDict).values())
  return {
    counts,
    parts: all.keys().map((name) => name.decodeText()),
    sizes: lists.map((list) => (list as PDFArray).size()),
  }
}

describe('what a document gets', () => {
  it('answers of OCSP for every path, and the verifier says good with the root alone', async () => {
    assert.deepEqual(await outcome(stage, both), 'signer-path/certificate_path')
    const file = await authorities.complete(both)
    assert.deepEqual(await revocationIn(file), ['good', 'good'])
    assert.equal(await outcome(stage, file, { requireRevocation: true }), 'ok')
    // Two officials, their issuer, the time-stamping authority; one answer for each.
    assert.deepEqual((await storeOf(file)).counts, [4, 4, 0])
    assert.equal(server.asked.filter((path) => path === '/issuer.cer').length, 1)
    assert.deepEqual(
      server.asked.filter((path) => path.endsWith('.crl')),
      [],
    )
  })

  it('a part for each signature under the SHA-1 of its Contents', async () => {
    const file = await authorities.complete(both)
    const { catalog, context } = await PDFDocument.load(file, { updateMetadata: false })
    const fields = catalog.lookup(PDFName.of('AcroForm'), PDFDict).lookup(PDFName.of('Fields'), PDFArray)
    const keys = fields.asArray().map((field) => {
      const value = context.lookup(field, PDFDict).lookup(PDFName.of('V'), PDFDict)
      const contents = value.lookup(PDFName.of('Contents'), PDFHexString).asBytes()
      return createHash('sha1').update(contents).digest('hex').toUpperCase()
    })
    assert.deepEqual((await storeOf(file)).parts, keys)
    // Signer, issuer and time-stamping authority.
    assert.deepEqual((await storeOf(file)).sizes, [3, 3, 3, 3])
  })

  it('nothing twice: neither at once nor when the next official has signed', async () => {
    const first = await authorities.complete(once)
    assert.deepEqual((await storeOf(first)).counts, [3, 3, 0])
    const asked = server.asked.length
    assert.ok((await authorities.complete(first)).equals(first), 'no further revision')
    assert.equal(server.asked.length, asked, 'nobody is asked again')
    const second = await authorities.complete(await signLean(stage, 1, first))
    assert.deepEqual((await storeOf(second)).counts, [4, 4, 0])
    assert.deepEqual((await storeOf(second)).sizes, [3, 3, 3, 3])
    assert.deepEqual(await revocationIn(second), ['good', 'good'])
  })

  it('the issuer also from a CMS that carries certificates', async () => {
    const { root, issuer } = stage
    const data = new SignedData({
      version: 1,
      encapContentInfo: new EncapsulatedContentInfo({ eContentType: ContentInfo.DATA }),
      certificates: [root.certificate, issuer.certificate],
    })
    const info = new ContentInfo({ contentType: ContentInfo.SIGNED_DATA, content: data.toSchema(true) })
    authorities.serve('/issuer.cer', () => new Uint8Array(info.toSchema().toBER()))
    assert.deepEqual(await revocationIn(await authorities.complete(once)), ['good'])
  })

  it('what is there is kept, also when it is part of the catalogue itself', async () => {
    const ocsp = await makeOcsp(stage.issuer, stage.officials[0].certificate, stage.issuer.certificate, FRESH)
    const foreign = Uint8Array.from(Buffer.from('no certificate'))
    const carried = await appendStore(both, {
      certificates: [foreign, derOf(stage.issuer.certificate)],
      ocsps: [ocsp],
    })
    const file = await authorities.complete(carried)
    assert.deepEqual((await storeOf(file)).counts, [5, 4, 0])
    assert.deepEqual(await revocationIn(file), ['good', 'good'])
    assert.ok(!server.asked.includes('/issuer.cer'))
  })

  it('lists where no responder answers', async () => {
    for (const name of ['/issuer/ocsp', '/root/ocsp']) server.handlers.delete(name)
    const file = await authorities.complete(both)
    assert.deepEqual((await storeOf(file)).counts, [4, 0, 2])
    assert.deepEqual(await revocationIn(file), ['good', 'good'])
    assert.equal(server.asked.filter((path) => path.endsWith('.crl')).length, 2, 'one list for all it is of')
  })

  it('what a time-stamp over the document needs', async () => {
    const stamped = await signPdf(await authorities.complete(both), stage.timeAuthority, {
      field: 'Archive',
      subFilter: 'ETSI.RFC3161',
      instead: async (covered) =>
        await makeTimeStamp(stage.timeAuthority, covered, '2026-12-02T00:00:00.000Z'),
    })
    const later = { from: '2026-12-02T01:00:00Z', until: '2026-12-03T00:00:00Z' }
    server.handlers.set('/root/ocsp', authorities.ocspOf(stage.root, later))
    const file = await authorities.complete(stamped, { clock: { nowMs: () => Date.parse(later.from) } })
    assert.deepEqual((await storeOf(file)).counts, [4, 5, 0])
    assert.equal((await factsOf(stage, file)).archiveTimes.length, 1)
  })
})

describe('a certificate that was revoked', () => {
  const at = async (path: string, revokedAt: string): Promise<Buffer> => {
    const authority = path === '/root/ocsp' ? stage.root : stage.issuer
    server.handlers.set(path, authorities.ocspOf(authority, { ...FRESH, revokedAt }))
    return await authorities.complete(once)
  }

  it('before it signed refuses the document, afterwards does not', async () => {
    await assert.rejects(at('/issuer/ocsp', '2026-11-29T11:59:59Z'), {
      code: 'certificate_revoked',
      details: { field: 'Sign1', of: 'signer', depth: 0 },
    })
    assert.deepEqual(await revocationIn(await at('/issuer/ocsp', '2026-11-29T12:30:00Z')), ['revoked_later'])
  })

  it('is found above the signer, and above the time-stamp', async () => {
    await assert.rejects(at('/root/ocsp', '2026-11-29T11:59:59Z'), {
      code: 'certificate_revoked',
      details: { field: 'Sign1', of: 'signer', depth: 1 },
    })
    server.handlers.delete('/root/ocsp')
    const revokedAt = '2026-11-29T11:59:59Z'
    authorities.serve(
      '/root.crl',
      async () => await makeCrl(stage.root, [stage.timeAuthority.certificate], { ...FRESH, revokedAt }),
    )
    await assert.rejects(authorities.complete(once), {
      code: 'certificate_revoked',
      details: { field: 'Sign1', of: 'time_stamp', depth: 0 },
    })
  })
})
