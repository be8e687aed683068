import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PDFDocument } from '@cantoo/pdf-lib'
import { draft } from '../../agreements/testing/draft-agreement.ts'
import { typesetAgreement } from '../../agreements/render-agreement.ts'
import { builtInTemplate } from '../../agreements/document-template.ts'
import { refusalOf } from '../testing/gateway-world.ts'
import type { VerifyJob } from './document-job.ts'
import { DocumentWorker } from './document-worker.ts'

const worker = new DocumentWorker()
after(async () => await worker[Symbol.asyncDispose]())

async function verifyJob(pdf: Uint8Array): Promise<VerifyJob> {
  return {
    pdf,
    network: 'AE-DU',
    roots: [Buffer.from('no certificate')],
    qualifiedPolicies: [],
    requireQualified: false,
    allowTestRoot: false,
    partial: false,
    unsigned: await typesetAgreement(draft(), await builtInTemplate('service')),
    signers: [],
    mandates: {},
  }
}

test('documents are taken apart in another process, one after the other', async () => {
  const document = await PDFDocument.create()
  document.addPage([300, 200])
  const pdf = await document.save({ useObjectStreams: false })
  const [fields, verdict] = await Promise.all([
    worker.reader.fields(pdf),
    worker.run('verify', await verifyJob(pdf)),
  ])
  assert.deepEqual(fields, [])
  assert.partialDeepStrictEqual(verdict, { ok: false, step: 'file', code: 'embedded_terms' })
})

test('an agreement that nobody signed is told apart from what is no agreement', async () => {
  const job = await verifyJob(Buffer.from(''))
  const verdict = await worker.run('verify', { ...job, pdf: job.unsigned.pdf })
  assert.partialDeepStrictEqual(verdict, { ok: false, step: 'signer-path', code: 'certificate_path' })
})

test('an error keeps its code, and what a library says of a document stays in there', async () => {
  const refused = await refusalOf(async () => await worker.reader.signerNumber(Buffer.from('no CMS')))
  assert.equal(refused.code, 'signer_unreadable')
  const unreadable = await refusalOf(
    async () => await worker.run('addValidationData', { pdf: Buffer.from('no PDF'), roots: [] }),
  )
  assert.equal(unreadable.code, 'revocation_unavailable')
  const failed = await refusalOf(async () => await worker.reader.fields(Buffer.from('no PDF: secret words')))
  assert.equal(failed.code, 'document_process_failed')
  assert.ok(!JSON.stringify([failed.message, failed.details]).includes('secret'))
})

test('a process that ends in the middle costs that task alone, and the next one has another', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wusla-worker-'))
  const program = join(folder, 'ends.mjs')
  await writeFile(
    program,
    `process.on('message', ({ task }) => task === 'fields' ? process.exit(3) : process.send({ ok: true, value: process.pid }))`,
  )
  const ending = new DocumentWorker({ program })
  const fields = async (): Promise<unknown> => await ending.run('fields', { pdf: Buffer.from('') })
  const pid = async (): Promise<unknown> => await ending.run('signerNumber', { cms: Buffer.from('') })
  const first = await pid()
  assert.equal(await pid(), first, 'one process for tasks that follow each other')
  const [lost, next] = await Promise.all([refusalOf(fields), pid()])
  assert.equal(lost.code, 'document_process_failed')
  assert.notEqual(next, first)
  await ending[Symbol.asyncDispose]()
  assert.throws(() => process.kill(Number(next), 0), 'nothing is left over')
  await rm(folder, { recursive: true })
})
