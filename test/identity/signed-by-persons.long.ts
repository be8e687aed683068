import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { TestStandIn } from '../../sandbox/identity/testing/stand-in-client.ts'
import { builtInTemplate } from '../../src/agreements/document-template.ts'
import { renderAgreement, signaturePlaces } from '../../src/agreements/render-agreement.ts'
import { draft } from '../../src/agreements/testing/draft-agreement.ts'

/** Programs of others that judge what the stand-in signs, with the Debian package of each. */
const TOOLS = {
  pdfsig: 'poppler-utils',
  certutil: 'libnss3-tools',
  qpdf: 'qpdf',
  openssl: 'openssl',
} as const

const missing = Object.entries(TOOLS)
  .filter(([tool]) => spawnSync(tool, ['--version']).error !== undefined)
  .map(([tool, debian]) => `the program "${tool}" is missing (Debian package ${debian})`)

// The programs ask this very process for status answers: it must not wait for them idly.
async function run(tool: keyof typeof TOOLS, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(tool, args, { encoding: 'utf8', timeout: 60_000 })
  return `${stdout}${stderr}`
}

test(
  'pdfsig, openssl and qpdf accept an agreement that two people signed one after the other',
  { skip: missing.length > 0 ? missing.join('; ') : false },
  async () => {
    await using standIn = await TestStandIn.start()
    const folder = mkdtempSync(join(tmpdir(), 'signed-'))
    try {
      const pdf = await signTwice(standIn)
      const file = join(folder, 'signed.pdf')
      writeFileSync(file, pdf)
      const { trusted, untrusted } = await trustStores(standIn, folder)
      const told = await run('pdfsig', ['-nssdir', trusted, file])
      assert.equal(told.match(/Signature is Valid/g)?.length, 2, told)
      assert.equal(told.match(/Certificate is Trusted/g)?.length, 2, told)
      assert.match(told, /Signature #2[\s\S]*Total document signed/)
      assert.doesNotMatch(await run('pdfsig', ['-nssdir', untrusted, file]), /Certificate is Trusted/)
      await run('qpdf', ['--check', file])
      await acceptedByOpenssl(pdf, folder)

      const changed = Uint8Array.from(pdf)
      changed[2_000] = (changed[2_000] ?? 0) ^ 1
      writeFileSync(file, changed)
      assert.doesNotMatch(await run('pdfsig', ['-nssdir', trusted, file]), /Signature is Valid/)

      await standIn.switches({ revoked: { khalid: '2026-01-01T00:00:00Z' } })
      writeFileSync(file, pdf)
      const revoked = await run('pdfsig', ['-nssdir', trusted, file])
      assert.equal(revoked.match(/Certificate is Trusted/g)?.length, 1, revoked)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)

async function signTwice(standIn: TestStandIn): Promise<Uint8Array> {
  const template = await builtInTemplate('service')
  const plain = Uint8Array.from(await renderAgreement(draft(), template))
  const places = await signaturePlaces(draft(), template)
  const once = await standIn.sign(plain, { name: 'Sign1', ...places[0] }, 'khalid')
  return await standIn.sign(once, { name: 'Sign2', ...places[1] }, 'noura')
}

/** NSS databases with and without trust in the test root; the authority below it is known to both. */
async function trustStores(
  standIn: TestStandIn,
  folder: string,
): Promise<{ readonly trusted: string; readonly untrusted: string }> {
  const pems = []
  for (const name of ['root', 'issuing']) {
    const der = Buffer.from(await (await fetch(`${standIn.url}/authority/${name}.cer`)).arrayBuffer())
    writeFileSync(join(folder, `${name}.cer`), der)
    pems.push(await run('openssl', ['x509', '-inform', 'DER', '-in', join(folder, `${name}.cer`)]))
  }
  writeFileSync(join(folder, 'authorities.pem'), pems.join(''))
  const store = async (name: string, trust: string): Promise<string> => {
    const directory = mkdtempSync(join(folder, `${name}-`))
    await run('certutil', ['-N', '-d', `sql:${directory}`, '--empty-password'])
    for (const [nick, flags] of [
      ['root', trust],
      ['issuing', ',,'],
    ] as const)
      await run('certutil', [
        '-A',
        '-d',
        `sql:${directory}`,
        '-n',
        nick,
        '-t',
        flags,
        '-i',
        join(folder, `${nick}.cer`),
      ])
    return `sql:${directory}`
  }
  return { trusted: await store('trusted', 'CT,C,C'), untrusted: await store('untrusted', ',,') }
}

/** Each signature as CAdES over the bytes that it covers, and its time-stamp over its value. */
async function acceptedByOpenssl(pdf: Uint8Array, folder: string): Promise<void> {
  const text = Buffer.from(pdf).toString('latin1')
  const authorities = join(folder, 'authorities.pem')
  const ranges = [...text.matchAll(/\/ByteRange \[(\d+) (\d+) (\d+) (\d+)\]/g)]
  assert.equal(ranges.length, 2)
  for (const range of ranges) {
    const [, start = 0, length = 0, next = 0, last = 0] = range.map(Number)
    const contents = Buffer.from(text.slice(start + length + 1, next - 1), 'hex')
    const covered = Buffer.concat([pdf.subarray(start, start + length), pdf.subarray(next, next + last)])
    const [cms, content, value, token] = ['cms', 'content', 'value', 'token'].map((name) =>
      join(folder, name),
    )
    assert.ok(cms !== undefined && content !== undefined && value !== undefined && token !== undefined)
    writeFileSync(cms, contents)
    writeFileSync(content, covered)
    const input = ['-inform', 'DER', '-in', cms, '-content', content, '-binary', '-CAfile', authorities]
    const told = await run('openssl', [
      'cms',
      '-verify',
      '-cades',
      ...input,
      '-purpose',
      'any',
      '-out',
      join(folder, 'out'),
    ])
    assert.match(told, /CAdES Verification successful/)
    const parts = await partsOf(cms)
    writeFileSync(value, contents.subarray(...parts.value))
    writeFileSync(token, contents.subarray(...parts.token))
    const stamp = ['-in', token, '-token_in', '-data', value, '-CAfile', authorities]
    assert.match(await run('openssl', ['ts', '-verify', ...stamp]), /Verification: OK/)
  }
}

type Span = readonly [start: number, end: number]

/** Where the signature's value and its time-stamp token stand in a CMS, as openssl's own reader sees it. */
async function partsOf(cms: string): Promise<{ readonly value: Span; readonly token: Span }> {
  const lines = (await run('openssl', ['asn1parse', '-inform', 'DER', '-in', cms])).split('\n')
  const at = lines.findIndex((line) => line.includes('id-smime-aa-timeStampToken'))
  const before = lines.slice(0, at).findLast((line) => line.includes('OCTET STRING'))
  const after = lines.slice(at).find((line) => line.includes('cons: SEQUENCE'))
  return { value: span(before, 'inside'), token: span(after, 'whole') }
}

function span(line: string | undefined, wanted: 'inside' | 'whole'): Span {
  const [offset = 0, header = 0, length = 0] = (/^ *(\d+):d=\d+ +hl=(\d+) l= *(\d+)/.exec(line ?? '') ?? [])
    .slice(1)
    .map(Number)
  assert.ok(length > 0, String(line))
  const inside = offset + header
  return [wanted === 'inside' ? inside : offset, inside + length]
}
