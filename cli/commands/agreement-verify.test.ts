import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { agreementHash } from '../../src/agreements/agreement.ts'
import {
  derOf,
  setStage,
  signAs,
  signBoth,
  type SigningStage,
} from '../../src/agreements/testing/signing-stage.ts'
import { newGateway, PaperNetwork } from '../../src/evidence/testing/paper-network.ts'
import { formatAnchor } from '../../src/trust/anchor.ts'
import { LAUNCHER } from '../run/start-detached.ts'

const folder = mkdtempSync(join(tmpdir(), 'wusla-verify-'))
const at = (name: string): string => join(folder, name)
let stage: SigningStage

before(async () => {
  stage = await setStage()
  writeFileSync(at('both.pdf'), await signBoth(stage))
  writeFileSync(at('one.pdf'), await signAs(stage, 0, stage.document.pdf))
  const network = await PaperNetwork.create()
  writeFileSync(at('anchor.json'), formatAnchor(network.anchor))
  const [dewa, rta] = [newGateway('AE-DU/SEMI/DEWA/gw-1'), newGateway('AE-DU/GOV/RTA/gw-1')]
  for (const gateway of [dewa, rta]) {
    await network.admit(gateway.member)
    await network.enrol(gateway, network.by)
  }
  writeFileSync(at('before.txt'), `${network.entries.join('\n')}\n`)
  await network.agree(agreementHash(stage.content), dewa, rta)
  writeFileSync(at('entries.txt'), `${network.entries.join('\n')}\n`)
  writeFileSync(at('root.pem'), new X509Certificate(derOf(stage.root.certificate)).toString())
})
after(() => rmSync(folder, { recursive: true }))

async function verify(
  file: string,
  ...more: string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const args = [LAUNCHER, 'agreement', 'verify', at(file), '--anchor', at('anchor.json'), ...more]
  return await new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

test('who signed what and when is told, and what was not checked, in both languages', async () => {
  const trust = ['--trust', at('root.pem')]
  const { code, stdout, stderr } = await verify('both.pdf', ...trust)
  assert.equal(code, 0, stdout + stderr)
  const agreement = agreementHash(stage.content)
  for (const text of [
    'verified',
    agreement,
    'Mariam of DEWA at 2026-11-29T12:00:00.000Z',
    'AE-DU/GOV/RTA',
    'Example Issuer',
  ])
    assert.ok(stdout.includes(text), text)
  assert.match(stdout, /not checked: +seals of the members \(the document carries no proof\)/)
  const arabic = await verify('both.pdf', ...trust, '--language', 'ar')
  assert.match(arabic.stdout, /^مُثبت\n/)
  const { ok, facts } = JSON.parse((await verify('both.pdf', ...trust, '--json')).stdout) as {
    readonly ok: boolean
    readonly facts: {
      readonly agreement: string
      readonly signatures: readonly { readonly signer: string }[]
    }
  }
  assert.deepEqual([ok, facts.agreement, facts.signatures.length], [true, agreement, 2])
})

test('with the entries of the directory the seals are verified and the status is told', async () => {
  const trust = ['--trust', at('root.pem'), '--directory']
  const { code, stdout, stderr } = await verify('both.pdf', ...trust, at('entries.txt'))
  assert.equal(code, 0, stdout + stderr)
  assert.match(stdout, /status: +IN FORCE\n +sealed by AE-DU\/SEMI\/DEWA, AE-DU\/GOV\/RTA\n/)
  assert.match(stdout, /not checked: +mandates/)
  assert.doesNotMatch(stdout, /seals of the members/)
  const without = await verify('both.pdf', ...trust, at('before.txt'))
  assert.match(without.stdout, /step seals failed \(seals_missing\)/)
  assert.equal(without.code, 1)
})

test('the first step that fails is told, with exit code 1', async () => {
  const wrong: readonly (readonly [file: string, step: string, code: string, ...more: string[]])[] = [
    ['one.pdf', 'parties', 'party_missing', '--trust', at('root.pem')],
    ['both.pdf', 'proof', 'proof_missing'],
    ['root.pem', 'file', 'not_pdf', '--trust', at('root.pem')],
  ]
  for (const [file, step, code, ...more] of wrong) {
    const ended = await verify(file, '--json', ...more)
    const told = JSON.parse(ended.stdout) as Readonly<Record<string, unknown>>
    assert.deepEqual([ended.code, told['ok'], told['step'], told['code']], [1, false, step, code])
  }
})

test('a command that cannot be carried out is told with exit code 2', async () => {
  const wrong: readonly (readonly [file: string, ...more: string[]])[] = [
    ['none.pdf'],
    ['both.pdf', '--trust', at('both.pdf')],
    ['both.pdf', '--state', folder],
    ['both.pdf', '--template-dir', folder],
  ]
  for (const [file, ...more] of wrong) assert.equal((await verify(file, ...more)).code, 2, more.join(' '))
})
