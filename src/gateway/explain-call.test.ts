import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WuslaError } from '../protocol/wusla-error.ts'
import { type ExplainDeps, explainCall } from './explain-call.ts'
import { PeerSessions, type SessionDialer } from './peer-sessions.ts'
import { CLIENT, type GatewayWorld, openWorld, refusalOf, SERVICE } from './testing/gateway-world.ts'

const ASKED = { client: CLIENT, service: SERVICE, method: 'GET', path: '/bills/7' }
const CORE = 'AE-DU/branch/CORE'

function depsOf(world: GatewayWorld, dialer: Partial<SessionDialer>): ExplainDeps {
  const { directory, access, limits, clock } = world
  const sessions = new PeerSessions({
    directory,
    clock,
    onEvent: () => undefined,
    dialer: {
      branches: () => [CORE],
      dial: () => Promise.reject(new WuslaError('session_closed')),
      ...dialer,
    },
  })
  const isRegistered = (client: string): boolean => client === CLIENT
  const member = 'AE-DU/GOV/RTA'
  return {
    gateway: `${member}/gw-1`,
    member,
    directory,
    access,
    limits,
    sessions,
    isRegistered,
    clock,
    patienceMs: 1_000,
  }
}

test('a way that fails names branches and codes, and is for the operator of the network to change', async () => {
  await using world = await openWorld()
  const { failedStep, reason, code, changedBy, text, agreement, steps } = await explainCall(
    depsOf(world, {}),
    ASKED,
  )
  assert.deepEqual([failedStep, reason, code, changedBy], ['path', 'path_failed', 'no_path', []])
  assert.match(text.en, /tried: AE-DU\/branch\/CORE: session_closed/)
  assert.equal(agreement, world.agreement, 'the agreement stands')
  assert.equal(steps.at(-1)?.tried?.[0]?.code, 'session_closed')
})

test('a way that the agreement forbids names its constraint, and is for the two parties to change', async () => {
  await using world = await openWorld('AE-DU/GOV/RTA', {
    transit: { avoid: [CORE], onlyClasses: ['sovereign'] },
  })
  const deps = depsOf(world, { dial: () => assert.fail('it dialled') })
  const { failedStep, reason, changedBy, text, steps } = await explainCall(deps, ASKED)
  assert.deepEqual([failedStep, reason], ['path', 'path_forbidden'])
  assert.deepEqual(changedBy, ['AE-DU/GOV/RTA', 'AE-DU/SEMI/DEWA'])
  for (const words of [text.en, text.ar])
    assert.ok(words.includes(`avoid: ${CORE}; onlyClasses: sovereign`), words)
  assert.equal(steps.at(-1)?.tried?.[0]?.detail, `${CORE}: the agreement avoids it.`)
})

test('a gateway without a branch of its own says so, and does not blame the other side', async () => {
  await using world = await openWorld()
  const { failedStep, reason, changedBy } = await explainCall(depsOf(world, { branches: () => [] }), ASKED)
  assert.deepEqual([failedStep, reason, changedBy], ['path', 'path_no_branch', ['AE-DU/GOV/RTA']])
})

test('a far gateway that keeps silent does not hold up the answer', { timeout: 20_000 }, async () => {
  await using world = await openWorld()
  const deps = depsOf(world, { dial: () => new Promise(() => undefined) })
  const { failedStep, reason } = await explainCall({ ...deps, patienceMs: 5 }, ASKED)
  assert.deepEqual([failedStep, reason], ['path', 'path_silent'])
})

test('a refusal by the terms asks nobody for a session', async () => {
  await using world = await openWorld()
  const deps = depsOf(world, { dial: () => assert.fail('it dialled') })
  const denied = await explainCall(deps, { ...ASKED, method: 'DELETE' })
  assert.deepEqual([denied.failedStep, denied.code], ['agreement', 'access_denied'])
  const stranger = await explainCall(deps, { ...ASKED, client: 'AE-DU/GOV/RTA/OTHER' })
  assert.deepEqual([stranger.failedStep, stranger.code], ['client', 'unknown_client'])
})

test('the gateway of a third member does not guess what two others agreed', async () => {
  await using world = await openWorld()
  const deps = { ...depsOf(world, {}), member: 'AE-DU/GOV/DHA' }
  const { code, details } = await refusalOf(async () => await explainCall(deps, ASKED))
  assert.equal(code, 'forbidden')
  assert.deepEqual(details['ask'], ['AE-DU/GOV/RTA', 'AE-DU/SEMI/DEWA'])
})

test('a path that climbs out of the service is told as at the door', async () => {
  await using world = await openWorld()
  const refusal = await refusalOf(
    async () => await explainCall(depsOf(world, {}), { ...ASKED, path: '/../x' }),
  )
  assert.equal(refusal.code, 'invalid_path')
})

test('limits are told with what is used and when they begin anew; one that is used up stands in the way', async () => {
  const limits = { requestsPerSecond: 50, requestsPerDay: 2 }
  await using world = await openWorld('AE-DU/GOV/RTA', { limits })
  const deps = depsOf(world, { dial: async () => await Promise.reject(new WuslaError('session_closed')) })
  const grant = { agreement: world.agreement, grant: 0, limits }
  world.clock.advance(1_000)
  await world.limits.admit(grant, ASKED, 0, true)
  const before = await explainCall(deps, ASKED)
  const told = before.steps.filter(({ step }) => step === 'limit').map(({ ok, text }) => [ok, text.en])
  assert.deepEqual(told, [
    [
      true,
      '1 of 2 a day are used at AE-DU/GOV/RTA/gw-1 (requestsPerDay); it begins anew at 2026-11-24T00:00:00.000Z.',
    ],
    [true, 'At most 50 requests pass in one second.'],
  ])
  assert.equal(before.failedStep, 'path')
  await world.limits.admit(grant, ASKED, 0, true)
  const after = await explainCall(deps, ASKED)
  assert.deepEqual(
    [after.failedStep, after.code, after.reason],
    ['limit', 'limit_exceeded', 'quota_exceeded'],
  )
  assert.deepEqual(after.changedBy, ['AE-DU/GOV/RTA', 'AE-DU/SEMI/DEWA'])
  assert.match(after.remedy?.ar ?? '', /2026-11-24T00:00:00\.000Z/)
})
