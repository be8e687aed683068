import assert from 'node:assert/strict'
import type { KeyObject } from 'node:crypto'
import { after, before, test } from 'node:test'
import { prepareSignatures } from '../../src/agreements/sign-by-digest.ts'
import { AuthorityServer } from '../../src/agreements/testing/authority-server.ts'
import { answerTimeStamp } from '../../src/agreements/testing/make-cms.ts'
import { makeCertificate } from '../../src/agreements/testing/signing-authority.ts'
import { derOf, factsOf, setStage, type SigningStage } from '../../src/agreements/testing/signing-stage.ts'
import { openCscSigning } from '../../src/identity/csc-signing.ts'
import type { BegunApproval } from '../../src/identity/hash-signing.ts'
import { CscService, SECRET } from './csc-service.ts'

const TIME = '2026-11-29T12:00:03.000Z'

let authority: AuthorityServer
let stage: SigningStage

before(async () => {
  stage = await setStage()
  authority = await AuthorityServer.start()
  authority.handlers.set(
    '/stamp',
    async (question) => await answerTimeStamp(stage.timeAuthority, question, TIME),
  )
})
after(async () => await authority[Symbol.asyncDispose]())

/** A browser: goes where it is sent and brings back where it was sent to. */
async function approve({
  address,
  binding,
}: BegunApproval): Promise<{ parameters: URLSearchParams; binding: string }> {
  const { headers } = await fetch(address, { redirect: 'manual' })
  return { parameters: new URL(headers.get('location') ?? '').searchParams, binding: binding.reveal() }
}

function pairOf(
  keys: { publicKey: KeyObject; privateKey: KeyObject },
  name: 'ec' | 'rsa',
): { publicKey: CryptoKey; privateKey: CryptoKey } {
  const algorithm =
    name === 'ec' ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  return {
    publicKey: keys.publicKey.toCryptoKey(algorithm, true, ['verify']),
    privateKey: keys.privateKey.toCryptoKey(algorithm, true, ['sign']),
  }
}

for (const name of ['ec', 'rsa'] as const)
  test(`documents are signed by a service that gets digests alone: ${name}`, async () => {
    await using service = await CscService.start({ isPlainEcdsa: true })
    const keys = pairOf(service[name], name)
    const wish = { kind: 'official', issuer: stage.issuer, keys } as const
    const signer = await makeCertificate({ name: 'Noura of RTA', ...wish })
    service.certificates.set(name, [derOf(signer.certificate), derOf(stage.issuer.certificate)])
    const settings = {
      provider: 'seal-house',
      base: service.base,
      clientId: 'csc_client',
      secretFile: 'secret',
      redirectUri: 'https://gateway.example/signing/callback',
    }
    const port = openCscSigning(settings, { readText: async () => await Promise.resolve(SECRET) })

    const access = await port.finishAccess(await approve(await port.beginAccess('ar')))
    const key = (await port.keys(access)).find(({ id }) => id === name)
    const place = stage.document.places[1]
    assert.ok(key !== undefined && place !== undefined)
    const field = { name: 'Sign2', page: place.page, rectangle: place.rectangle }
    const prepared = await prepareSignatures(
      [{ pdf: stage.document.pdf, field }],
      key,
      new Date('2026-11-29T12:00:00Z'),
    )
    for (const [index, digest] of prepared.digests.entries())
      service.digested.set(Buffer.from(digest).toString('hex'), prepared.digested[index] ?? digest)
    const approval = await approve(await port.beginSigning(access, key, prepared, 'ar'))
    const signatures = await port.finishSigning(approval)
    const source = { fetch: globalThis.fetch, timeStampUrl: `${authority.url}/stamp` }
    const [file = new Uint8Array()] = await prepared.finish(signatures, source)

    const asked = service.signed[0]?.['hashes'] as readonly string[]
    assert.deepEqual(
      asked,
      prepared.digests.map((digest) => Buffer.from(digest).toString('base64')),
    )
    const facts = await factsOf(stage, file, { partial: true })
    assert.deepEqual(
      facts.signatures.map(({ party, signer: who, time }) => [party, who, time]),
      [['AE-DU/GOV/RTA', 'Noura of RTA', TIME]],
    )
  })
