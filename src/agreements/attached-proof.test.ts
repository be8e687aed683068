import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { deflateSync } from 'node:zlib'
import { PDFName } from '@cantoo/pdf-lib'
import { digest256 } from '../protocol/digest.ts'
import { attachProof } from './attach-proof.ts'
import { MAX_PROOF_BYTES } from './proof-size.ts'
import { appendStore, appendUpdate, readStanding, type Standing, withEntry } from './testing/append-update.ts'
import { factsOf, setStage, signAs, signBoth, type SigningStage, verifyOn } from './testing/signing-stage.ts'

const PROOF = '{"proof":"إثبات"}'

let stage: SigningStage
let both: Buffer
let standing: Standing

before(async () => {
  stage = await setStage()
  both = await signBoth(stage)
  standing = await readStanding(both)
})

/** The proof that a verifier finds in the file, or `step/code`. */
async function proofIn(file: Uint8Array): Promise<string | undefined> {
  let found: string | undefined
  const result = await verifyOn(stage, file, {
    readProof: ({ text }) => {
      found = text
      return { ok: true, trust: {} }
    },
  })
  return result.ok ? found : `${result.step}/${result.code}`
}

describe('a proof', () => {
  it('is attached to a document, with and without material for validation, and read again', async () => {
    assert.equal(await proofIn(both), undefined)
    const attached = Buffer.from(await attachProof(both, PROOF))
    assert.ok(attached.subarray(0, both.length).equals(both))
    assert.equal(await proofIn(attached), PROOF)
    const stored = await appendStore(both, { certificates: [new Uint8Array([1])] })
    assert.equal(await proofIn(await attachProof(stored, PROOF)), PROOF)
    const long = PROOF.repeat(50_000)
    assert.equal(await proofIn(await attachProof(both, long)), long)
  })

  it('counts when it was attached last, and is no revision that a member could have sealed', async () => {
    const attached = await attachProof(both, PROOF)
    assert.equal(await proofIn(await attachProof(attached, 'another')), 'another')
    const [bare, proven] = [await factsOf(stage, both), await factsOf(stage, attached)]
    assert.deepEqual(proven.revisions.slice(0, bare.revisions.length), bare.revisions)
    // Only an end of line before the update is new: it may have been the end of what was signed.
    assert.ok(proven.revisions.length <= bare.revisions.length + 1)
    assert.ok(!proven.revisions.includes(digest256(attached)))
    // Material that is added later leaves it where it is.
    const one = await attachProof(await signAs(stage, 0, stage.document.pdf), PROOF)
    assert.equal(await proofIn(await signAs(stage, 1, one)), PROOF)
  })

  it('is not looked at unless somebody asks', async () => {
    assert.equal((await verifyOn(stage, await attachProof(both, 'nonsense'))).ok, true)
    const refused = await verifyOn(stage, both, {
      readProof: () => ({ ok: false, failure: 'proof_missing' }),
    })
    assert.equal(refused.ok ? '' : `${refused.step}/${refused.code}`, 'proof/proof_missing')
  })
})

describe('an update with a proof', () => {
  const stream = (words: string, content: string): string =>
    `<< ${words} /Length ${content.length} >>\nstream\n${content}\nendstream`
  const store = (words = ''): string => `/DSS << /Type /DSS /WUSLA_Proof ${standing.free} 0 R ${words} >>`

  /** What becomes of a proof in this `DSS`, with this body, and with other words in the catalogue or other objects. */
  async function attached(
    dss: string,
    body: string,
    more: { readonly words?: string; readonly beside?: string } = {},
  ): Promise<string | undefined> {
    const { words = '', beside } = more
    const catalogue = withEntry(standing.catalogue.clone(), `${dss} ${words}`)
    const objects = new Map([
      [standing.root, catalogue],
      [standing.free, body],
    ])
    if (beside !== undefined) objects.set(standing.free + 1, beside)
    return await proofIn(appendUpdate(both, standing, objects))
  }

  it('brings nothing else', async () => {
    const body = stream('', 'a proof')
    assert.equal(await attached(store(), body), 'a proof')
    assert.equal(await attached(store('/Certs []'), body), 'changes/hidden_object')
    assert.equal(await attached(store('/JS (x)'), body), 'changes/hidden_object')
    assert.equal(await attached(store(), stream('/F (x)', 'a proof')), 'changes/hidden_object')
    assert.equal(await attached(store(), '<< /Type /Catalog >>'), 'changes/hidden_object')
    assert.equal(await attached(store(), body, { beside: body }), 'changes/hidden_object')
    const words = '/Extensions << /ESIC << /ExtensionLevel 2 >> >>'
    assert.equal(await attached(store(), body, { words }), 'changes/hidden_object')
    assert.equal(await attached('/DSS << /WUSLA_Proof (x) >>', body), 'changes/hidden_object')
  })

  it('makes nothing that was there a proof', async () => {
    const content = /\/Contents (\d+) 0 R/.exec(String(standing.pages[0]?.dictionary))?.[1]
    assert.ok(content !== undefined)
    const dss = `/DSS << /WUSLA_Proof ${content} 0 R >>`
    assert.equal(await attached(dss, stream('', 'x')), 'changes/object_replaced')
    const file = await attachProof(both, PROOF)
    const later = await readStanding(file)
    const number = later.free - 2
    const replaced = new Map([[number, stream('', 'replaced')]])
    assert.equal(await proofIn(appendUpdate(file, later, replaced)), 'changes/object_replaced')
    assert.equal(later.catalogue.has(PDFName.of('DSS')), true)
  })

  it('is bounded', async () => {
    const packed = (length: number): string => deflateSync(Buffer.alloc(length, 32)).toString('latin1')
    const filter = '/Filter /FlateDecode'
    assert.equal((await attached(store(), stream(filter, packed(MAX_PROOF_BYTES))))?.length, MAX_PROOF_BYTES)
    const large = stream(filter, packed(MAX_PROOF_BYTES + 1))
    assert.equal(await attached(store(), large), 'proof/proof_invalid')
    const twice = stream('/Filter [/FlateDecode /FlateDecode]', packed(10))
    assert.equal(await attached(store(), twice), 'proof/proof_invalid')
    assert.equal(await attached(store(), stream('', '\u00ff')), 'proof/proof_invalid')
  })
})
