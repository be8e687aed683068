import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { PDFDict, PDFDocument, PDFName } from '@cantoo/pdf-lib'
import { ContentInfo, SignedData } from 'pkijs'
import { TestStandIn } from '../testing/stand-in-client.ts'
import { find, readXml, textIn } from './read-request.ts'

const DSS = 'http://www.docs.oasis-open.org/dss/2004/06/oasis-dss-1.0-core-schema-wd-27.xsd'
const PROFILES = 'urn:safelayer:tws:dss:1.0:profiles'
const SEAL =
  '<dss:KeySelector><dss:Name>C=AE,O=TEST ONLY - Wusla sandbox,CN=TEST Entity Seal</dss:Name></dss:KeySelector>'

let standIn: TestStandIn
let plain: Uint8Array<ArrayBuffer>
let signed: Uint8Array<ArrayBuffer>
before(async () => {
  standIn = await TestStandIn.start()
  const document = await PDFDocument.create()
  document.addPage([300, 200])
  plain = await document.save({ useObjectStreams: false })
  signed = await standIn.sign(plain, { name: 'Sign1' }, 'khalid')
})
beforeEach(async () => await standIn.switches({}))
after(async () => await standIn[Symbol.asyncDispose]())

interface Call {
  readonly action: string
  readonly profile: string
  readonly data: Uint8Array
  readonly more?: string
  readonly secret?: string
}

async function call({ action, profile, data, more = '', secret = standIn.standIn.client.secret }: Call) {
  const kind = action === 'Sign' ? 'SignRequest' : 'VerifyRequest'
  const body = `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:wsse="urn:wsse">
<soapenv:Header><wsse:Security><wsse:UsernameToken><wsse:Username>${standIn.standIn.client.id}</wsse:Username><wsse:Password>${secret}</wsse:Password></wsse:UsernameToken></wsse:Security></soapenv:Header>
<soapenv:Body><dss:${kind} xmlns:dss="${DSS}" Profile="${PROFILES}${profile}">${more}<dss:Document><dss:Base64Data MimeType="application/pdf">${Buffer.from(data).toString('base64')}</dss:Base64Data></dss:Document></dss:${kind}></soapenv:Body></soapenv:Envelope>`
  const response = await fetch(`${standIn.url}/trustedx-gw/SoapGateway`, {
    method: 'POST',
    headers: {
      'content-type': 'text/xml',
      soapaction: action,
      twsauthn: 'urn:safelayer:tws:policies:authentication:oauth:clients',
    },
    body,
  })
  const answer = readXml(await response.text())
  const last = (name: string) => textIn(answer, name)?.split(':').at(-1)
  return { answer, status: response.status, major: last('ResultMajor'), minor: last('ResultMinor') }
}

const verify = async (data: Uint8Array) => await call({ action: 'Verify', profile: ':pdf:1.0:verify', data })
const complete = async (data: Uint8Array) =>
  await call({
    action: 'Update',
    profile: ':nonrep:1.0',
    data,
    more: '<dss:PdfFieldLabel>Sign1</dss:PdfFieldLabel>',
  })

function documentIn(answer: ReturnType<typeof readXml>): Uint8Array<ArrayBuffer> {
  const text = textIn(find(find(answer, 'DocumentWithSignature'), 'XMLData'), 'Base64Data') ?? ''
  return Uint8Array.from(Buffer.from(text, 'base64'))
}

test('verification accepts what it signed, and names a changed byte', async () => {
  const good = await verify(signed)
  assert.deepEqual([good.major, good.minor], ['Success', 'OnAllDocuments'])
  const changed = Uint8Array.from(signed)
  changed[plain.length - 8] = (changed[plain.length - 8] ?? 0) ^ 1
  assert.equal((await verify(changed)).minor, 'IncorrectSignature')
  assert.equal((await verify(plain)).major, 'RequesterError')
  assert.equal((await verify(Buffer.from('hello'))).major, 'RequesterError')
})

