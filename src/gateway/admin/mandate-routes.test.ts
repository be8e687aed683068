import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mandateHolder } from '../../agreements/mandate-terms.ts'
import { digest256 } from '../../protocol/digest.ts'
import { openMandates } from '../testing/mandate-bench.ts'

const NUMBER = '784198012345671'
const BODY = {
  identityNumber: '784-1980-1234567-1',
  office: { ar: 'مدير إدارة البيانات', en: 'Director of Data' },
  kinds: ['service', 'hosting'],
  dataClassUpTo: 'secret',
  fourEyes: false,
  delegable: true,
  instrument: digest256('a deed'),
  validFrom: '2026-11-23T00:00:00+04:00',
  validUntil: '2027-11-23T00:00:00Z',
}

test('a mandate is granted, listed and ended over the admin API', async () => {
  await using bench = await openMandates()
  const { ask, world, salts } = bench
  const granted = await ask('POST', '/v1/mandates', BODY)
  assert.equal(granted.status, 200)
  const mandate = String(granted.body['mandate'])
  assert.deepEqual(granted.body, { mandate, index: world.directory.size - 1 })
  const record = world.directory.mandate(mandate)
  assert.equal(record?.validFrom, '2026-11-22T20:00:00.000Z')
  assert.equal(record.fourEyes, undefined)
  assert.equal(record.holder, mandateHolder(salts.get(mandate) ?? '', NUMBER))
  const listed = await ask('GET', '/v1/mandates')
  const [shown] = listed.body['mandates'] as object[]
  assert.partialDeepStrictEqual(shown, {
    mandate,
    office: BODY.office,
    delegable: true,
    standing: 'valid',
    hasSalt: true,
  })
  assert.doesNotMatch(JSON.stringify(listed.body), /"(?:salt|holder|identityNumber)"/)
  const ended = await ask('POST', `/v1/mandates/${mandate}/end`, { reason: 'left office' })
  assert.deepEqual(ended.body, { mandate, index: world.directory.size - 1 })
  assert.equal(world.directory.mandate(mandate)?.endReason, 'left office')
  const unknown = await ask('POST', `/v1/mandates/${'A'.repeat(22)}/end`, { reason: 'r' })
  assert.deepEqual([unknown.status, unknown.body['code']], [404, 'not_found'])
})

test('no refusal repeats the number', async () => {
  await using bench = await openMandates()
  const { ask, published, unexpected } = bench
  await ask('POST', '/v1/mandates', BODY)
  const answers = [
    await ask('POST', '/v1/mandates', BODY),
    await ask('POST', '/v1/mandates', { ...BODY, identityNumber: `${NUMBER} or another` }),
    await ask('POST', '/v1/mandates', { ...BODY, identityNumber: [NUMBER] }),
    await ask('POST', '/v1/mandates', { ...BODY, kinds: [] }),
    await ask('POST', '/v1/mandates', { ...BODY, validUntil: '2026-01-01T00:00:00Z' }),
    await ask('POST', '/v1/mandates', { ...BODY, delegatedFrom: 'A'.repeat(22) }),
    await ask('POST', '/v1/mandates', { ...BODY, [NUMBER]: NUMBER }),
  ]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [409, 400, 409, 400, 400, 422, 400],
  )
  assert.equal(published.length, 1)
  assert.deepEqual(unexpected, [])
  for (const { body } of answers) assert.ok(!JSON.stringify(body).includes(NUMBER), JSON.stringify(body))
})

test('who may read may not grant or end, and a stranger may do nothing', async () => {
  await using bench = await openMandates()
  const { ask, office, published } = bench
  const { body } = await ask('POST', '/v1/mandates', BODY)
  const end = `/v1/mandates/${String(body['mandate'])}/end`
  for (const role of ['operator', 'auditor'] as const) {
    assert.equal((await ask('GET', '/v1/mandates', undefined, role)).status, 200)
    assert.equal((await ask('POST', '/v1/mandates', { ...BODY, kinds: ['service'] }, role)).status, 403)
    assert.equal((await ask('POST', end, { reason: 'r' }, role)).status, 403)
  }
  assert.equal((await ask('GET', '/v1/mandates', undefined, 'nobody')).status, 401)
  assert.equal(published.length, 1)
  assert.equal(office.list()[0]?.standing, 'valid')
})
