import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { builtInTemplate } from '../../../src/agreements/document-template.ts'
import { renderAgreement, signaturePlaces } from '../../../src/agreements/render-agreement.ts'
import { draft } from '../../../src/agreements/testing/draft-agreement.ts'
import { TestStandIn } from '../testing/stand-in-client.ts'

let standIn: TestStandIn
before(async () => {
  standIn = await TestStandIn.start()
})
after(async () => await standIn[Symbol.asyncDispose]())

test('two people sign an agreement one after the other, and each change of a byte is noticed', async () => {
  const template = await builtInTemplate('service')
  const plain = Uint8Array.from(await renderAgreement(draft(), template))
  const places = await signaturePlaces(draft(), template)
  const once = await standIn.sign(plain, { name: 'Sign1', ...places[0] }, 'khalid')
  const twice = await standIn.sign(once, { name: 'Sign2', ...places[1] }, 'noura')
  assert.deepEqual(
    twice.subarray(0, once.length),
    once,
    'the second signature leaves the first revision alone',
  )
  assert.deepEqual(once.subarray(0, plain.length), plain)

  const signatures = await standIn.verify(twice)
  assert.deepEqual(
    signatures.map(({ field, isIntact }) => ({ field, isIntact })),
    [
      { field: 'Sign1', isIntact: true },
      { field: 'Sign2', isIntact: true },
    ],
  )
  assert.match(signatures[0]?.subject ?? '', /TEST Khalid Rashid Al Suwaidi, 784198450885052/)
  assert.match(signatures[1]?.subject ?? '', /TEST Noura Ahmed Al Marri, 784199066447543/)

  const text = Buffer.from(twice).toString('latin1')
  assert.match(text, /\/Contents <3080/, 'the CMS has an indefinite length')
  assert.match(text, /\/SubFilter \/ETSI\.CAdES\.detached/)
  assert.match(text, /\/M \(D:\d{14}\+04'00'\)/)

  // A byte of the first revision is under both signatures, one behind it under the second alone.
  const first = Uint8Array.from(twice)
  first[plain.length - 10] = (first[plain.length - 10] ?? 0) ^ 1
  const second = Uint8Array.from(twice)
  const claimed = text.lastIndexOf("+04'00'") - 1
  second[claimed] = (second[claimed] ?? 0) ^ 1
  assert.deepEqual(
    (await standIn.verify(second)).map(({ isIntact }) => isIntact),
    [true, false],
  )
  assert.deepEqual(
    (await standIn.verify(first)).map(({ isIntact }) => isIntact),
    [false, false],
  )
})
