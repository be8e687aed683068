import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DataClass } from '../../agreements/data-class.ts'
import { commissionBranch } from '../../directory/testing/commission-branch.ts'
import type { WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingRequest } from '../../transport/incoming-request.ts'
import { FakeIncoming } from '../testing/fake-session.ts'
import { makeStatement, refusalOf, revokeAgreement, SERVICE } from '../testing/gateway-world.ts'
import { type InboundBench, openInbound, TARGET } from '../testing/inbound-bench.ts'
import { checkRequest } from './check-request.ts'

type Words = ReturnType<typeof makeStatement>

async function refused(bench: InboundBench, words: Words, peer?: string): Promise<WuslaError> {
  return await refusalOf(() => checkRequest(bench.deps, new FakeIncoming(words, peer).asIncoming, []))
}

test('what is signed, agreed and configured may go to its backend, with the headers as they came', async () => {
  await using bench = await openInbound()
  const words = makeStatement(bench.world.agreement, 'Accept:text/plain\r\n')
  const checked = checkRequest(bench.deps, new FakeIncoming(words).asIncoming, [])
  assert.equal(checked.target, TARGET)
  const { exchange } = words.statement
  assert.deepEqual(checked.rawHeaders, ['Accept', 'text/plain', 'x-road-request-id', exchange])
})

test('wrong_peer: a gateway speaks for its own member only', async () => {
  await using bench = await openInbound()
  for (const peer of ['AE-DU/GOV/DHA/gw-1', 'AE-DU/GOV/RTA2/gw-1', 'AE-DU/SEMI/DEWA/gw-1']) {
    const refusal = await refused(bench, makeStatement(bench.world.agreement), peer)
    assert.equal(refusal.code, 'wrong_peer', peer)
  }
})

test('unknown_service: a service of another member is not ours to serve, however well it is signed', async () => {
  await using bench = await openInbound()
  const words = makeStatement(bench.world.agreement, '', { service: 'AE-DU/GOV/RTA/X/y' })
  assert.equal((await refused(bench, words)).code, 'unknown_service')
})

test('unknown_service: a name of ours that was never published', async () => {
  await using bench = await openInbound()
  const words = makeStatement(bench.world.agreement, '', { service: 'AE-DU/SEMI/DEWA/BILLING/none' })
  assert.equal((await refused(bench, words)).code, 'unknown_service')
})

test('body_mismatch: headers that were signed and yet name another client or exchange', async () => {
  await using bench = await openInbound()
  const lies = [
    'x-road-client:AE-DU/GOV/DHA/HEALTH\r\n',
    'X-Road-UserId:somebody\r\n',
    'x-road-id:another\r\n',
    'x-road-request-id:019aaf35-3c55-7c3a-9d6a-111111111111\r\n',
  ]
  for (const lie of lies)
    assert.equal((await refused(bench, makeStatement(bench.world.agreement, lie))).code, 'body_mismatch', lie)
})

test('invalid_frame: lines that would smuggle a header to the backend', async () => {
  await using bench = await openInbound()
  for (const line of ['A:b\rC:d\r\n', 'A:b\nC:d\r\n', ' folded\r\n', 'no colon\r\n', 'A :b\r\n'])
    assert.equal(
      (await refused(bench, makeStatement(bench.world.agreement, line))).code,
      'invalid_frame',
      line,
    )
})

test('service_type: a service that is no api takes no call', async () => {
  await using bench = await openInbound()
  const { script, dewa, add, agreement } = bench.world
  const service = 'AE-DU/SEMI/DEWA/BILLING/files'
  const fields = { service, serviceKind: 'files', xroadType: 'REST', name: { ar: 'x', en: 'x' } } as const
  add(await script.entry('service_published', fields, [dewa.member, dewa.seal]))
  assert.equal((await refused(bench, makeStatement(agreement, '', { service }))).code, 'service_type')
})

test('access_denied: outside of the grant, under another agreement, or after its end', async () => {
  await using bench = await openInbound()
  const { agreement } = bench.world
  for (const words of [
    makeStatement(agreement, '', { path: '/other' }),
    makeStatement(agreement, '', { method: 'DELETE' }),
    makeStatement('open'),
    makeStatement('0'.repeat(43)),
  ])
    assert.equal((await refused(bench, words)).code, 'access_denied')
  await revokeAgreement(bench.world)
  assert.equal((await refused(bench, makeStatement(agreement))).code, 'access_denied')
})

