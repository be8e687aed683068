import assert from 'node:assert/strict'
import { createHash, verify } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { schemaProblems } from '../../src/admin-api/check-schema.ts'
import { openCscSigning } from '../../src/identity/csc-signing.ts'
import { CscSettingsSchema } from '../../src/identity/csc-settings.ts'
import type { CscSettings } from '../../src/identity/csc-settings.ts'
import type {
  BegunApproval,
  HashSigningPort,
  KeyAccess,
  SigningKey,
} from '../../src/identity/hash-signing.ts'
import type { WuslaError } from '../../src/protocol/wusla-error.ts'
import { CscService, SECRET } from './csc-service.ts'

const REDIRECT = 'https://gateway.example/signing/callback'
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()

function settingsFor(service: CscService): CscSettings {
  return {
    provider: 'seal-house',
    base: service.base,
    clientId: 'csc_client',
    secretFile: 'secret',
    redirectUri: REDIRECT,
  }
}

const openAt = (service: CscService, secret: string = SECRET): HashSigningPort =>
  openCscSigning(settingsFor(service), { readText: () => Promise.resolve(`${secret}\n`) })

/** A browser: goes where it is sent and brings back where it was sent to. */
async function approve({ address, binding }: BegunApproval): Promise<{
  parameters: URLSearchParams
  binding: string
}> {
  const { headers } = await fetch(address, { redirect: 'manual' })
  const back = new URL(headers.get('location') ?? '')
  assert.ok(back.href.startsWith(`${REDIRECT}?`))
  return { parameters: back.searchParams, binding: binding.reveal() }
}

async function keyOf(port: HashSigningPort, id: string): Promise<{ access: KeyAccess; key: SigningKey }> {
  const access = await port.finishAccess(await approve(await port.beginAccess('ar')))
  const key = (await port.keys(access)).find((one) => one.id === id)
  assert.ok(key !== undefined)
  return { access, key }
}

test('two rounds: the keys of the person, then signatures over approved digests', async () => {
  await using service = await CscService.start()
  const port = openAt(service)
  const { access, key } = await keyOf(port, 'ec')
  assert.equal(key.isUsable, true)
  assert.equal(Buffer.from(key.certificates[0] ?? []).toString(), 'certificate ec')
  const digests = [digestOf('one'), digestOf('two')]
  const begun = await port.beginSigning(access, key, { hash: 'SHA-256', digests }, 'en')
  const signatures = await port.finishSigning(await approve(begun))
  assert.equal(signatures.length, 2)
  for (const [at, signature] of signatures.entries())
    assert.ok(verify('sha256', digests[at] ?? Buffer.of(), service.ec.publicKey, signature))
  assert.partialDeepStrictEqual(service.signed[0], {
    credentialID: 'ec',
    hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
    signAlgo: '1.2.840.10045.4.3.2',
    operationMode: 'S',
  })
})

test('signatures as r‖s become DER', async () => {
  await using service = await CscService.start({ isPlainEcdsa: true })
  const port = openAt(service)
  const { access, key } = await keyOf(port, 'ec')
  // Many, since a leading zero or a high bit needs another encoding.
  for (let round = 0; round < 10; round++) {
    const digest = digestOf(`round ${round}`)
    const begun = await port.beginSigning(access, key, { hash: 'SHA-256', digests: [digest] }, 'en')
    const [signature = Buffer.of()] = await port.finishSigning(await approve(begun))
    assert.ok(verify('sha256', digest, service.ec.publicKey, signature), `round ${round}`)
  }
})

test('a service of version 1 is asked in its own words', async () => {
  await using service = await CscService.start({ version: '1.0.4.0' })
  const port = openAt(service)
  const { access, key } = await keyOf(port, 'rsa')
  assert.equal(key.maxDigests, 1)
  const digest = digestOf('one')
  const begun = await port.beginSigning(access, key, { hash: 'SHA-256', digests: [digest] }, 'en')
  const [signature = Buffer.of()] = await port.finishSigning(await approve(begun))
  assert.ok(verify('sha256', digest, service.rsa.publicKey, signature))
  assert.deepEqual(Object.keys(service.signed[0] ?? {}).sort(), [
    'SAD',
    'credentialID',
    'hash',
    'hashAlgo',
    'signAlgo',
  ])
})

