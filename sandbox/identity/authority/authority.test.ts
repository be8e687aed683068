import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import * as asn1js from 'asn1js'
import {
  AlgorithmIdentifier,
  Certificate,
  CertificateRevocationList,
  MessageImprint,
  OCSPRequest,
  OCSPResponse,
  BasicOCSPResponse,
  TimeStampReq,
  TimeStampResp,
  SignedData,
  TSTInfo,
} from 'pkijs'
import { PDFDocument } from '@cantoo/pdf-lib'
import { TestStandIn } from '../testing/stand-in-client.ts'
import { serialOf } from './answer-status.ts'

let standIn: TestStandIn
let issuing: Certificate
let khalid: Certificate
before(async () => {
  standIn = await TestStandIn.start()
  issuing = Certificate.fromBER(await fetchBytes('/authority/issuing.cer'))
  const document = await PDFDocument.create()
  document.addPage([300, 200])
  const pdf = await document.save({ useObjectStreams: false })
  const [signature] = await standIn.verify(await standIn.sign(pdf, { name: 'Sign1' }, 'khalid'))
  khalid = Certificate.fromBER(Uint8Array.from(Buffer.from(signature?.certificate ?? '', 'base64')))
})
beforeEach(async () => await standIn.switches({}))
after(async () => await standIn[Symbol.asyncDispose]())

async function fetchBytes(
  path: string,
  body?: Uint8Array<ArrayBuffer>,
  type = '',
): Promise<Uint8Array<ArrayBuffer>> {
  const post = body === undefined ? {} : { method: 'POST', headers: { 'content-type': type }, body }
  return new Uint8Array(await (await fetch(`${standIn.url}${path}`, post)).arrayBuffer())
}

async function statusOf(certificate: Certificate): Promise<number> {
  const request = new OCSPRequest()
  await request.createForCertificate(certificate, { hashAlgorithm: 'SHA-1', issuerCertificate: issuing })
  const der = new Uint8Array(request.toSchema(true).toBER())
  const answer = OCSPResponse.fromBER(await fetchBytes('/authority/ocsp', der, 'application/ocsp-request'))
  const basic = BasicOCSPResponse.fromBER(
    answer.responseBytes?.response.valueBlock.valueHexView ?? new Uint8Array(),
  )
  assert.equal(await basic.verify({ trustedCerts: [issuing] }), true)
  return (await basic.getCertificateStatus(certificate, issuing)).status
}

test('every certificate says TEST, and the chain of a person ends at the root', async () => {
  const root = new X509Certificate(await fetchBytes('/authority/root.cer'))
  const middle = new X509Certificate(await fetchBytes('/authority/issuing.cer'))
  const person = new X509Certificate(new Uint8Array(khalid.toSchema(true).toBER()))
  assert.ok(person.verify(middle.publicKey) && middle.verify(root.publicKey) && root.verify(root.publicKey))
  for (const { subject } of [root, middle, person]) {
    assert.match(subject, /^O=TEST ONLY/m)
    assert.match(subject, /^CN=TEST /m)
  }
  assert.match(person.subject, /serialNumber=784198450885052/)
  assert.match(
    person.infoAccess ?? '',
    /OCSP - URI:http.*\/authority\/ocsp\nCA Issuers - URI:http.*issuing\.cer/,
  )
  assert.equal(person.ca, false)
})

test('a revoked certificate is revoked for OCSP and in the list, and good again without the switch', async () => {
  assert.equal(await statusOf(khalid), 0)
  await standIn.switches({ revoked: { khalid: '2026-01-01T00:00:00.500Z' } })
  assert.equal(await statusOf(khalid), 1)
  const list = CertificateRevocationList.fromBER(await fetchBytes('/authority/issuing.crl'))
  assert.equal(await list.verify({ issuerCertificate: issuing }), true)
  assert.equal(list.isCertificateRevoked(khalid), true)
  await standIn.switches({})
  const empty = CertificateRevocationList.fromBER(await fetchBytes('/authority/issuing.crl'))
  assert.equal(empty.isCertificateRevoked(khalid), false)
})

test('a certificate that was never issued is unknown', async () => {
  const invented = Certificate.fromBER(new Uint8Array(khalid.toSchema(true).toBER()))
  invented.serialNumber = new asn1js.Integer({ value: 77 })
  assert.notEqual(serialOf(invented.serialNumber), serialOf(khalid.serialNumber))
  assert.equal(await statusOf(invented), 2)
})

test('what is no question gets an answer that says so', async () => {
  const junk = Uint8Array.from(Buffer.from('junk'))
  const status = OCSPResponse.fromBER(await fetchBytes('/authority/ocsp', junk, 'application/ocsp-request'))
  assert.equal(status.responseStatus.valueBlock.valueDec, 1)
  const type = 'application/timestamp-query'
  const stamp = TimeStampResp.fromBER(await fetchBytes('/authority/time-stamp', junk, type))
  assert.deepEqual([stamp.status.status, stamp.timeStampToken], [2, undefined])
})

test('a time-stamp carries imprint and nonce, and another policy is refused', async () => {
  const digest = await crypto.subtle.digest('SHA-256', Buffer.from('stamp me'))
  const ask = async (reqPolicy?: string): Promise<TimeStampResp> => {
    const request = new TimeStampReq({
      version: 1,
      messageImprint: new MessageImprint({
        hashAlgorithm: new AlgorithmIdentifier({ algorithmId: '2.16.840.1.101.3.4.2.1' }),
        hashedMessage: new asn1js.OctetString({ valueHex: digest }),
      }),
      nonce: new asn1js.Integer({ value: 4711 }),
      certReq: true,
      ...(reqPolicy === undefined ? {} : { reqPolicy }),
    })
    const der = new Uint8Array(request.toSchema().toBER())
    return TimeStampResp.fromBER(
      await fetchBytes('/authority/time-stamp', der, 'application/timestamp-query'),
    )
  }
  const { timeStampToken } = await ask()
  const token = new SignedData({ schema: timeStampToken?.content })
  const info = TSTInfo.fromBER(token.encapContentInfo.eContent?.getValue() ?? new ArrayBuffer())
  assert.deepEqual(
    Buffer.from(info.messageImprint.hashedMessage.valueBlock.valueHexView),
    Buffer.from(digest),
  )
  assert.equal(info.nonce?.valueBlock.valueDec, 4711)
  assert.equal(token.certificates?.length, 2)
  assert.equal((await ask('1.2.3.4')).status.status, 2)
  await standIn.switches({ timeStampDown: true })
  const down = await fetch(`${standIn.url}/authority/time-stamp`, {
    method: 'POST',
    headers: { 'content-type': 'application/timestamp-query' },
    body: 'x',
  })
  assert.equal(down.status, 503)
})
