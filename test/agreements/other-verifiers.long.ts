import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { KeyObject, sign, X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ContentInfo, SignedData } from 'pkijs'
import { addValidationData } from '../../src/agreements/add-validation.ts'
import { attachProof } from '../../src/agreements/attach-proof.ts'
import { appendStore } from '../../src/agreements/testing/append-update.ts'
import { prepareSignatures } from '../../src/agreements/sign-by-digest.ts'
import { AuthorityServer } from '../../src/agreements/testing/authority-server.ts'
import { answerTimeStamp } from '../../src/agreements/testing/make-cms.ts'
import { type KeyHolder, makeCertificate } from '../../src/agreements/testing/signing-authority.ts'
import {
  derOf,
  outcome,
  setStage,
  signBoth,
  type SigningStage,
} from '../../src/agreements/testing/signing-stage.ts'

// Programs that nobody here wrote, and what brings them.
const TOOLS = {
  pdfsig: 'poppler-utils',
  certutil: 'libnss3-tools',
  qpdf: 'qpdf',
  openssl: 'openssl',
} as const

const missing = Object.entries(TOOLS).filter(([tool]) => spawnSync(tool, ['--help']).error !== undefined)
const skip =
  missing.length === 0 ? false : `missing: ${missing.map(([tool, from]) => `${tool} (${from})`).join(', ')}`

const folder = mkdtempSync(join(tmpdir(), 'wusla-other-verifiers-'))
const at = (name: string): string => join(folder, name)
let stage: SigningStage
let pdf: Buffer

before(async () => {
  if (skip !== false) return
  stage = await setStage()
  const certificates = [stage.issuer, stage.root, stage.timeAuthority].map(({ certificate }) =>
    derOf(certificate),
  )
  const stored = await appendStore(await signBoth(stage), { certificates })
  // A proof of the length that a directory gives, in an update of its own behind everything that is signed.
  pdf = Buffer.from(await attachProof(stored, JSON.stringify({ entries: Array(60).fill('e'.repeat(2_000)) })))
  writeFileSync(at('signed.pdf'), pdf)
  writeFileSync(at('root.pem'), new X509Certificate(derOf(stage.root.certificate)).toString())
  mkdirSync(at('nss'))
  run('certutil', '-N', '-d', at('nss'), '--empty-password')
  run('certutil', '-A', '-d', at('nss'), '-n', 'root', '-t', 'CT,C,C', '-i', at('root.pem'))
})
after(() => rmSync(folder, { recursive: true }))

