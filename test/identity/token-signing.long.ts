import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { AuthorityServer } from '../../src/agreements/testing/authority-server.ts'
import { answerTimeStamp } from '../../src/agreements/testing/make-cms.ts'
import { makeCertificate } from '../../src/agreements/testing/signing-authority.ts'
import {
  derOf,
  factsOf,
  outcome,
  setStage,
  type SigningStage,
} from '../../src/agreements/testing/signing-stage.ts'
import { HiddenText } from '../../src/identity/hidden-text.ts'
import { signWithToken, type TokenSigningWish } from '../../src/identity/sign-with-token.ts'
import { tokenKeys, type TokenSettings } from '../../src/identity/token-signing.ts'
import { systemClock } from '../../src/protocol/clock.ts'

// A token in software, and the program that speaks to it.
const MODULE = '/usr/lib/softhsm/libsofthsm2.so'
const found = {
  'pkcs11-tool (opensc)': spawnSync('pkcs11-tool', ['-h']).error === undefined,
  'softhsm2-util (softhsm2)': spawnSync('softhsm2-util', ['--version']).error === undefined,
  [`${MODULE} (softhsm2)`]: existsSync(MODULE),
}
const missing = Object.entries(found).filter(([, isThere]) => !isThere)
const skip = missing.length === 0 ? false : `missing: ${missing.map(([name]) => name).join(', ')}`

const PIN = '493817'
const folder = mkdtempSync(join(tmpdir(), 'wusla-token-'))
const at = (name: string): string => join(folder, name)
const environment = { SOFTHSM2_CONF: at('softhsm2.conf') }
const token: TokenSettings = { module: MODULE, tokenLabel: 'card', environment }
let stage: SigningStage
let server: AuthorityServer

before(async () => {
  server = await AuthorityServer.start()
  if (skip !== false) return
  stage = await setStage()
  server.handlers.set(
    '/stamp',
    async (question) => await answerTimeStamp(stage.timeAuthority, question, '2026-11-29T12:00:03.000Z'),
  )
  mkdirSync(at('tokens'))
  writeFileSync(at('softhsm2.conf'), `directories.tokendir = ${at('tokens')}\nobjectstore.backend = file\n`)
  run('softhsm2-util', '--init-token', '--free', '--label', 'card', '--so-pin', '57575757', '--pin', PIN)
  await putKey('01', 'sign-ec', 'EC:prime256v1', { name: 'ECDSA', namedCurve: 'P-256' })
  await putKey('02', 'sign-rsa', 'rsa:2048', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' })
})
after(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

function run(program: string, ...args: string[]): Buffer {
  const env = { ...process.env, ...environment, TEST_PIN: PIN }
  return execFileSync(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** A key that is made on the token, and a certificate for it. */
async function putKey(
  id: string,
  label: string,
  type: string,
  algorithm: Parameters<typeof crypto.subtle.importKey>[2],
): Promise<void> {
  const own = ['--module', MODULE, '--token-label', 'card', '--login', '--pin', 'env:TEST_PIN']
  run('pkcs11-tool', ...own, '--keypairgen', '--key-type', type, '--id', id, '--label', label)
  const spki = run('pkcs11-tool', ...own, '--read-object', '--type', 'pubkey', '--id', id)
  const publicKey = await crypto.subtle.importKey('spki', Uint8Array.from(spki), algorithm, true, ['verify'])
  const { issuer } = stage
  // The private key never leaves the token; the issuer signs the certificate.
  const keys = { publicKey, privateKey: issuer.keys.privateKey }
  const { certificate } = await makeCertificate({ name: `Noura ${label}`, kind: 'official', issuer, keys })
  for (const [name, der, place] of [
    ['own', derOf(certificate), id],
    ['issuer', derOf(issuer.certificate), 'a0'],
  ] as const) {
    writeFileSync(at(name), der)
    run('pkcs11-tool', ...own, '--write-object', at(name), '--type', 'cert', '--id', place, '--label', name)
  }
}

function wishOf(keyLabel: string, pin = PIN): TokenSigningWish {
  const place = stage.document.places[0]
  assert.ok(place !== undefined)
  const field = { name: 'Sign1', page: place.page, rectangle: place.rectangle }
  return {
    token,
    keyLabel,
    pin: new HiddenText(pin),
    documents: [{ pdf: stage.document.pdf, field }],
    timeStamps: { fetch: globalThis.fetch, timeStampUrl: `${server.url}/stamp` },
    clock: systemClock,
  }
}

describe('an official signs with a card', { skip }, () => {
  it('and the verifier accepts it, with a key of either kind', async () => {
    const keys = await tokenKeys(token, new HiddenText(PIN))
    assert.deepEqual(
      keys.map(({ label, kind, certificates }) => `${label} ${kind} ${certificates.length}`).toSorted(),
      ['sign-ec ec 2', 'sign-rsa rsa 2'],
    )
    for (const label of ['sign-ec', 'sign-rsa']) {
      const [file = new Uint8Array()] = await signWithToken(wishOf(label))
      const { signatures } = await factsOf(stage, file, { partial: true })
      assert.deepEqual(
        signatures.map(({ party, signer }) => [party, signer]),
        [['AE-DU/SEMI/DEWA', `Noura ${label}`]],
      )
      const changed = Buffer.from(file)
      changed[200] = (changed[200] ?? 0) ^ 1
      assert.notEqual(await outcome(stage, changed, { partial: true }), 'ok')
    }
  })

  it('with the right PIN, token and module alone', async () => {
    const refused = (reason: string): object => ({ code: 'token_refused', details: { reason } })
    await assert.rejects(signWithToken(wishOf('sign-ec', '000000')), refused('pin_incorrect'))
    const elsewhere = async (change: object): Promise<unknown> =>
      await tokenKeys({ ...token, ...change }, new HiddenText(PIN))
    await assert.rejects(elsewhere({ tokenLabel: 'another' }), refused('token_not_found'))
    await assert.rejects(elsewhere({ module: at('softhsm2.conf') }), refused('module_not_loaded'))
    await assert.rejects(signWithToken(wishOf('another')), { code: 'hash_signing_refused' })
  })
})
