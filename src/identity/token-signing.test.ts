import assert from 'node:assert/strict'
import { createHash, KeyObject, sign, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { derOf } from '../agreements/testing/signing-stage.ts'
import { type KeyHolder, makeCertificate } from '../agreements/testing/signing-authority.ts'
import type { WuslaError } from '../protocol/wusla-error.ts'
import { HiddenText } from './hidden-text.ts'
import { signWithToken } from './sign-with-token.ts'
import { signWithTokenKey, tokenKeys, type TokenSettings } from './token-signing.ts'

const PIN = 'pin-ohPh3uth'
const KEYS = `Private Key Object; RSA
  label:      sign-rsa
  ID:         02
  Usage:      decrypt, sign, unwrap
Private Key Object; EC
  label:      ID:         99
  ID:         01
  Access:     sensitive, always sensitive, never extractable, local
Private Key Object; RSA
  label:      without certificate
  ID:         07
Private Key Object; RSA
  label:      without identifier
`
const CERTIFICATES = `Certificate Object; type = X.509 cert
  label:      mine
  subject:    DN: CN=Somebody
  ID:         01
Certificate Object; type = X.509 cert
  label:      rsa
  ID:         02
Certificate Object; type = X.509 cert
  label:      issuer
  ID:         a0
Certificate Object; type = X.509 cert
  label:      junk
  ID:         07
`

let folder: string
let settings: TokenSettings
let issuer: KeyHolder
let ec: KeyHolder
let rsa: KeyHolder
const at = (name: string): string => join(folder, name)

// A program in the place of pkcs11-tool: it writes down how it was called, and answers from files.
const PROGRAM = `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync } = require('node:fs')
const folder = __dirname + '/'
const args = process.argv.slice(2)
const input = args.includes('--sign') ? readFileSync(0).toString('hex') : ''
appendFileSync(folder + 'calls', JSON.stringify({ args, env: process.env, input }) + '\\n')
if (existsSync(folder + 'complaint')) {
  process.stderr.write(readFileSync(folder + 'complaint'))
  process.exit(1)
}
if (existsSync(folder + 'sleeps')) setInterval(() => {}, 1000)
else {
  const type = args[args.indexOf('--type') + 1]
  const id = args[args.indexOf('--id') + 1]
  const file = args.includes('--list-objects') ? type : args.includes('--sign') ? 'signature-' + id : 'cert-' + id
  process.stdout.write(readFileSync(folder + file))
}
`

interface Call {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly input: string
}
const calls = (): readonly Call[] =>
  readFileSync(at('calls'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Call)

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wusla-token-'))
  writeFileSync(at('tool'), PROGRAM, { mode: 0o700 })
  settings = { module: '/usr/lib/vendor.so', tokenLabel: 'card', program: at('tool') }
  issuer = await makeCertificate({ name: 'Example Issuer', kind: 'authority' })
  ec = await makeCertificate({ name: 'Noura', kind: 'official', issuer, algorithm: 'P-256' })
  rsa = await makeCertificate({ name: 'Khalid', kind: 'official', issuer })
  writeFileSync(at('privkey'), KEYS)
  writeFileSync(at('cert'), CERTIFICATES)
  writeFileSync(at('cert-01'), derOf(ec.certificate))
  writeFileSync(at('cert-02'), derOf(rsa.certificate))
  writeFileSync(at('cert-a0'), derOf(issuer.certificate))
  writeFileSync(at('cert-07'), 'junk')
})
after(() => rmSync(folder, { recursive: true }))
beforeEach(() => {
  writeFileSync(at('calls'), '')
  for (const name of ['complaint', 'sleeps']) rmSync(at(name), { force: true })
})

