import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addValidationData } from '../../src/agreements/add-validation.ts'
import { builtInTemplate } from '../../src/agreements/document-template.ts'
import { type TypesetAgreement, typesetAgreement } from '../../src/agreements/render-agreement.ts'
import { draft } from '../../src/agreements/testing/draft-agreement.ts'
import { verifyAgreementPdf } from '../../src/agreements/verify-agreement-pdf.ts'
import { systemClock } from '../../src/protocol/clock.ts'
import { TestStandIn } from '../../sandbox/identity/testing/stand-in-client.ts'

let standIn: TestStandIn
let document: TypesetAgreement

before(async () => {
  standIn = await TestStandIn.start()
  document = await typesetAgreement(draft(), await builtInTemplate('service'))
})
after(async () => await standIn[Symbol.asyncDispose]())

/** What the stand-in publishes of its authority: the signatures carry the signer's certificate alone. */
const authorities = async (): Promise<readonly Uint8Array[]> =>
  await Promise.all(
    ['root', 'issuing'].map(async (name) => {
      const response = await fetch(`${standIn.url}/authority/${name}.cer`)
      assert.equal(response.status, 200)
      return new Uint8Array(await response.arrayBuffer())
    }),
  )

test('what the stand-in of the national identity signs is verified, as of a test authority', async () => {
  const [first, second] = document.places
  const one = await standIn.sign(Uint8Array.from(document.pdf), { name: 'Sign1', ...first }, 'khalid')
  const two = await standIn.sign(one, { name: 'Sign2', ...second }, 'noura')
  const options = { network: 'AE-DU', roots: await authorities() }
  const refused = await verifyAgreementPdf(two, options)
  assert.deepEqual(refused.ok ? '' : refused.code, 'test_root')
  const result = await verifyAgreementPdf(two, { ...options, allowTestRoot: true })
  assert.ok(result.ok, JSON.stringify(result))
  assert.deepEqual(
    result.facts.signatures.map(({ party, signer, testAuthority }) => [party, signer, testAuthority]),
    [
      ['AE-DU/SEMI/DEWA', 'TEST Khalid Rashid Al Suwaidi', true],
      ['AE-DU/GOV/RTA', 'TEST Noura Ahmed Al Marri', true],
    ],
  )
  // One byte of the second signature's claimed time, which the first does not cover.
  const changed = Uint8Array.from(two)
  const at = Buffer.from(two).lastIndexOf("+04'00'") - 1
  changed[at] = (changed[at] ?? 0) ^ 1
  const noticed = await verifyAgreementPdf(changed, { ...options, allowTestRoot: true })
  assert.deepEqual(noticed.ok ? '' : `${noticed.step}/${noticed.code}`, 'signature-value/digest_differs')
})

/** The provider's own service completes a document with certificates, answers and lists: B-LT. */
async function complete(pdf: Uint8Array): Promise<Uint8Array> {
  const { id, secret } = standIn.standIn.client
  const dss = 'http://www.docs.oasis-open.org/dss/2004/06/oasis-dss-1.0-core-schema-wd-27.xsd'
  const profile = 'urn:safelayer:tws:dss:1.0:profiles:nonrep:1.0'
  const base64 = Buffer.from(pdf).toString('base64')
  const response = await fetch(`${standIn.url}/trustedx-gw/SoapGateway`, {
    method: 'POST',
    headers: {
      'content-type': 'text/xml',
      soapaction: 'Update',
      twsauthn: 'urn:safelayer:tws:policies:authentication:oauth:clients',
    },
    body: `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:wsse="urn:wsse">
<soapenv:Header><wsse:Security><wsse:UsernameToken><wsse:Username>${id}</wsse:Username><wsse:Password>${secret}</wsse:Password></wsse:UsernameToken></wsse:Security></soapenv:Header>
<soapenv:Body><dss:VerifyRequest xmlns:dss="${dss}" Profile="${profile}"><dss:PdfFieldLabel>Sign2</dss:PdfFieldLabel><dss:Document><dss:Base64Data MimeType="application/pdf">${base64}</dss:Base64Data></dss:Document></dss:VerifyRequest></soapenv:Body></soapenv:Envelope>`,
  })
  const text = /<(?:\w+:)?Base64Data[^>]*>([^<]+)</.exec(await response.text())?.[1]
  assert.ok(text !== undefined)
  return Buffer.from(text, 'base64')
}

test('with the material that the stand-in adds, the root alone is enough and nothing was revoked', async () => {
  const [first, second] = document.places
  const one = await standIn.sign(Uint8Array.from(document.pdf), { name: 'Sign1', ...first }, 'khalid')
  const file = await complete(await standIn.sign(one, { name: 'Sign2', ...second }, 'noura'))
  const [root] = await authorities()
  assert.ok(root !== undefined)
  const options = { network: 'AE-DU', roots: [root], allowTestRoot: true, requireRevocation: true }
  const result = await verifyAgreementPdf(file, options)
  assert.ok(result.ok, JSON.stringify(result))
  assert.deepEqual(
    result.facts.signatures.map(({ revocation }) => revocation),
    ['good', 'good'],
  )
})

test('what we fetch from its authority ourselves does the same, and a revoked certificate is noticed', async () => {
  const [first, second] = document.places
  const [root] = await authorities()
  assert.ok(root !== undefined)
  const fetching = { fetch: globalThis.fetch, roots: [root], clock: systemClock }
  const one = await standIn.sign(Uint8Array.from(document.pdf), { name: 'Sign1', ...first }, 'khalid')
  const kept = await addValidationData(one, fetching)
  const two = await standIn.sign(Uint8Array.from(kept), { name: 'Sign2', ...second }, 'noura')
  const options = { network: 'AE-DU', roots: [root], allowTestRoot: true, requireRevocation: true }
  const early = await verifyAgreementPdf(two, options)
  assert.deepEqual(early.ok ? '' : early.code, 'revocation_unknown')
  const result = await verifyAgreementPdf(await addValidationData(two, fetching), options)
  assert.ok(result.ok, JSON.stringify(result))
  assert.deepEqual(
    result.facts.signatures.map(({ revocation }) => revocation),
    ['good', 'good'],
  )
  await standIn.switches({ revoked: { noura: '2026-01-01T00:00:00Z' } })
  await assert.rejects(addValidationData(two, fetching), {
    code: 'certificate_revoked',
    details: { field: 'Sign2', of: 'signer', depth: 0 },
  })
  await standIn.switches({})
})
