import assert from 'node:assert/strict'
import { test } from 'node:test'
import { policyWith, rootNamed } from './testing/signing-network.ts'
import { TestRegistry } from './testing/test-registry.ts'

const PATH = '/v1/signing-policy'

test('the operator sets a signing policy, anybody reads it, and the newest stands', async () => {
  await using registry = await TestRegistry.start()
  assert.equal((await registry.get(PATH)).body.code, 'not_found')
  const root = await rootNamed('National Authority')
  const policy = { ...policyWith([root]), level: 'qualified', qualifiedPolicies: ['1.2.784.1'] }
  const { index } = (await registry.must(await registry.put('operator', PATH, policy))).body
  const stored = JSON.parse((await registry.get(PATH)).text) as Record<string, unknown>
  assert.deepEqual({ ...stored, changedAt: '' }, { ...policy, index, changedAt: '' })
  await registry.must(await registry.put('admin', PATH, { ...policy, answerWithinDays: 30 }))
  assert.equal((await registry.get(PATH)).body.answerWithinDays, 30)
})

test('nobody else sets it, and nothing that is none', async () => {
  await using registry = await TestRegistry.start()
  const root = await rootNamed('National Authority')
  assert.equal((await registry.put('auditor', PATH, policyWith([root]))).body.code, 'forbidden')
  const attempts: readonly (readonly [object, string])[] = [
    [policyWith([]), 'invalid_request'],
    [policyWith([root, root]), 'invalid_request'],
    [policyWith(['bm90IGEgY2VydGlmaWNhdGU']), 'invalid_request'],
    [{ ...policyWith([root]), answerWithinDays: 0 }, 'invalid_request'],
    [{ ...policyWith([root]), testAuthorities: true }, 'invalid_request'],
    [{ ...policyWith([root]), level: 'qualified' }, 'change_refused'],
    [{ ...policyWith([root]), qualifiedPolicies: ['x'] }, 'change_refused'],
  ]
  for (const [policy, code] of attempts) {
    assert.equal((await registry.put('operator', PATH, policy)).body.code, code, JSON.stringify(policy))
  }
  assert.equal((await registry.get(PATH)).body.code, 'not_found')
})

test('the root of a test authority is refused, unless the network was founded for trying out', async () => {
  const roots = await Promise.all(['National Authority', 'Stand-in of UAE PASS'].map(rootNamed))
  await using strict = await TestRegistry.start()
  assert.equal((await strict.put('operator', PATH, policyWith(roots))).body.code, 'test_authority_refused')
  assert.equal((await strict.get(PATH)).body.code, 'not_found')
  await using trying = await TestRegistry.found(undefined, { testAuthorities: true })
  await trying.start()
  await trying.must(await trying.put('operator', PATH, policyWith(roots)))
  assert.equal((await trying.get(PATH)).body.testAuthorities, true, 'and every follower is told so')
  await trying.must(await trying.put('operator', PATH, policyWith(roots.slice(0, 1))))
  assert.equal((await trying.get(PATH)).body.testAuthorities, undefined)
})
