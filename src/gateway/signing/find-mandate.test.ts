import assert from 'node:assert/strict'
import { test } from 'node:test'
import { draft } from '../../agreements/testing/draft-agreement.ts'
import { refusalOf } from '../testing/gateway-world.ts'
import { HAMAD, NOURA, OTHER, OWN, SigningBench } from '../testing/signing-bench.ts'

/** What a signing by Noura of one draft ends with, after the mandates are set. */
async function outcome(
  prepare: (bench: SigningBench) => void,
): Promise<readonly [string | undefined, object | undefined]> {
  const bench = new SigningBench()
  prepare(bench)
  const { error, signed } = await bench.sign(bench.file())
  if (error === undefined) return [signed.length === 1 ? undefined : 'nothing', undefined]
  assert.deepEqual(bench.leases, [], 'no lease is taken for who may not sign')
  return [error.code, error.details]
}

test('who has no mandate of this member cannot sign', async () => {
  for (const prepare of [
    () => undefined,
    (bench: SigningBench) => bench.grant(HAMAD),
    (bench: SigningBench) => bench.grant(NOURA, { member: OTHER }),
  ])
    assert.deepEqual(await outcome(prepare), ['mandate_missing', { member: OWN }])
})

test('a mandate has to be valid at this time', async () => {
  for (const standing of ['not_yet', 'expired', 'ended'] as const)
    assert.deepEqual(await outcome((bench) => bench.grant(NOURA, { standing })), [
      'mandate_expired',
      { member: OWN, standing },
    ])
})

test('a mandate has to reach as far as the agreement', async () => {
  assert.deepEqual(await outcome((bench) => bench.grant(NOURA, { kinds: ['hosting'] })), [
    'mandate_out_of_scope',
    { member: OWN, beyond: 'kind' },
  ])
  assert.deepEqual(await outcome((bench) => bench.grant(NOURA, { dataClassUpTo: 'open' })), [
    'mandate_out_of_scope',
    { member: OWN, beyond: 'data_class' },
  ])
  assert.deepEqual(await outcome((bench) => bench.grant(NOURA)), [undefined, undefined])
})

test('of several mandates the one is taken that is valid, reaches so far and needs nobody else', async () => {
  const bench = new SigningBench()
  bench.grant(NOURA, { standing: 'expired' })
  bench.grant(NOURA, { kinds: ['membership'] })
  bench.grant(NOURA, { fourEyes: true })
  const alone = bench.grant(NOURA)
  const { signed } = await bench.sign(bench.file())
  assert.equal(signed.length, 1)
  assert.deepEqual(
    bench.submitted[0]?.signers.map(({ mandate }) => mandate),
    [alone],
  )
})

test('the level of the login is asked before anything else', async () => {
  const bench = new SigningBench()
  bench.grant(NOURA)
  for (const assurance of ['SOP1', 'SOP2'] as const) {
    bench.person = { ...NOURA, assurance }
    const { error } = await bench.sign(bench.file())
    assert.equal(error?.code, 'assurance_too_low')
    assert.deepEqual(bench.requests, [])
  }
  bench.policy = { level: 'advanced', qualifiedPolicies: [], roots: ['AAAA'] }
  const { signed } = await bench.sign(bench.file())
  assert.equal(signed.length, 1)
})

test('a content that this gateway would not enforce is not signed', async () => {
  const bench = new SigningBench()
  const hash = bench.file()
  const filed = bench.filed.get(hash)
  assert.ok(filed !== undefined)
  bench.filed.set(hash, { ...filed, content: draft({ nonce: 'BBBBBBBBBBBBBBBBBBBBBA' }) })
  assert.equal((await refusalOf(async () => await bench.desk.begin([hash]))).code, 'invalid_agreement')
})
