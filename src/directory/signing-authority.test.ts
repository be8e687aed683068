import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { digest256 } from '../protocol/digest.ts'
import { grantMandate, setPolicy, signedAgreement } from './testing/grant-mandate.ts'
import { DEWA, RTA, start } from './testing/two-members.ts'

const HASH = digest256('an agreement')

suite('an agreement that officials signed', () => {
  test('takes effect with its document and its mandates', async () => {
    const network = await start()
    const { script, dewa, rta, add, directory } = network
    await setPolicy(network)
    const [ofDewa, ofRta] = [await grantMandate(network, dewa), await grantMandate(network, rta)]
    add(
      await signedAgreement(script, HASH, [
        { gateway: dewa, mandates: [ofDewa.mandate] },
        { gateway: rta, mandates: [ofRta.mandate] },
      ]),
    )
    const record = directory.agreement(HASH)
    assert.equal(record?.document, digest256(`the document of ${HASH}`))
    assert.deepEqual(record.signedUnder, [[ofDewa.mandate], [ofRta.mandate]])
    assert.equal(directory.signingPolicy()?.level, 'advanced')
    assert.deepEqual(
      directory.mandatesOf(DEWA).map(({ mandate }) => mandate),
      [ofDewa.mandate],
    )
    assert.equal(directory.mandateAt(ofRta.mandate, script.now).standing, 'valid')
    assert.equal(directory.mandate(ofRta.mandate)?.member, RTA)
  })
})
