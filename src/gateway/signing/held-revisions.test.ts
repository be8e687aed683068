import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { HAMAD, NOURA, OWN, SigningBench } from '../testing/signing-bench.ts'

suite('four eyes', () => {
  const four = (): SigningBench => {
    const b = new SigningBench()
    b.grant(NOURA, { fourEyes: true })
    b.grant(HAMAD)
    return b
  }

  test('the first signature stays here until another official has signed too', async () => {
    const b = four()
    const hash = b.file()
    const awaits: unknown[] = []
    b.verdict = ({ awaitsSecond }) => {
      awaits.push(awaitsSecond)
      return undefined
    }
    const first = await b.sign(hash)
    assert.deepEqual([first.status, first.signed, first.waitingForSecond], ['finished', [], [hash]])
    assert.deepEqual([b.submitted, b.leases], [[], [hash]])
    const again = await b.sign(hash)
    assert.equal(again.error?.code, 'second_signer_is_first')
    b.person = HAMAD
    const second = await b.sign(hash)
    assert.deepEqual([second.status, second.signed, second.waitingForSecond], ['finished', [hash], undefined])
    assert.deepEqual(
      b.submitted.map(({ signers }) => signers.map(({ field, mandate }) => [field, mandate])),
      [
        [
          ['Party2-1', 'mandate-0'],
          ['Party2-2', 'mandate-1'],
        ],
      ],
    )
    const [half, otherHalf] = b.requests.map(({ documents }) => documents[0]?.field.rectangle)
    assert.ok(half !== undefined && otherHalf !== undefined)
    assert.ok(otherHalf.x + otherHalf.width <= half.x, 'side by side, the first one at the right')
    assert.deepEqual(awaits, [OWN, undefined])
  })

  test('a first signature that finds no second is forgotten before the lease ends', async () => {
    const b = four()
    const hash = b.file()
    await b.sign(hash)
    b.clock.advance(19 * 60_000)
    assert.deepEqual(b.desk.waitingForSecond(), [])
    b.person = HAMAD
    assert.deepEqual((await b.sign(hash)).signed, [hash])
    assert.deepEqual(
      b.submitted[0]?.signers.map(({ field }) => field),
      ['Party2-1'],
    )
  })

  test('a refused second person leaves the first signature as it was', async () => {
    const b = four()
    const hash = b.file()
    await b.sign(hash)
    assert.equal((await b.sign(hash)).error?.code, 'second_signer_is_first')
    assert.deepEqual([b.desk.waitingForSecond(), b.leases], [[hash], [hash]])
  })
})
