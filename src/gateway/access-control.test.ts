import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { agreementHash, decodeAgreement, grantsOf } from '../agreements/agreement.ts'
import type { Change } from '../directory/change.ts'
import { AccessControl } from './access-control.ts'
import { AgreementStore } from './agreement-store.ts'
import { CLIENT, openWorld, refusalOf, revokeAgreement, SERVICE } from './testing/gateway-world.ts'

const WANTED = { client: CLIENT, service: SERVICE, method: 'GET', path: '/bills/7' }

test('an agreement in force allows exactly its operations to exactly its parties', async () => {
  await using world = await openWorld()
  assert.equal(world.access.authorise(WANTED).agreement, world.agreement)
  const denied = [
    { ...WANTED, method: 'DELETE' },
    { ...WANTED, path: '/bills/7/lines' },
    { ...WANTED, client: 'AE-DU/SEMI/DEWA/BILLING' },
  ]
  for (const wanted of denied)
    assert.equal((await refusalOf(() => world.access.authorise(wanted))).code, 'access_denied')
})

test('a refusal carries what the caller needs: reason, remedy, who can change it', async () => {
  await using world = await openWorld()
  const { details } = await refusalOf(() => world.access.authorise({ ...WANTED, method: 'DELETE' }))
  assert.equal(typeof details['reason'], 'string')
  assert.equal(typeof details['remedy'], 'string')
  assert.ok(Array.isArray(details['changedBy']))
  assert.equal(details['client'], CLIENT)
  assert.equal(details['service'], SERVICE)
})

test('an agreement that is revoked allows nothing from that very moment, without anybody telling', async () => {
  await using world = await openWorld()
  world.access.authorise(WANTED)
  await revokeAgreement(world)
  assert.equal((await refusalOf(() => world.access.authorise(WANTED))).code, 'access_denied')
})

test('suspended and resumed: the rules follow each version of the directory', async () => {
  await using world = await openWorld()
  const { script, rta, add, agreement, access } = world
  const fields = { agreement, party: rta.member, reason: 'a question' }
  add(await script.entry('agreement_suspended', fields, [rta.member, rta.seal]))
  assert.equal(access.decide(WANTED).allowed, false)
  add(await script.entry('agreement_resumed', fields, [rta.member, rta.seal]))
  assert.equal(access.decide(WANTED).allowed, true)
  add(await script.entry('member_suspended', { member: rta.member, reason: 'x' }, script.byRegistry))
  assert.equal(access.decide(WANTED).allowed, false)
  add(await script.entry('member_resumed', { member: rta.member, reason: 'x' }, script.byRegistry))
  assert.equal(access.decide(WANTED).allowed, true)
})

test('a service that is withdrawn is unknown at once', async () => {
  await using world = await openWorld()
  const { script, dewa, add, access } = world
  assert.equal(access.decide(WANTED).allowed, true)
  add(await script.entry('service_withdrawn', { service: SERVICE }, [dewa.member, dewa.seal]))
  assert.equal((await refusalOf(() => access.authorise(WANTED))).code, 'unknown_service')
})

test('validity is read from the signed content at each decision', async () => {
  await using world = await openWorld()
  assert.equal(world.access.decide(WANTED).allowed, true)
  world.clock.advance(Date.UTC(2029, 0, 1) - world.clock.nowMs() - 1)
  assert.equal(world.access.decide(WANTED).allowed, true)
  world.clock.advance(1)
  assert.equal(world.access.decide(WANTED).allowed, false)
})

test('the provider decides under the agreement the consumer named, and no other', async () => {
  await using world = await openWorld('AE-DU/SEMI/DEWA')
  const { access, agreement } = world
  assert.equal(access.decide({ ...WANTED, agreement }).allowed, true)
  assert.equal(access.decide({ ...WANTED, agreement: 'open' }).allowed, false)
  assert.equal(access.decide({ ...WANTED, agreement: '0'.repeat(43) }).allowed, false)
})

test('without its content an agreement allows nothing, and with it at the next decision after the word', async () => {
  await using world = await openWorld()
  const { directory, clock, folder, agreements, agreement } = world
  const content = agreements.get(agreement)
  await rm(join(folder, 'agreements'), { recursive: true })
  const empty = await AgreementStore.open(folder)
  const access = new AccessControl({ member: 'AE-DU/GOV/RTA', directory, agreements: empty, clock })
  empty.onChange(() => access.invalidate())
  assert.equal(access.decide(WANTED).allowed, false)
  await empty.put(content)
  assert.equal(access.decide(WANTED).allowed, true)
})

test('a content that no entry of the directory names grants nothing', async () => {
  await using world = await openWorld()
  const { agreements, agreement, access } = world
  const content = agreements.get(agreement)
  assert.ok(content !== undefined)
  const operations = [{ method: '*', path: '/**' }]
  const grants = grantsOf(content).map((grant) => ({ ...grant, operations }))
  await agreements.put({ ...content, grants })
  access.invalidate()
  assert.equal(access.decide({ ...WANTED, method: 'DELETE' }).allowed, false)
})

test('a path that cannot be read in one way only is refused before any rule', async () => {
  await using world = await openWorld()
  const paths = ['/bills/%zz', '/bills/\u0000', 'bills']
  for (const path of paths) {
    const { code } = await refusalOf(() => world.access.authorise({ ...WANTED, path }))
    assert.equal(code, 'invalid_path', path)
  }
})