describe('the keys of a token', () => {
  it('are those with a certificate, with the authorities that the token has', async () => {
    const keys = await tokenKeys(settings, new HiddenText(PIN))
    assert.deepEqual(
      keys.map(({ id, label, kind, certificates }) => [id, label, kind, certificates.length]),
      [
        ['02', 'sign-rsa', 'rsa', 2],
        ['01', 'ID:         99', 'ec', 2],
      ],
    )
    assert.deepEqual(Buffer.from(keys[1]?.certificates[0] ?? []), Buffer.from(derOf(ec.certificate)))
    assert.deepEqual(Buffer.from(keys[1]?.certificates[1] ?? []), Buffer.from(derOf(issuer.certificate)))
  })

  it('are opened by a PIN that is in the environment of the program and in no argument', async () => {
    process.env['WUSLA_TEST_SECRET'] = 'of the gateway'
    await tokenKeys({ ...settings, environment: { VENDOR: 'x' } }, new HiddenText(PIN))
    delete process.env['WUSLA_TEST_SECRET']
    assert.ok(calls().length >= 3)
    for (const { args, env } of calls()) {
      assert.ok(!args.join(' ').includes(PIN))
      assert.equal(env['WUSLA_TOKEN_PIN'], PIN)
      assert.equal(env['VENDOR'], 'x')
      assert.equal(env['WUSLA_TEST_SECRET'], undefined, 'the rest of our environment stays here')
      assert.deepEqual(args.slice(0, 7), [
        '--module',
        '/usr/lib/vendor.so',
        '--token-label',
        'card',
        '--login',
        '--pin',
        'env:WUSLA_TOKEN_PIN',
      ])
    }
  })
})

describe('signing', () => {
  it('hands ECDSA the digest, and RSA the digest with its name', async () => {
    const text = Buffer.from('a text')
    const digest = createHash('sha256').update(text).digest()
    for (const [kind, id, { keys, certificate }] of [
      ['ec', '01', ec],
      ['rsa', '02', rsa],
    ] as const) {
      writeFileSync(at('calls'), '')
      writeFileSync(at(`signature-${id}`), sign('sha256', text, KeyObject.from(keys.privateKey)))
      const toSign = { hash: 'SHA-256', digests: [digest] } as const
      const [signature] = await signWithTokenKey(settings, { id, kind }, toSign, new HiddenText(PIN))
      assert.ok(signature !== undefined)
      assert.ok(verify('sha256', text, KeyObject.from(keys.publicKey), signature), certificate.toString())
      const [call] = calls()
      const named = `3031300d060960864801650304020105000420${digest.toString('hex')}`
      assert.equal(call?.input, kind === 'ec' ? digest.toString('hex') : named)
      assert.ok(call.args.includes(kind === 'ec' ? 'ECDSA' : 'RSA-PKCS'))
    }
  })

  it('ends before anything is signed when several keys fit, or none', async () => {
    for (const keyLabel of [undefined, 'another']) {
      await assert.rejects(
        signWithToken({
          token: settings,
          ...(keyLabel === undefined ? {} : { keyLabel }),
          pin: new HiddenText(PIN),
          documents: [],
          timeStamps: { fetch: globalThis.fetch, timeStampUrl: 'http://127.0.0.1:9/' },
          clock: { nowMs: () => 0 },
        }),
        { code: 'hash_signing_refused' },
      )
    }
    assert.ok(calls().every(({ args }) => !args.includes('--sign')))
  })
})

describe('a token that refuses', () => {
  const refusal = async (change: Partial<TokenSettings> = {}): Promise<WuslaError> =>
    await tokenKeys({ ...settings, ...change }, new HiddenText(PIN)).then(
      () => assert.fail('it gave keys'),
      (error: unknown) => error as WuslaError,
    )

  it('is told with the reason, tried once, and no error holds the PIN or what the module said', async () => {
    for (const [said, reason] of [
      ['error: PKCS11 function C_Login failed: rv = CKR_PIN_INCORRECT (0xa0)', 'pin_incorrect'],
      ['error: PKCS11 function C_Login failed: rv = CKR_PIN_LOCKED (0xa4)', 'pin_locked'],
      ['error: Failed to load pkcs11 module', 'module_not_loaded'],
      ['No slot with token named "card" found', 'token_not_found'],
      ['error: Private key not found', 'key_not_found'],
      ['error: C_SignInit failed: rv = CKR_MECHANISM_INVALID (0x70)', 'algorithm_not_offered'],
      ['something about the person 784199066447543', 'other'],
    ] as const) {
      writeFileSync(at('calls'), '')
      writeFileSync(at('complaint'), said)
      const error = await refusal()
      assert.deepEqual([error.code, error.details], ['token_refused', { reason }])
      assert.equal(calls().length, 1)
      const seen = inspect(error, { depth: 12, showHidden: true })
      for (const secret of [PIN, '784199066447543']) assert.ok(!seen.includes(secret))
    }
  })

  it('is ended when it does not answer', async () => {
    writeFileSync(at('sleeps'), '')
    assert.deepEqual((await refusal({ timeoutMs: 1_000 })).details, { reason: 'timed_out' })
  })

  it('is not reached without the program', async () => {
    assert.equal((await refusal({ program: at('nowhere') })).code, 'token_program_missing')
  })
})
