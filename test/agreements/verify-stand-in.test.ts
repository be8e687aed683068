import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { builtInTemplate } from '../../src/agreements/document-template.ts'
import { type TypesetAgreement, typesetAgreement } from '../../src/agreements/render-agreement.ts'
import { draft } from '../../src/agreements/testing/draft-agreement.ts'
import { verifyAgreementPdf } from '../../src/agreements/verify-agreement-pdf.ts'
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