test('service_not_configured and service_disabled: the operator of the gateway has the last word', async () => {
  await using bench = await openInbound()
  const words = makeStatement(bench.world.agreement)
  const disabledNotice = 'Back on Sunday.'
  await bench.settings.update((now) => ({ ...now, services: [{ ...TARGET, disabledNotice }] }))
  const disabled = await refused(bench, words)
  assert.equal(disabled.code, 'service_disabled')
  assert.equal(disabled.message, disabledNotice)
  await bench.settings.update((now) => ({ ...now, services: [] }))
  const missing = await refused(bench, words)
  assert.equal(missing.code, 'service_not_configured')
  assert.deepEqual(missing.details, { service: SERVICE })
})

test('no_path: a session that passes a branch the grant forbids, whoever opened it', async () => {
  const [core, moro] = ['AE-DU/branch/CORE', 'AE-DU/branch/MORO']
  await using bench = await openInbound({ transit: { avoid: [moro], onlyClasses: ['sovereign'] } })
  await commissionBranch(bench.world, core, 'sovereign')
  await commissionBranch(bench.world, moro, 'sovereign')
  const incoming = new FakeIncoming(makeStatement(bench.world.agreement)).asIncoming
  const check = (branches: readonly string[]): unknown => checkRequest(bench.deps, incoming, branches)
  check([core])
  check([])
  for (const path of [[moro], [core, moro], ['AE-DU/branch/UNKNOWN', core]]) {
    const refusal = await refusalOf(() => check(path))
    assert.equal(refusal.code, 'no_path', path.join())
    assert.match(
      String(refusal.details['reason']),
      /MORO: the agreement avoids it|UNKNOWN: .*class sovereign/,
    )
  }
  const { script, add } = bench.world
  add(await script.entry('branch_classed', { branch: core, class: 'public' }, script.byRegistry))
  assert.match(String((await refusalOf(() => check([core]))).details['reason']), /it is in public/)
})

test('hours are judged by when the consumer took the request, as far as clocks and copies may differ', async () => {
  // The world's clock stands at 08:00 of a Monday, and so does the statement.
  const hours = { timeZone: 'UTC', days: [1], from: '08:00', until: '08:30' }
  await using bench = await openInbound({ hours })
  const { clock, agreement } = bench.world
  const outcome = async (time: string): Promise<string> => {
    const { statement, headerBlock } = makeStatement(agreement)
    const incoming = new FakeIncoming({ statement: { ...statement, time }, headerBlock }).asIncoming
    try {
      return String(checkRequest(bench.deps, incoming, []).takenMs - clock.nowMs())
    } catch {
      return String(
        (await refused(bench, { statement: { ...statement, time }, headerBlock })).details['reason'],
      )
    }
  }
  assert.equal(await outcome('2026-11-23T08:00:00.000Z'), '0')
  clock.advance(30 * 60_000 + 60_000)
  assert.equal(await outcome('2026-11-23T08:29:59.999Z'), '-60001', 'a copy that was sent again')
  assert.equal(await outcome('2026-11-23T08:30:00.000Z'), 'outside_hours')
  assert.equal(await outcome('2026-11-23T08:00:00.000Z'), 'outside_hours', 'too old a word to be believed')
})

test('the purpose counts that is signed, whatever the headers say', async () => {
  await using bench = await openInbound({ purpose: ['licensing'] })
  const { agreement } = bench.world
  const { statement, headerBlock } = makeStatement(agreement, 'Wusla-Purpose:licensing\r\n')
  const reasonOf = async (purpose?: string): Promise<unknown> => {
    const words = { statement: purpose === undefined ? statement : { ...statement, purpose }, headerBlock }
    return (await refused(bench, words)).details['reason']
  }
  assert.equal(await reasonOf(), 'purpose_required')
  assert.equal(await reasonOf('audit'), 'purpose_not_granted')
  const words = { statement: { ...statement, purpose: 'licensing' }, headerBlock }
  checkRequest(bench.deps, new FakeIncoming(words).asIncoming, [])
})

test('access_denied: data of a higher class than the service may answer with; told whatever the consumer let through', async () => {
  await using bench = await openInbound({ dataClass: 'sensitive' })
  const incoming = (): IncomingRequest => new FakeIncoming(makeStatement(bench.world.agreement)).asIncoming
  const upTo = async (maxDataClass: DataClass): Promise<void> => {
    await bench.settings.update((now) => ({ ...now, services: [{ ...TARGET, maxDataClass }] }))
  }
  await upTo('sensitive')
  assert.equal(checkRequest(bench.deps, incoming(), []).dataClass, 'sensitive')
  await upTo('confidential')
  const refusal = await refusalOf(() => checkRequest(bench.deps, incoming(), []))
  assert.deepEqual([refusal.code, refusal.details['reason']], ['access_denied', 'data_class_too_high'])
  assert.deepEqual(refusal.details['changedBy'], ['AE-DU/SEMI/DEWA'])
})
