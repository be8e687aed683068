import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { before, describe, it } from 'node:test'
import { agreementHash } from './agreement.ts'
import { builtInTemplate } from './document-template.ts'
import { renderAgreement, typesetAgreement } from './render-agreement.ts'
import { signPdf } from './testing/append-update.ts'
import { draft } from './testing/draft-agreement.ts'
import {
  factsOf,
  outcome,
  QUALIFIED,
  setStage,
  signAs,
  signBoth,
  type SigningStage,
} from './testing/signing-stage.ts'
import { DOCUMENT_FAILURES, DOCUMENT_STEPS } from './signed-document-result.ts'

let stage: SigningStage
let both: Buffer

before(async () => {
  stage = await setStage()
  both = await signBoth(stage)
})

describe('a signed agreement', () => {
  it('shows who signed what and when, and what was not looked at', async () => {
    const facts = await factsOf(stage, both, { typeset: typesetAgreement, qualifiedPolicies: [QUALIFIED] })
    const { agreement, network, documentSha256, signatures, notChecked, theme } = facts
    assert.deepEqual([agreement, network, theme], [agreementHash(stage.content), 'AE-DU', 'neutral'])
    assert.equal(documentSha256, createHash('sha256').update(stage.document.pdf).digest('hex'))
    assert.deepEqual(notChecked, ['seals', 'mandates', 'standing'])
    const told = signatures.map(
      ({ party, signer, issuer, time, timeAuthority, level, revocation, coversWholeFile }) =>
        [party, signer, issuer, time, timeAuthority, level, revocation, coversWholeFile].join(' | '),
    )
    const others = 'qualified | not_checked'
    assert.deepEqual(told, [
      `AE-DU/SEMI/DEWA | Mariam of DEWA | Example Issuer | 2026-11-29T12:00:00.000Z | Example Time | ${others} | false`,
      `AE-DU/GOV/RTA | Khalid of RTA | Example Issuer | 2026-11-29T12:01:00.000Z | Example Time | ${others} | true`,
    ])
  })

  it('may be signed in either order, visibly or not', async () => {
    const other = await signAs(stage, 0, await signAs(stage, 1, stage.document.pdf))
    assert.deepEqual(
      (await factsOf(stage, other)).signatures.map(({ party }) => party),
      ['AE-DU/GOV/RTA', 'AE-DU/SEMI/DEWA'],
    )
    const hidden = await signPdf(await signAs(stage, 0, stage.document.pdf), stage.officials[1], {
      field: 'Hidden',
      time: '2026-11-29T12:00:00.000Z',
      timeAuthority: stage.timeAuthority,
      certificates: [stage.officials[1].certificate, stage.issuer.certificate],
    })
    assert.deepEqual(
      (await factsOf(stage, hidden)).signatures.map(({ party }) => party),
      ['AE-DU/SEMI/DEWA', undefined],
    )
  })

  it('is not signed until each party has, each with its own certificate and in its own place', async () => {
    const one = await signAs(stage, 0, stage.document.pdf)
    assert.equal(await outcome(stage, stage.document.pdf), 'parties/no_signature')
    assert.equal(await outcome(stage, stage.document.pdf, { partial: true }), 'parties/no_signature')
    assert.equal(await outcome(stage, one), 'parties/party_missing')
    assert.equal(await outcome(stage, one, { partial: true }), 'ok')
    assert.equal(
      await outcome(stage, await signAs(stage, 1, one, {}, stage.officials[0])),
      'parties/same_signer',
    )
    const samePlace = { field: 'Other' }
    assert.equal(
      await outcome(stage, await signAs(stage, 0, one, samePlace, stage.officials[1])),
      'parties/same_signer',
    )
  })
})

describe('the document', () => {
  it('must be the one its terms and its template make', async () => {
    const changed = async (): Promise<Buffer> => {
      const other = { ...stage.content, nonce: 'AAAAAAAAAAAAAAAAAAAAAQ' }
      return Buffer.from(await renderAgreement(other, await builtInTemplate('service')))
    }
    // The terms of one agreement with the typesetting of another: what a swapped attachment is.
    assert.equal(
      await outcome(stage, await signAs(stage, 0, await changed())),
      'first-revision/not_as_rendered',
    )
    const text = both.toString('latin1')
    const byte = text.replace('595.2756', '595.2757')
    assert.notEqual(byte, text)
    assert.equal(await outcome(stage, Buffer.from(byte, 'latin1')), 'first-revision/not_as_rendered')
  })

  it('may be set in every font there is', async () => {
    const signs = 'é Ω я → ≤ ٠ ۱ ٪ ﷼ پ گ ی ؟ “ § №'
    const both = { ar: signs, en: signs }
    const content = draft({ title: both, grant: { purpose: both, legalBasis: signs } })
    const made = await typesetAgreement(content, await builtInTemplate('service'), { theme: 'national' })
    const typeset = async (): Promise<typeof made> => await Promise.resolve(made)
    assert.equal(await outcome(stage, made.pdf, { typeset }), 'parties/no_signature')
  })

  it('must be a PDF with one agreement of this network inside', async () => {
    assert.equal(await outcome(stage, Buffer.from('PK\u0003\u0004')), 'file/not_pdf')
    assert.equal(await outcome(stage, both.subarray(0, 4000)), 'file/embedded_terms')
    assert.equal(await outcome(stage, both, { network: 'AE-AZ' }), 'network/other_network')
  })

  it('of another template or another edition is told from one that was changed', async () => {
    const template = await builtInTemplate('service')
    const own = { ...template, digest: agreementHash(draft()) }
    assert.equal(await outcome(stage, both, { template: own }), 'template/other_template')
    const pdf = Buffer.from(await renderAgreement(draft(), own))
    const made = async (): ReturnType<typeof typesetAgreement> => await typesetAgreement(draft(), own)
    const signed = await signAs(stage, 1, await signAs(stage, 0, pdf))
    assert.equal(await outcome(stage, signed, { template: own, typeset: made }), 'ok')
    const text = both.toString('latin1')
    const edited = text.replaceAll('edition:1', 'edition:7')
    assert.notEqual(edited, text)
    assert.equal(await outcome(stage, Buffer.from(edited, 'latin1')), 'template/other_edition')
  })
})

describe('docs/spec/agreement-document.md', () => {
  it('lists the steps in their order, and every code', async () => {
    const spec = await readFile(new URL('../../docs/spec/agreement-document.md', import.meta.url), 'utf8')
    const rows = [...spec.matchAll(/^\| `([a-z-]+)` \|.*\| ([^|]+) \|$/gm)]
    assert.deepEqual(
      rows.map(([, step]) => step),
      DOCUMENT_STEPS,
    )
    const codes = rows.flatMap(([, , cell = '']) => [...cell.matchAll(/`(\w+)`/g)].map(([, code]) => code))
    assert.deepEqual(
      Array.from(new Set(codes), String).toSorted((x, y) => x.localeCompare(y)),
      Object.keys(DOCUMENT_FAILURES).toSorted((x, y) => x.localeCompare(y)),
    )
  })
})