test('what key and digests do not allow is refused before anybody is asked', async () => {
  await using service = await CscService.start()
  const port = openAt(service)
  const { access, key } = await keyOf(port, 'ec')
  const { key: old } = await keyOf(port, 'old')
  const digest = digestOf('one')
  const refused = { code: 'hash_signing_refused' }
  const cases = [
    [old, 'SHA-256', [digest]],
    [key, 'SHA-256', []],
    [key, 'SHA-256', [digest, digest, digest, digest]],
    [key, 'SHA-256', [digest.subarray(1)]],
    [key, 'SHA-384', [Buffer.alloc(48)]],
  ] as const
  for (const [with_, hash, digests] of cases)
    await assert.rejects(port.beginSigning(access, with_, { hash, digests }, 'en'), refused)
  assert.equal(service.signed.length, 0)
})

test('an answer is good once, in its browser and in its round', async () => {
  await using service = await CscService.start()
  const port = openAt(service)
  const unknown = { code: 'identity_attempt_unknown' }
  const answer = await approve(await port.beginAccess('en'))
  await assert.rejects(port.finishSigning(answer), unknown)
  await assert.rejects(port.finishAccess(answer), unknown)
  const stolen = await approve(await port.beginAccess('en'))
  await assert.rejects(port.finishAccess({ ...stolen, binding: 'another browser' }), unknown)
  const { access, key } = await keyOf(port, 'ec')
  const toSign = { hash: 'SHA-256', digests: [digestOf('one')] } as const
  const signing = await approve(await port.beginSigning(access, key, toSign, 'en'))
  await assert.rejects(port.finishAccess(signing), unknown)
  await assert.rejects(port.finishSigning(signing), unknown)
  assert.equal(service.signed.length, 0)
})

test('a service that refuses to sign is told with its code', async () => {
  await using service = await CscService.start()
  const port = openAt(service)
  const { access, key } = await keyOf(port, 'ec')
  const toSign = { hash: 'SHA-256', digests: [digestOf('one')] } as const
  const begun = await port.beginSigning(access, key, toSign, 'en')
  // The browser lets the person approve other digests than those that are asked for afterwards.
  const address = new URL(begun.address)
  address.searchParams.set('hashes', digestOf('two').toString('base64url'))
  const answer = await approve({ ...begun, address: address.href })
  await assert.rejects(port.finishSigning(answer), {
    code: 'hash_signing_refused',
    details: { providerCode: 'invalid_request' },
  })
})

test('a wrong secret is told with the code of the service, and no error holds a secret', async () => {
  await using service = await CscService.start()
  const port = openAt(service, 'wrong-secret-Xoh7')
  const answer = await approve(await port.beginAccess('en'))
  await assert.rejects(port.finishAccess(answer), (error: WuslaError) => {
    assert.equal(error.code, 'identity_provider_refused')
    assert.equal(error.details['providerCode'], 'invalid_client')
    const seen = inspect(error, { depth: 12, showHidden: true })
    for (const secret of ['wrong-secret-Xoh7', answer.parameters.get('code') ?? '?', answer.binding])
      assert.ok(!seen.includes(secret))
    return true
  })
})

test('settings are checked whole', async () => {
  await using service = await CscService.start()
  assert.deepEqual(schemaProblems(CscSettingsSchema, settingsFor(service)), [])
  const bad = { ...settingsFor(service), base: 'http://signing.example/csc/v2', token: 'nowhere' }
  assert.throws(() => openCscSigning(bad), {
    code: 'config_invalid',
    details: { problems: ['/base: must be an https address', '/token: must be an https address'] },
  })
})