test('data above the highest class that we let through here is refused, in words that the caller reads', async () => {
  await using world = await openWorld('AE-DU/GOV/RTA', { dataClass: 'sensitive' })
  const allowed = world.access.authorise({ ...WANTED, maxDataClass: 'sensitive' })
  assert.deepEqual([allowed.agreement, allowed.dataClass], [world.agreement, 'sensitive'])
  const refusal = await refusalOf(() => world.access.authorise({ ...WANTED, maxDataClass: 'confidential' }))
  assert.deepEqual([refusal.code, refusal.details['reason']], ['access_denied', 'data_class_too_high'])
  assert.deepEqual(refusal.details['changedBy'], ['AE-DU/GOV/RTA'])
  assert.match(refusal.message, /grants this as sensitive data/)
})

test('an agreement ends when another takes its place: by its content where it is here, else by the word of the registry', async () => {
  await using world = await openWorld()
  const { script, add, dewa, rta, agreement, agreements, access, clock } = world
  const [said, agreed] = ['2026-11-23T09:00:00.000Z', '2026-11-23T10:00:00.000Z']
  const old = agreements.get(agreement)
  const next = { ...old, validFrom: agreed, supersedes: agreement }
  const hash = agreementHash(decodeAgreement(next))
  const entry = JSON.parse(await script.agreement(hash, dewa, rta)) as { readonly change: Change }
  const change = { ...entry.change, validFrom: said, supersedes: agreement } as Change
  add(await script.sign(change, script.byRegistry))
  const wanted = { ...WANTED, agreement }
  const at = (instant: string): string => {
    clock.advance(Date.parse(instant) - clock.nowMs())
    const decision = access.decide(wanted)
    return decision.allowed ? 'allowed' : `${decision.reason} ${decision.details['supersededBy']}`
  }
  assert.equal(at('2026-11-23T08:59:59.999Z'), 'allowed')
  assert.equal(at(said), `superseded ${hash}`)
  await agreements.put(next)
  access.invalidate()
  assert.equal(at(said), 'allowed')
  assert.equal(at('2026-11-23T09:59:59.999Z'), 'allowed')
  assert.equal(at(agreed), `superseded ${hash}`)
  assert.equal(access.authorise(WANTED).agreement, hash)
})

test('the registry cannot end an agreement by another that does not say it takes its place', async () => {
  await using world = await openWorld()
  const { script, add, dewa, rta, agreement, agreements, access } = world
  const other = await agreements.put({ ...agreements.get(agreement), nonce: 'BBBBBBBBBBBBBBBBBBBBBA' })
  const entry = JSON.parse(await script.agreement(other, dewa, rta)) as { readonly change: Change }
  add(await script.sign({ ...entry.change, supersedes: agreement } as Change, script.byRegistry))
  assert.equal(access.decide({ ...WANTED, agreement }).allowed, true)
})

test('the registry cannot keep an agreement alive by leaving out that another takes its place', async () => {
  await using world = await openWorld()
  const { script, add, dewa, rta, agreement, agreements, access, clock } = world
  const validFrom = '2026-11-23T09:00:00.000Z'
  const next = await agreements.put({ ...agreements.get(agreement), validFrom, supersedes: agreement })
  access.invalidate()
  assert.equal(access.decide({ ...WANTED, agreement }).allowed, true)
  add(await script.agreement(next, dewa, rta))
  clock.advance(Date.parse(validFrom) - clock.nowMs() - 1)
  assert.equal(access.decide({ ...WANTED, agreement }).allowed, true)
  clock.advance(1)
  const decision = access.decide({ ...WANTED, agreement })
  assert.equal(!decision.allowed && decision.reason, 'superseded')
})

test('of several that take the place of one the first to begin counts, in whatever order they came', async () => {
  await using world = await openWorld()
  const { script, add, dewa, rta, agreement, agreements, access, clock } = world
  const [first, second] = ['2026-11-23T09:00:00.000Z', '2026-11-23T10:00:00.000Z']
  for (const [index, validFrom] of [second, first, second].entries()) {
    const nonce = Buffer.alloc(16, index + 1).toString('base64url')
    const content = { ...agreements.get(agreement), validFrom, supersedes: agreement, nonce }
    add(await script.agreement(await agreements.put(content), dewa, rta))
  }
  clock.advance(Date.parse(first) - clock.nowMs())
  const decision = access.decide({ ...WANTED, agreement })
  assert.equal(!decision.allowed && decision.details['validUntil'], first)
})

test('two others cannot end an agreement by saying that theirs takes its place', async () => {
  await using world = await openWorld()
  const { script, add, rta, agreement, agreements, access } = world
  const dha = script.gateway('AE-DU/GOV/DHA/gw-1')
  add(await script.admission(dha.member))
  add(await script.enrolment(dha, script.byRegistry))
  const old = agreements.get(agreement)
  assert.ok(old !== undefined)
  const parties = [
    { member: dha.member, role: 'provider' },
    { member: rta.member, role: 'consumer' },
  ]
  const grants = grantsOf(old).map((grant) => ({ ...grant, service: `${dha.member}/CLINIC/files` }))
  const theirs = await agreements.put({ ...old, parties, grants, supersedes: agreement })
  add(await script.agreement(theirs, dha, rta))
  assert.equal(access.authorise(WANTED).agreement, agreement)
})
