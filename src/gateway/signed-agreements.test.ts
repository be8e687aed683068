import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { PDFDocument } from '@cantoo/pdf-lib'
import { draft, draftHosting } from '../agreements/testing/draft-agreement.ts'
import type { AgreementRecord } from '../directory/directory-record.ts'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { DEFAULT_COEFFICIENTS, PAPERLESS_FILE, readCoefficients } from './paperless-coefficients.ts'
import { SignedAgreements } from './signed-agreements.ts'

const CONTENTS = new Map([
  ['service', draft()],
  ['hosting', draftHosting()],
])

async function folderOf(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wusla-signed-'))
  context.after(async () => await rm(folder, { recursive: true }))
  await mkdir(join(folder, 'agreements'))
  return folder
}

function agreementsOf(member: string, stateDirectory: string): SignedAgreements {
  const records = ['service', 'hosting', 'without content'].map((agreement, day) => {
    return { agreement, effectiveAt: `2026-11-2${day}T00:00:00.000Z` } as AgreementRecord
  })
  const directory = { agreementsOf: () => records }
  return new SignedAgreements({ member, stateDirectory, directory, agreements: CONTENTS })
}

test('of two parties only one counts an agreement, in the period in which it took effect', async (context) => {
  const folder = await folderOf(context)
  const of = async (member: string, from = -Infinity, until = Infinity): Promise<string[]> =>
    (await agreementsOf(member, folder).list(from, until)).map(({ agreement }) => agreement)
  assert.deepEqual(await of('AE-DU/GOV/RTA'), ['service'])
  assert.deepEqual(await of('AE-DU/SEMI/DEWA'), ['hosting'])
  assert.deepEqual(await of('AE-DU/GOV/DDA'), [])
  const effective = Date.parse('2026-11-20T00:00:00Z')
  assert.deepEqual(await of('AE-DU/GOV/RTA', effective, effective + 1), ['service'])
  assert.deepEqual(await of('AE-DU/GOV/RTA', effective + 1), [])
  assert.deepEqual(await of('AE-DU/GOV/RTA', 0, effective), [])
})

test('the pages are those of the document beside the content; without one they stay open', async (context) => {
  const folder = await folderOf(context)
  const signed = agreementsOf('AE-DU/GOV/RTA', folder)
  assert.deepEqual(await signed.list(0, Infinity), [{ agreement: 'service' }])
  const pdf = await PDFDocument.create()
  for (let page = 0; page < 5; page += 1) pdf.addPage()
  await writeFile(join(folder, 'agreements', 'service.pdf'), await pdf.save())
  assert.deepEqual(await signed.list(0, Infinity), [{ agreement: 'service', pages: 5 }])
})

test('a gateway without coefficients of its own goes by the defaults, and a bad file is told', async (context) => {
  const folder = await folderOf(context)
  assert.deepEqual(await readCoefficients(folder), DEFAULT_COEFFICIENTS)
  const originals = { value: 3, source: { en: 'three parties keep one', ar: 'لكل من ثلاثة أطراف نسخة' } }
  await writeFile(join(folder, PAPERLESS_FILE), JSON.stringify({ agreements: { originals } }))
  const own = await readCoefficients(folder)
  assert.deepEqual(own.agreements, { ...DEFAULT_COEFFICIENTS.agreements, originals })
  assert.deepEqual(own.exchanges, DEFAULT_COEFFICIENTS.exchanges)
  for (const text of ['{', '{"agreements":{"originals":{"value":3}}}']) {
    await writeFile(join(folder, PAPERLESS_FILE), text)
    await assert.rejects(
      readCoefficients(folder),
      (error: unknown) => isWuslaError(error) && error.code === 'config_invalid',
    )
  }
})
