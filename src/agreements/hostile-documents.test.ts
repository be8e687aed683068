import assert from 'node:assert/strict'
import { deflateSync } from 'node:zlib'
import { before, describe, it } from 'node:test'
import { PDFDocument } from '@cantoo/pdf-lib'
import { OctetString } from 'asn1js'
import { Certificate } from 'pkijs'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { appendStore, appendUpdate, readStanding, withEntry } from './testing/append-update.ts'
import { makeCertificate, makeCrl } from './testing/signing-authority.ts'
import {
  derOf,
  factsOf,
  outcome,
  setStage,
  signAs,
  signBoth,
  type SigningStage,
} from './testing/signing-stage.ts'

let stage: SigningStage
let both: Buffer

before(async () => {
  stage = await setStage()
  both = await signBoth(stage)
})

/** What becomes of the document with one signature that differs. */
const signed = async (wish: Parameters<typeof signAs>[3], signer = stage.officials[0]): Promise<string> =>
  await outcome(stage, await signAs(stage, 0, stage.document.pdf, wish, signer), { partial: true })

/** The first official's certificate with something changed. Its issuer never signed that. */
function changed(change: (certificate: Certificate) => void): Certificate {
  const copy = Certificate.fromBER(Buffer.from(derOf(stage.officials[0].certificate)))
  change(copy)
  return Certificate.fromBER(new Uint8Array(copy.toSchema(true).toBER()))
}

describe('a document made to harm whoever verifies it', () => {
  it('unpacks to no more than there is room for', async () => {
    const standing = await readStanding(both)
    const stored = async (bytes: Buffer, filter: string, times = 1): Promise<string> => {
      const list = `${standing.free} 0 R `.repeat(times)
      const stream = `<< /Length ${bytes.length} /Filter ${filter} >>\nstream\n${bytes.toString('latin1')}\nendstream`
      const catalogue = withEntry(standing.catalogue.clone(), `/DSS << /CRLs [${list}] >>`)
      const objects = new Map([
        [standing.root, catalogue],
        [standing.free, stream],
      ])
      return await outcome(stage, appendUpdate(both, standing, objects))
    }
    const packed = deflateSync(Buffer.alloc(33_554_433))
    assert.equal(await stored(deflateSync(Buffer.alloc(1_000_000)), '/FlateDecode'), 'ok')
    assert.equal(await stored(packed, '/FlateDecode'), 'changes/not_pdf')
    assert.equal(await stored(deflateSync(packed), '[/FlateDecode /FlateDecode]'), 'changes/not_pdf')
    assert.equal(await stored(deflateSync(Buffer.alloc(1_000_000)), '/FlateDecode', 40), 'changes/not_pdf')
    assert.equal(await stored(deflateSync(Buffer.alloc(9)), '/FlateDecode', 257), 'changes/not_pdf')
    assert.equal(await stored(Buffer.from('no such filter'), '/Unknown'), 'changes/not_pdf')
  })

  it('unpacks to no more while its terms are looked for', async () => {
    const made = async (attached: Uint8Array, useObjectStreams: boolean): Promise<string> => {
      const pdf = await PDFDocument.create()
      await pdf.attach(attached, 'agreement.json')
      return await outcome(stage, Buffer.from(await pdf.save({ useObjectStreams })))
    }
    const terms = Buffer.from(canonicalJson(stage.content))
    assert.equal(await made(terms, false), 'template/other_edition')
    assert.equal(await made(terms, true), 'file/embedded_terms')
    assert.equal(await made(Buffer.alloc(262_145), false), 'file/embedded_terms')
  })

  it('leads nowhere for ever', async () => {
    const [one, other] = await Promise.all(
      ['Example One', 'Example Other'].map(
        async (name) => await makeCertificate({ name, kind: 'authority', issuer: stage.root }),
      ),
    )
    assert.ok(one !== undefined && other !== undefined)
    const round = [
      await makeCertificate({ name: 'Example One', kind: 'authority', issuer: other, keys: one.keys }),
      await makeCertificate({ name: 'Example Other', kind: 'authority', issuer: one, keys: other.keys }),
    ].map(({ certificate }) => certificate)
    const signer = await makeCertificate({ name: 'Round', kind: 'official', issuer: one })
    const certificates = [signer.certificate, ...round]
    assert.equal(await signed({ certificates }, signer), 'signer-path/certificate_path')
    const many = Array.from({ length: 101 }, () => derOf(signer.certificate))
    const crowded = await appendStore(both, { certificates: many })
    assert.equal(await outcome(stage, crowded), 'signature-time/time_stamp_invalid')
  })

  it('stops the verifier by no certificate that cannot be read', async () => {
    const keys = stage.officials[0].keys
    const strange = changed(({ subjectPublicKeyInfo: { algorithm } }) => {
      algorithm.algorithmId = '1.2.3.4.5'
    })
    const wish = (certificate: Certificate): object => ({ certificates: [certificate], named: certificate })
    assert.equal(
      await signed(wish(strange), { certificate: strange, keys }),
      'signature-value/weak_algorithm',
    )
    const unusual = changed(({ extensions }) => {
      const usage = extensions?.find(({ extnID }) => extnID === '2.5.29.15')
      if (usage !== undefined) usage.extnValue = new OctetString({ valueHex: Uint8Array.of(0x30, 0).buffer })
    })
    assert.equal(await signed(wish(unusual), { certificate: unusual, keys }), 'signer-path/not_for_signing')
  })
})

