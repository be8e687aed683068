import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { agreementHash } from '../src/agreements/agreement.ts'
import { draft } from '../src/agreements/testing/draft-agreement.ts'
import { verifyEvidence } from '../src/evidence/verify-evidence.ts'
import type { EvidenceFacts } from '../src/evidence/verify-result.ts'
import { unfold, type VectorFile } from '../test/conformance/evidence/vector.ts'
import { classLine, provenClass, readTerms } from './proven-class.ts'
import { UsageError } from './voice.ts'

const stored = JSON.parse(
  readFileSync(new URL('../test/conformance/evidence/vectors.json', import.meta.url), 'utf8'),
) as VectorFile

const TERMS = draft({ grant: { dataClass: 'sensitive', purpose: ['licensing'] } })

/** Facts of a proven exchange as if it had been made under these terms. */
function factsUnder(request: Partial<EvidenceFacts['request']>): EvidenceFacts {
  for (const { file, anchor, padding = 0 } of stored.vectors) {
    const its = stored.anchors[anchor]
    const result =
      its === undefined || padding > 0 ? undefined : verifyEvidence(unfold(file, stored.fragments), its)
    if (result?.ok !== true) continue
    const { facts } = result
    const call = {
      client: 'AE-DU/GOV/RTA/LICENSING',
      service: 'AE-DU/SEMI/DEWA/BILLING/bills',
      method: 'GET',
      path: '/bills/7',
      purpose: 'licensing',
    }
    return {
      ...facts,
      request: { ...facts.request, ...call, ...request },
      agreement: { ...facts.agreement, hash: agreementHash(TERMS) },
    }
  }
  throw new Error('the vectors hold no good file')
}

test('the class of a proven exchange is that of the grant in the terms whose hash was signed', () => {
  const found = provenClass(factsUnder({}), TERMS)
  assert.deepEqual(found, { agreement: agreementHash(TERMS), dataClass: 'sensitive' })
  assert.match(classLine(found, 'en'), /data class: sensitive/)
  assert.match(classLine(found, 'ar'), /تصنيف البيانات: حسّاسة/)
})

test('a call that no grant covers has none', () => {
  for (const request of [{ method: 'DELETE' }, { purpose: 'audit' }, { time: '2020-01-01T00:00:00.000Z' }]) {
    const found = provenClass(factsUnder(request), TERMS)
    assert.equal(found.dataClass, null)
    assert.match(classLine(found, 'en'), /none: the agreement does not grant this call/)
  }
})

test('terms of another agreement, and what is none, are refused', async () => {
  const other = draft({ grant: { dataClass: 'open', purpose: ['licensing'] } })
  assert.throws(
    () => provenClass(factsUnder({}), other),
    (error: unknown) => error instanceof UsageError && error.code === 'other_agreement',
  )
  const folder = await mkdtemp(join(tmpdir(), 'wusla-terms-'))
  try {
    const file = join(folder, 'terms.json')
    await writeFile(file, JSON.stringify(TERMS, null, 2))
    assert.deepEqual(await readTerms(file), TERMS)
    for (const text of ['', '{', '[]', JSON.stringify({ ...TERMS, more: 1 })]) {
      await writeFile(file, text)
      await assert.rejects(
        readTerms(file),
        (error: unknown) => error instanceof UsageError && error.code === 'invalid_agreement',
      )
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
