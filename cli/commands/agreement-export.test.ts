import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { agreementHash } from '../../src/agreements/agreement.ts'
import { draft, draftHosting } from '../../src/agreements/testing/draft-agreement.ts'
import { LAUNCHER } from '../run/start-detached.ts'

const folder = mkdtempSync(join(tmpdir(), 'wusla-export-'))
const [bills, hosting] = [draft(), draftHosting()]
const rows = [
  { id: agreementHash(bills), content: bills, kind: 'service', status: 'draft' },
  { id: agreementHash(hosting), content: hosting, kind: 'hosting', status: 'in_force', signedBy: ['a', 'b'] },
  { id: 'A'.repeat(43), content: bills },
  { id: 'B'.repeat(43) },
]
const SIGNED = Buffer.from('%PDF-1.7 with signatures \0\xff', 'latin1')
const api = createServer(({ url }, response) => {
  if (url === `/v1/agreements/${agreementHash(hosting)}/document`) {
    response.setHeader('content-type', 'application/pdf')
    response.end(SIGNED)
    return
  }
  response.statusCode = url === '/v1/agreements' ? 200 : 404
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(url === '/v1/agreements' ? { agreements: rows } : { code: 'not_found' }))
})

before(async () => {
  api.listen(0, '127.0.0.1')
  await once(api, 'listening')
})
after(() => {
  api.close()
  rmSync(folder, { recursive: true })
})

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function exported(agreement: string, out: string, ...more: string[]): Promise<Ended> {
  const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
  const args = [
    LAUNCHER,
    'agreement',
    'export',
    agreement,
    '--out',
    out,
    '--gateway',
    url,
    '--token',
    't',
    ...more,
  ]
  return await new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

test('the document that the gateway holds is written as it is, with who signed it', async () => {
  const out = join(folder, 'signed.pdf')
  const { code, stdout, stderr } = await exported(agreementHash(hosting), out, '--json')
  assert.equal(code, 0, stderr)
  assert.deepEqual(readFileSync(out), SIGNED)
  const { sha256, status, signedBy } = JSON.parse(stdout) as Record<string, unknown>
  const digest = createHash('sha256').update(SIGNED).digest('hex')
  assert.deepEqual([sha256, status, signedBy], [digest, 'in_force', ['a', 'b']])
})

test('an unsigned document is typeset here, and told with its digest and the places of the signatures', async () => {
  const out = join(folder, 'bills.pdf')
  const { code, stdout, stderr } = await exported(agreementHash(bills), out, '--json', '--theme', 'neutral')
  assert.equal(code, 0, stderr)
  const told = JSON.parse(stdout) as Record<string, unknown>
  const pdf = readFileSync(out)
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-')
  assert.equal(told['sha256'], createHash('sha256').update(pdf).digest('hex'))
  assert.deepEqual([told['kind'], told['theme'], told['bytes']], ['service', 'neutral', pdf.length])
  const places = told['signaturePlaces'] as readonly { readonly member: string }[]
  assert.deepEqual(
    places.map(({ member }) => member),
    ['AE-DU/SEMI/DEWA', 'AE-DU/GOV/RTA'],
  )
})

test('another theme and a folder of one’s own are used', async () => {
  const own = join(folder, 'own')
  cpSync(new URL('../../src/agreements/document/templates/hosting', import.meta.url), own, {
    recursive: true,
  })
  const out = join(folder, 'hosting.pdf')
  const { code, stdout, stderr } = await exported(
    agreementHash(hosting),
    out,
    '--theme',
    'national',
    '--template-dir',
    own,
  )
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^wrote .*hosting\.pdf: \d+ bytes, SHA-256 [0-9a-f]{64}\n$/)
})

test('what cannot be exported is told, and no file is written', async () => {
  const wrong: readonly (readonly [agreement: string, code: string, exit: number, ...more: string[]])[] = [
    ['C'.repeat(43), 'agreement_not_found', 1],
    ['B'.repeat(43), 'agreement_not_found', 1, '--theme', 'neutral'],
    ['A'.repeat(43), 'invalid_agreement', 1, '--theme', 'neutral'],
    ['A'.repeat(43), 'not_found', 1],
    [agreementHash(bills), 'invalid_template', 2, '--template-dir', folder],
    [agreementHash(bills), 'template_mismatch', 1, '--template-dir', join(folder, 'own')],
  ]
  for (const [agreement, expected, exit, ...more] of wrong) {
    const out = join(folder, 'never.pdf')
    const { code, stdout } = await exported(agreement, out, '--json', ...more)
    const { error } = JSON.parse(stdout) as { readonly error: { readonly code: string } }
    assert.deepEqual([error.code, code], [expected, exit])
    assert.equal(existsSync(out), false)
  }
})