test('a certificate that was revoked before the signature is refused, one that was revoked later is not', async () => {
  await standIn.switches({ revoked: { khalid: '2026-01-01T00:00:00Z' } })
  const before = await verify(signed)
  assert.match(textIn(before.answer, 'ResultMessage') ?? '', /revoked/)
  assert.equal(before.minor, 'IncorrectSignature')
  assert.equal((await complete(signed)).minor, 'IncorrectSignature', 'and gets no long-term data')
  const later = new Date(Date.now() + 3_600_000).toISOString()
  await standIn.switches({ revoked: { khalid: later } })
  assert.equal((await verify(signed)).minor, 'OnAllDocuments')
})

test('signer details are validated for three years', async () => {
  standIn.advance(3 * 365 * 86_400_000 + 86_400_000)
  assert.equal((await verify(signed)).major, 'InsufficientInformation')
  standIn.advance(-(3 * 365 * 86_400_000 + 86_400_000))
})

test('long-term data is appended: chains, status answers and lists, for each signature', async () => {
  const { answer, minor } = await complete(signed)
  assert.equal(minor, 'OnAllDocuments')
  const completed = documentIn(answer)
  assert.deepEqual(completed.subarray(0, signed.length), signed)
  assert.deepEqual(
    (await standIn.verify(completed)).map(({ isIntact }) => isIntact),
    [true],
  )
  const store = (await PDFDocument.load(completed)).catalog.lookup(PDFName.of('DSS'), PDFDict)
  for (const part of ['Certs', 'OCSPs', 'CRLs']) assert.ok(store.has(PDFName.of(part)), part)
  assert.match(store.lookup(PDFName.of('VRI'), PDFDict).keys()[0]?.toString() ?? '', /^\/[0-9A-F]{40}$/)
})

test('the seal of an entity signs a PDF, and any bytes', async () => {
  const pdf = await call({ action: 'Sign', profile: ':pades:1.0:sign', data: signed, more: SEAL })
  const sealed = await standIn.verify(documentIn(pdf.answer))
  assert.equal(pdf.major, 'Success')
  assert.match(sealed[1]?.subject ?? '', /TEST Entity Seal/)
  assert.deepEqual(
    sealed.map(({ isIntact }) => isIntact),
    [true, true],
  )
  const bytes = await call({
    action: 'Sign',
    profile: ':cmspkcs7sig:1.0:sign',
    data: Buffer.from('مرحبا'),
    more: SEAL,
  })
  const cms = Buffer.from(textIn(find(bytes.answer, 'SignatureObject'), 'Base64Signature') ?? '', 'base64')
  const data = new SignedData({ schema: ContentInfo.fromBER(Uint8Array.from(cms)).content })
  assert.equal(
    Buffer.from(data.encapContentInfo.eContent?.getValue() ?? new ArrayBuffer()).toString('utf8'),
    'مرحبا',
  )
  assert.equal(await data.verify({ signer: 0 }), true)
  const nobody = await call({ action: 'Sign', profile: ':pades:1.0:sign', data: plain })
  assert.equal(nobody.major, 'RequesterError')
  await standIn.switches({ timeStampDown: true })
  const unstamped = await call({ action: 'Sign', profile: ':pades:1.0:sign', data: plain, more: SEAL })
  assert.equal(unstamped.major, 'ResponderError')
})

test('who is not known, or asks for another operation than the header says, gets a fault', async () => {
  const wrong = await call({ action: 'Verify', profile: ':pdf:1.0:verify', data: signed, secret: 'wrong' })
  assert.deepEqual([wrong.status, textIn(wrong.answer, 'faultstring')], [500, 'authentication failed'])
  const other = await call({ action: 'Sign', profile: ':pdf:1.0:verify', data: signed })
  assert.match(textIn(other.answer, 'faultstring') ?? '', /SOAPAction/)
})

test('a document type, a broken document and endless depth are no request', () => {
  assert.equal(readXml('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), undefined)
  assert.equal(readXml('<a><b></a>'), undefined)
  assert.equal(readXml('<a>'.repeat(60) + '</a>'.repeat(60)), undefined)
})