describe('a document made to look like another', () => {
  it('has no picture that grows or turns out of its rectangle', async () => {
    const flagged = async (flags: string): Promise<string> =>
      await signed({ edit: (text) => text.replace('/F 132', `/F ${flags}`) })
    assert.equal(await flagged('4  '), 'ok')
    assert.equal(await flagged('140'), 'changes/appearance_misplaced')
    assert.equal(await flagged('148'), 'changes/appearance_misplaced')
    assert.equal(await flagged('/N '), 'changes/appearance_misplaced')
  })

  it('holds no action in any entry of a signature or its field', async () => {
    const action = '<< /S /JavaScript /JS (x) >>'
    assert.equal(await signed({ widget: `/NM ${action}` }), 'changes/action_added')
    assert.equal(await signed({ more: `/Reason ${action}` }), 'changes/action_added')
    assert.equal(await signed({ widget: `/P ${action}` }), 'changes/hidden_object')
  })

  it('does not hide a revocation behind a list of some certificates only', async () => {
    const fresh = { from: '2026-11-29T13:00:00Z', until: '2026-12-01T00:00:00Z' }
    const told = async (extensions: readonly string[], revoked: boolean): Promise<readonly string[]> => {
      const named = revoked ? stage.officials.map(({ certificate }) => certificate) : []
      const crls = [
        await makeCrl(stage.root, [], fresh),
        await makeCrl(stage.issuer, named, { ...fresh, revokedAt: '2026-11-29T12:30:00Z' }, extensions),
      ]
      const { signatures } = await factsOf(stage, await appendStore(both, { crls }))
      return signatures.map(({ revocation }) => revocation)
    }
    assert.deepEqual(await told([], false), ['good', 'good'])
    for (const partial of ['2.5.29.27', '2.5.29.28']) {
      assert.deepEqual(await told([partial], false), ['not_checked', 'not_checked'])
      assert.deepEqual(await told([partial], true), ['revoked_later', 'revoked_later'])
    }
  })

  it('is not believed for a test authority with another spelling', async () => {
    const issuer = await makeCertificate({ name: 'GOV_STAGING_CA', kind: 'authority', issuer: stage.root })
    const signer = await makeCertificate({ name: 'Staged', kind: 'official', issuer })
    const certificates = [signer.certificate, issuer.certificate]
    assert.equal(await signed({ certificates }, signer), 'signer-path/test_root')
    const contest = await makeCertificate({ name: 'Contest CA', kind: 'authority', issuer: stage.root })
    const real = await makeCertificate({ name: 'Real', kind: 'official', issuer: contest })
    assert.equal(await signed({ certificates: [real.certificate, contest.certificate] }, real), 'ok')
  })
})