function run(tool: string, ...args: string[]): string {
  return execFileSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** What each signature covers, and its CMS without the zeros behind it. */
function signaturesOf(file: Buffer): readonly { readonly covered: Buffer; readonly cms: Buffer }[] {
  const ranges = [...file.toString('latin1').matchAll(/\/ByteRange \[(\d+) (\d+) (\d+) (\d+) *\]/g)]
  return ranges.map(([, ...numbers]) => {
    const [, before = 0, from = 0, rest = 0] = numbers.map(Number)
    const place = Buffer.from(file.subarray(before + 1, from - 1).toString('latin1'), 'hex')
    const cms = Buffer.from(ContentInfo.fromBER(Uint8Array.from(place).buffer).toSchema().toBER())
    return { covered: Buffer.concat([file.subarray(0, before), file.subarray(from, from + rest)]), cms }
  })
}

describe('other programs agree with our verifier about a document with a proof', { skip }, () => {
  it('pdfsig: both signatures valid, both certificates trusted, and none after a changed byte', async () => {
    assert.equal(await outcome(stage, pdf), 'ok')
    const told = run('pdfsig', '-nssdir', at('nss'), at('signed.pdf'))
    assert.equal(told.match(/Signature is Valid\./g)?.length, 2, told)
    assert.equal(told.match(/Certificate is Trusted\./g)?.length, 2, told)
    const changed = Buffer.from(pdf)
    changed.write('595.2757', changed.indexOf('595.2756'), 'latin1')
    writeFileSync(at('changed.pdf'), changed)
    const wrong = spawnSync('pdfsig', ['-nssdir', at('nss'), at('changed.pdf')], { encoding: 'utf8' }).stdout
    assert.equal(wrong.match(/Digest Mismatch\./g)?.length, 2, wrong)
    assert.equal(await outcome(stage, changed), 'first-revision/not_as_rendered')
  })

  it('openssl cms: a CAdES signature of the bytes it covers', () => {
    const signatures = signaturesOf(pdf)
    assert.equal(signatures.length, 2)
    for (const { covered, cms } of signatures) {
      writeFileSync(at('cms.der'), cms)
      writeFileSync(at('covered'), covered)
      const args = [
        'cms',
        '-verify',
        '-cades',
        '-inform',
        'DER',
        '-in',
        at('cms.der'),
        '-content',
        at('covered'),
        '-binary',
      ]
      const ended = spawnSync('openssl', [
        ...args,
        '-CAfile',
        at('root.pem'),
        '-purpose',
        'any',
        '-out',
        at('out'),
      ])
      assert.equal(ended.status, 0, ended.stderr.toString())
    }
  })

  it('openssl ts: a time-stamp of the signature', () => {
    for (const { cms } of signaturesOf(pdf)) {
      const { content } = ContentInfo.fromBER(Uint8Array.from(cms).buffer)
      const [info] = new SignedData({ schema: content as unknown }).signerInfos
      const token = info?.unsignedAttrs?.attributes[0]?.values[0] as { readonly toBER: () => ArrayBuffer }
      writeFileSync(at('token.der'), Buffer.from(token.toBER()))
      writeFileSync(at('stamped'), Buffer.from(info?.signature.getValue() ?? new ArrayBuffer()))
      const args = [
        'ts',
        '-verify',
        '-in',
        at('token.der'),
        '-token_in',
        '-data',
        at('stamped'),
        '-CAfile',
        at('root.pem'),
      ]
      const ended = spawnSync('openssl', args)
      assert.equal(ended.status, 0, ended.stderr.toString())
    }
  })

  it('qpdf: the file is well formed', () => {
    const ended = spawnSync('qpdf', ['--check', at('signed.pdf')], { encoding: 'utf8' })
    assert.equal(ended.status, 0, ended.stdout + ended.stderr)
  })
})

describe('a signature by a key that gets the digest alone', { skip }, () => {
  it('is valid for pdfsig and openssl', async () => {
    await using server = await AuthorityServer.start()
    server.handlers.set('/stamp', async (question) =>
      answerTimeStamp(stage.timeAuthority, question, '2026-11-29T12:00:03.000Z'),
    )
    const [official] = stage.officials
    const [place] = stage.document.places
    assert.ok(place !== undefined)
    const { page, rectangle } = place
    const documents = [{ pdf: stage.document.pdf, field: { name: 'Sign1', page, rectangle } }]
    const certificates = [official, stage.issuer].map(({ certificate }) => derOf(certificate))
    const prepared = await prepareSignatures(documents, { certificates }, new Date('2026-11-29T12:00:00Z'))
    const key = KeyObject.from(official.keys.privateKey)
    const signatures = prepared.digested.map((bytes) => sign('sha256', bytes, key))
    const source = { fetch: globalThis.fetch, timeStampUrl: `${server.url}/stamp` }
    const [file = new Uint8Array()] = await prepared.finish(signatures, source)
    writeFileSync(at('by-digest.pdf'), file)
    const told = run('pdfsig', '-nssdir', at('nss'), at('by-digest.pdf'))
    assert.match(told, /Signature is Valid\./)
    assert.match(told, /Certificate is Trusted\./)
    const [signature] = signaturesOf(Buffer.from(file))
    assert.ok(signature !== undefined)
    writeFileSync(at('digest.der'), signature.cms)
    writeFileSync(at('covered'), signature.covered)
    const files = ['-in', at('digest.der'), '-content', at('covered'), '-CAfile', at('root.pem')]
    run('openssl', 'cms', '-verify', '-cades', '-inform', 'DER', '-binary', '-purpose', 'any', ...files)
  })
})

/** A responder for what `issuer` issued: the program `openssl ocsp` answers, not our libraries. */
async function answerWithOpenssl(
  server: AuthorityServer,
  name: string,
  issuer: KeyHolder,
  issued: readonly KeyHolder[],
): Promise<void> {
  const responder = await makeCertificate({ name: `Responder of ${name}`, kind: 'ocsp', issuer })
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', responder.keys.privateKey)
  const key = Buffer.from(pkcs8).toString('base64')
  writeFileSync(at(`${name}.key`), `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`)
  writeFileSync(at(`${name}-ocsp.pem`), new X509Certificate(derOf(responder.certificate)).toString())
  writeFileSync(at(`${name}.pem`), new X509Certificate(derOf(issuer.certificate)).toString())
  const rows = issued.map(({ certificate }, index) => {
    const { serialNumber } = new X509Certificate(derOf(certificate))
    return `V\t350101000000Z\t\t${serialNumber}\tunknown\t/CN=somebody ${index}\n`
  })
  writeFileSync(at(`${name}.index`), rows.join(''))
  const own = [at(`${name}.pem`), '-rsigner', at(`${name}-ocsp.pem`), '-rkey', at(`${name}.key`)]
  server.handlers.set(`/${name}/ocsp`, async (question) => {
    writeFileSync(at('question.der'), question)
    const files = ['-reqin', at('question.der'), '-respout', at('answer.der')]
    run('openssl', 'ocsp', '-index', at(`${name}.index`), '-CA', ...own, '-ndays', '3650', ...files)
    return await readFile(at('answer.der'))
  })
}

describe('with validation data that we fetched, from a responder of openssl', { skip }, () => {
  it('both signatures stay valid for pdfsig, qpdf finds the file well formed, we say good', async () => {
    await using server = await AuthorityServer.start()
    const addressesOf = (name: string): object => ({
      issuer: `${server.url}/${name}.cer`,
      ocsp: `${server.url}/${name}/ocsp`,
    })
    const own = await setStage({ root: addressesOf('root'), issuer: addressesOf('issuer') })
    const { root, issuer, timeAuthority, officials } = own
    await answerWithOpenssl(server, 'root', root, [issuer, timeAuthority])
    await answerWithOpenssl(server, 'issuer', issuer, officials)
    const signed = await signBoth(own)
    const roots = [derOf(root.certificate)]
    const clock = { nowMs: (): number => Date.now() }
    const file = await addValidationData(signed, { fetch: globalThis.fetch, roots, clock })
    assert.equal(await outcome(own, file, { requireRevocation: true }), 'ok')
    writeFileSync(at('kept.pdf'), file)
    // Whom it trusts is asked above; here it would ask the responder, which waits in this process.
    const told = run('pdfsig', '-nocert', at('kept.pdf'))
    assert.equal(told.match(/Signature is Valid\./g)?.length, 2, told)
    const checked = spawnSync('qpdf', ['--check', at('kept.pdf')], { encoding: 'utf8' })
    assert.equal(checked.status, 0, checked.stdout + checked.stderr)
  })
})
