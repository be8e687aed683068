import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { appendStore, signPdf } from './testing/append-update.ts'
import { makeTimeStamp } from './testing/make-cms.ts'
import { makeCertificate, makeCrl, makeOcsp, type StatusWish } from './testing/signing-authority.ts'
import {
  derOf,
  factsOf,
  outcome,
  QUALIFIED,
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

describe('a signature', () => {
  const signed = async (
    wish: Parameters<typeof signAs>[3],
    signer = stage.officials[0],
    options: Parameters<typeof outcome>[2] = {},
  ): Promise<string> =>
    await outcome(stage, await signAs(stage, 0, stage.document.pdf, wish, signer), {
      partial: true,
      ...options,
    })

  it('must be of the signed bytes, by the key of the certificate that it names', async () => {
    assert.equal(await signed({}), 'ok')
    assert.equal(await signed({ signed: (covered) => covered.subarray(1) }), 'signature-value/digest_differs')
    const other = { certificate: stage.officials[0].certificate, keys: stage.officials[1].keys }
    assert.equal(await signed({}, other), 'signature-value/invalid_signature')
    assert.equal(await signed({ withoutNamed: true }), 'signature-value/certificate_not_bound')
    const named = stage.officials[1].certificate
    assert.equal(await signed({ named }), 'signature-value/certificate_not_bound')
  })

  it('must be one of one signer, in the form of PAdES', async () => {
    assert.equal(await signed({ twoSigners: true }), 'signature-form/invalid_cms')
    assert.equal(await signed({ certificates: [stage.issuer.certificate] }), 'signature-form/invalid_cms')
    assert.equal(await signed({ subFilter: 'adbe.pkcs7.detached' }), 'signature-range/invalid_cms')
  })

  it('must not be made with weak algorithms or keys', async () => {
    assert.equal(await signed({ hash: 'SHA-1' }), 'signature-value/weak_algorithm')
    const { issuer } = stage
    const weak = await makeCertificate({ name: 'Weak', kind: 'official', issuer, algorithm: 'RSA-1024' })
    assert.equal(await signed({}, weak), 'signature-value/weak_algorithm')
    const old = await makeCertificate({ name: 'Old', kind: 'official', issuer, signatureHash: 'SHA-1' })
    assert.equal(await signed({}, old), 'signer-path/weak_algorithm')
    const curve = await makeCertificate({ name: 'Curve', kind: 'official', issuer, algorithm: 'P-256' })
    assert.equal(await signed({}, curve), 'ok')
  })

  it('needs the time-stamp of a trusted authority, over itself', async () => {
    assert.equal(await signed({ time: undefined }), 'signature-time/no_time_stamp')
    assert.equal(await signed({ stamped: Buffer.from('x') }), 'signature-time/time_stamp_invalid')
    const foreign = await makeCertificate({ name: 'Foreign', kind: 'authority' })
    const strange = await makeCertificate({ name: 'Strange', kind: 'time', issuer: foreign })
    assert.equal(await signed({ timeAuthority: strange }), 'signature-time/time_stamp_invalid')
    assert.equal(await signed({ timeAuthority: stage.officials[1] }), 'signature-time/time_stamp_invalid')
    assert.equal(await signed({ time: '2036-01-01T00:00:00.000Z' }), 'signature-time/time_stamp_invalid')
  })

  it('needs a path to a trusted root that was valid when it was made, and a certificate for signing', async () => {
    const { issuer } = stage
    const late = await makeCertificate({
      name: 'Late',
      kind: 'official',
      issuer,
      from: '2027-01-01T00:00:00Z',
    })
    assert.equal(await signed({}, late), 'signer-path/certificate_path')
    const over = await makeCertificate({
      name: 'Over',
      kind: 'official',
      issuer,
      until: '2026-06-01T00:00:00Z',
    })
    assert.equal(await signed({}, over), 'signer-path/certificate_path')
    assert.equal(await signed({ time: '2026-05-01T00:00:00.000Z' }, over), 'ok')
    const below = await makeCertificate({ name: 'Below', kind: 'official', issuer: stage.officials[1] })
    const certificates = [below.certificate, stage.officials[1].certificate, issuer.certificate]
    assert.equal(await signed({ certificates }, below), 'signer-path/certificate_path')
    const foreign = await makeCertificate({ name: 'Example Issuer', kind: 'authority' })
    const stranger = await makeCertificate({ name: 'Stranger', kind: 'official', issuer: foreign })
    assert.equal(
      await signed({ certificates: [stranger.certificate, foreign.certificate] }, stranger),
      'signer-path/certificate_path',
    )
    const usage = await makeCertificate({ name: 'Mail', kind: 'official', issuer, usages: 1 })
    assert.equal(await signed({}, usage), 'signer-path/not_for_signing')
    assert.equal(await signed({}, stage.officials[0], { roots: [] }), 'signer-path/certificate_path')
  })

  it('is qualified by the policies that were named', async () => {
    const strict = { qualifiedPolicies: [QUALIFIED], requireQualified: true }
    assert.equal(await signed({}, stage.officials[0], strict), 'ok')
    assert.equal(
      await signed({}, stage.officials[0], { ...strict, qualifiedPolicies: ['1.2.3'] }),
      'signer-level/level_too_low',
    )
    const levels = async (...qualifiedPolicies: string[]): Promise<readonly string[]> =>
      (await factsOf(stage, both, { qualifiedPolicies })).signatures.map(({ level }) => level)
    assert.deepEqual(
      [await levels(), await levels('1.2.3')],
      [
        ['unknown', 'unknown'],
        ['not_qualified', 'not_qualified'],
      ],
    )
  })

  it('of a test authority is refused, unless it is asked for', async () => {
    const root = await makeCertificate({ name: 'Sandbox TEST Root', kind: 'authority' })
    const tester = await makeCertificate({ name: 'Tester', kind: 'official', issuer: root })
    const file = await signAs(stage, 0, stage.document.pdf, { certificates: [tester.certificate] }, tester)
    const roots = [derOf(stage.root.certificate), derOf(root.certificate)]
    assert.equal(await outcome(stage, file, { roots, partial: true }), 'signer-path/test_root')
    const facts = await factsOf(stage, file, { roots, partial: true, allowTestRoot: true })
    assert.deepEqual(
      facts.signatures.map(({ testAuthority }) => testAuthority),
      [true],
    )
    // Also below a root that does not say it.
    const middle = await makeCertificate({ name: 'Staging CA', kind: 'authority', issuer: stage.root })
    const staged = await makeCertificate({ name: 'Staged', kind: 'official', issuer: middle })
    assert.equal(
      await signed({ certificates: [staged.certificate, middle.certificate] }, staged),
      'signer-path/test_root',
    )
  })
})

describe('revocation', () => {
  const FRESH = { from: '2026-11-29T13:00:00Z', until: '2026-12-01T00:00:00Z' }
  const withAnswers = async (wish: StatusWish, responder = stage.issuer): Promise<Buffer> => {
    const about = stage.officials.map(({ certificate }) => certificate)
    const ocsps = await Promise.all(
      about.map(async (each) => await makeOcsp(responder, each, stage.issuer.certificate, wish)),
    )
    const crls = [await makeCrl(stage.root, [], FRESH)]
    return await appendStore(both, { ocsps, crls, certificates: [derOf(stage.issuer.certificate)] })
  }
  const told = async (file: Uint8Array): Promise<readonly string[]> =>
    (await factsOf(stage, file)).signatures.map(({ revocation }) => revocation)

  it('is judged by answers and lists in the document', async () => {
    const responder = await makeCertificate({ name: 'Responder', kind: 'ocsp', issuer: stage.issuer })
    assert.deepEqual(await told(await withAnswers(FRESH)), ['good', 'good'])
    assert.deepEqual(await told(await withAnswers(FRESH, responder)), ['good', 'good'])
    assert.equal(await outcome(stage, await withAnswers(FRESH), { requireRevocation: true }), 'ok')
    const listed = async (wish: StatusWish): Promise<Buffer> => {
      const crls = [
        await makeCrl(stage.root, [], FRESH),
        await makeCrl(stage.issuer, [stage.officials[1].certificate], wish),
      ]
      return await appendStore(both, { crls })
    }
    assert.deepEqual(await told(await listed({ ...FRESH, revokedAt: '2026-11-29T12:30:00Z' })), [
      'good',
      'revoked_later',
    ])
    const before = await listed({ ...FRESH, revokedAt: '2026-11-29T11:00:00Z' })
    assert.equal(await outcome(stage, before), 'signer-revocation/certificate_revoked')
  })

  it('before the signature refuses it, later does not', async () => {
    const revoked = async (revokedAt: string): Promise<Buffer> => await withAnswers({ ...FRESH, revokedAt })
    assert.equal(
      await outcome(stage, await revoked('2026-11-29T11:59:59Z')),
      'signer-revocation/certificate_revoked',
    )
    assert.deepEqual(await told(await revoked('2026-11-29T12:30:00Z')), ['revoked_later', 'revoked_later'])
  })

  it('is not known from answers that are too old, or of somebody without the right', async () => {
    const old = { from: '2026-11-01T00:00:00Z', until: '2026-11-02T00:00:00Z' }
    assert.deepEqual(await told(await withAnswers(old)), ['not_checked', 'not_checked'])
    assert.deepEqual(await told(await withAnswers(FRESH, stage.officials[1])), ['not_checked', 'not_checked'])
    const foreign = await makeCertificate({ name: 'Example Issuer', kind: 'authority' })
    assert.deepEqual(await told(await withAnswers(FRESH, foreign)), ['not_checked', 'not_checked'])
    const posing = await makeCertificate({ name: 'Responder', kind: 'ocsp', issuer: foreign })
    assert.deepEqual(await told(await withAnswers(FRESH, posing)), ['not_checked', 'not_checked'])
    assert.equal(
      await outcome(stage, both, { requireRevocation: true }),
      'signer-revocation/revocation_unknown',
    )
  })
})

describe('an archive time-stamp', () => {
  it('is verified over the document as it stood', async () => {
    const store = await appendStore(both, { certificates: [derOf(stage.timeAuthority.certificate)] })
    const archived = await signPdf(store, stage.timeAuthority, {
      field: 'Archive',
      subFilter: 'ETSI.RFC3161',
      instead: async (covered) =>
        await makeTimeStamp(stage.timeAuthority, covered, '2026-11-30T00:00:00.000Z'),
    })
    assert.deepEqual((await factsOf(stage, archived)).archiveTimes, ['2026-11-30T00:00:00.000Z'])
    const wrong = await signPdf(store, stage.timeAuthority, {
      field: 'Archive',
      subFilter: 'ETSI.RFC3161',
      instead: async (covered) =>
        await makeTimeStamp(stage.timeAuthority, covered.subarray(1), '2026-11-30T00:00:00.000Z'),
    })
    assert.equal(await outcome(stage, wrong), 'signature-time/time_stamp_invalid')
  })
})
