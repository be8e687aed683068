import '../trust/reflect-metadata.ts'
import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { X509CertificateGenerator } from '@peculiar/x509'
import * as fc from 'fast-check'
import {
  AlgorithmIdentifier,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedData,
  SignerInfo,
} from 'pkijs'
import { readSignerNumber } from './signer-number.ts'

const NUMBER = '784199012345671'

async function certificateOf(name: string, serialNumber: string = '01'): Promise<Certificate> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { rawData } = await X509CertificateGenerator.createSelfSigned(
    { name, serialNumber, keys, signingAlgorithm: algorithm },
    webcrypto,
  )
  return Certificate.fromBER(rawData)
}

/** A CMS object that says these signed it. What is read needs no signature that holds. */
function cmsOf(certificates: readonly Certificate[], signers: readonly Certificate[]): Uint8Array {
  const algorithm = new AlgorithmIdentifier({ algorithmId: '2.16.840.1.101.3.4.2.1' })
  const signed = new SignedData({
    version: 1,
    digestAlgorithms: [algorithm],
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: '1.2.840.113549.1.7.1' }),
    certificates: [...certificates],
    signerInfos: signers.map(
      ({ issuer, serialNumber }) =>
        new SignerInfo({
          version: 1,
          sid: new IssuerAndSerialNumber({ issuer, serialNumber }),
          digestAlgorithm: algorithm,
          signatureAlgorithm: algorithm,
        }),
    ),
  })
  const content = new ContentInfo({ contentType: '1.2.840.113549.1.7.2', content: signed.toSchema(true) })
  return new Uint8Array(content.toSchema().toBER())
}

function assertUnreadable(cms: Uint8Array, part: string): void {
  assert.throws(
    () => readSignerNumber(cms),
    (error: Error) => {
      assert.ok('code' in error && 'details' in error)
      assert.equal(error.code, 'signer_unreadable')
      assert.deepEqual(error.details, { part })
      assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /784/)
      return true
    },
  )
}

test('the number is that of the signer, whoever else is in the object', async () => {
  const signer = await certificateOf(`C=AE, CN=Signer, 2.5.4.5=${NUMBER}`)
  const other = await certificateOf('C=AE, CN=Other, 2.5.4.5=784198012345672')
  for (const all of [[signer], [signer, other], [other, signer]]) {
    const cms = cmsOf(all, [signer])
    assert.equal(readSignerNumber(cms).reveal(), NUMBER)
    assert.equal(readSignerNumber(Buffer.concat([cms, Buffer.alloc(512)])).reveal(), NUMBER)
  }
})

test('what leaves open who signed is unreadable', async () => {
  const signer = await certificateOf(`C=AE, CN=Signer, 2.5.4.5=${NUMBER}`)
  const other = await certificateOf('C=AE, CN=Other, 2.5.4.5=784198012345672')
  const twin = await certificateOf(`C=AE, CN=Signer, 2.5.4.5=${NUMBER}`)
  const nobody = await certificateOf('C=AE, CN=Nobody')
  const both = await certificateOf(`C=AE, CN=Both, 2.5.4.5=${NUMBER}, 2.5.4.5=784198012345672`)
  assertUnreadable(cmsOf([signer], []), 'signers')
  assertUnreadable(cmsOf([signer, other], [signer, other]), 'signers')
  assertUnreadable(cmsOf([other], [signer]), 'certificate')
  assertUnreadable(cmsOf([signer, twin], [signer]), 'certificate')
  assertUnreadable(cmsOf([nobody], [nobody]), 'subject')
  assertUnreadable(cmsOf([both], [both]), 'subject')
})

test('bytes that are no CMS object are unreadable, and nothing else happens', () => {
  assertUnreadable(new Uint8Array(), 'encoding')
  assertUnreadable(new Uint8Array(16_384), 'encoding')
  // Nested without an end.
  assertUnreadable(Buffer.alloc(200_000, Buffer.of(0x30, 0x80)), 'encoding')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.throws(() => readSignerNumber(bytes), { code: 'signer_unreadable' })
    }),
    { numRuns: 300 },
  )
})
