import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { DocumentResult } from '../../src/agreements/signed-document-result.ts'
import { NUMBERS, setStage } from '../../src/agreements/testing/signing-stage.ts'
import { type SignedOnPaper, signOnPaper, withProof } from '../../src/evidence/testing/signed-on-paper.ts'
import { type CliResult, runWusla } from './run-wusla.ts'

const folder = mkdtempSync(join(tmpdir(), 'wusla-agreement-verify-'))
const at = (name: string): string => join(folder, name)
let paper: SignedOnPaper

before(async () => {
  paper = await signOnPaper(
    { policy: { testAuthorities: true } },
    await setStage(undefined, 'Example TEST Root'),
  )
  writeFileSync(at('anchor.json'), JSON.stringify(paper.network.anchor))
  writeFileSync(at('proven.pdf'), await withProof(paper))
  writeFileSync(at('bare.pdf'), paper.pdf)
  writeFileSync(at('entries'), paper.network.entries.join('\n'))
})
after(() => rmSync(folder, { recursive: true }))

const verify = async (file: string, ...more: string[]): Promise<CliResult> =>
  await runWusla(['agreement', 'verify', at(file), '--anchor', at('anchor.json'), ...more])

test('a document with its proof is verified by the anchor alone', async () => {
  const english = await verify('proven.pdf')
  assert.equal(english.code, 0, english.stderr + english.stdout)
  for (const words of [
    /^verified$/m,
    /as Director General of AE-DU\/SEMI\/DEWA, under mandate /,
    /^ {2}status: {7}IN FORCE$/m,
    /sealed by AE-DU\/SEMI\/DEWA, AE-DU\/GOV\/RTA/,
    /seen by AE-DU\/branch\/CORE at 2026-/,
    /THIS NETWORK BELIEVES TEST AUTHORITIES/,
    /a TEST authority/,
    /not checked: +whether a later or withheld entry/,
  ])
    assert.match(english.stdout, words)
  assertNoNumber(english.stdout)
})

test('without a proof the first step that fails is named, in the language that was asked for', async () => {
  const arabic = await verify('bare.pdf', '--language', 'ar')
  assert.equal(arabic.code, 1)
  assert.match(arabic.stdout, /لم يثبت: فشلت الخطوة .*proof_missing/)
  assert.match(arabic.stdout, /لا يحمل المستند إثبات الشبكة/)
})

test('with all entries nothing is left to believe', async () => {
  const { code, stdout } = await verify('proven.pdf', '--directory', at('entries'), '--json')
  assert.equal(code, 0)
  const result = JSON.parse(stdout) as DocumentResult
  assert.ok(result.ok)
  assert.deepEqual([result.facts.notChecked, result.facts.inDirectory?.isComplete], [[], true])
})

/** Digests are random, so it is the whole numbers that are looked for. */
function assertNoNumber(text: string): void {
  for (const number of NUMBERS) assert.ok(!text.includes(number), 'an identity number is shown')
}
