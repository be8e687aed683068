import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { SignedChange } from '../trust/signed-change.ts'
import { encodeSignedChange } from '../trust/signed-change.ts'
import { OwnChanges } from './own-changes.ts'
import type { RegistryClient } from './registry-client.ts'
import { type GatewayWorld, openWorld, refusalOf } from './testing/gateway-world.ts'

const SYSTEM = 'AE-DU/SEMI/DEWA/METERS'
const NAME = { ar: 'عدادات', en: 'Meters' }

interface Office extends AsyncDisposable {
  readonly world: GatewayWorld
  readonly changes: OwnChanges
  readonly submitted: SignedChange[]
  readonly steps: string[]
}

async function openOffice(submit?: (change: SignedChange) => Promise<number>): Promise<Office> {
  const world = await openWorld('AE-DU/SEMI/DEWA')
  const submitted: SignedChange[] = []
  const steps: string[] = []
  const registry = {
    submitChange: async (change: SignedChange) => {
      steps.push('submitted')
      submitted.push(change)
      return submit === undefined ? submitted.length : await submit(change)
    },
  } as unknown as RegistryClient
  const changes = new OwnChanges({
    network: 'AE-DU',
    member: world.dewa.member,
    key: () => world.dewa.seal,
    registry,
    clock: world.clock,
    untilApplied: async (index) => {
      await Promise.resolve()
      steps.push(`applied ${index}`)
    },
  })
  return { world, changes, submitted, steps, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

test('a change is signed by the member so that the directory takes it, and waited for', async () => {
  await using office = await openOffice((change) => {
    const result = office.world.directory.apply(encodeSignedChange(change))
    return result.applied ? Promise.resolve(result.index) : Promise.reject(new Error(result.reason))
  })
  const index = await office.changes.publish('system_registered', { system: SYSTEM, name: NAME })
  assert.equal(office.world.directory.system(SYSTEM)?.name.en, 'Meters')
  assert.deepEqual(office.steps, ['submitted', `applied ${index}`])
})

test('times strictly increase, also within one millisecond and when the clock goes back', async () => {
  await using office = await openOffice()
  const publish = async (): Promise<number> =>
    await office.changes.publish('system_registered', { system: SYSTEM, name: NAME })
  await Promise.all([publish(), publish(), publish()])
  office.world.clock.advance(-60_000)
  await publish()
  office.world.clock.advance(120_000)
  await publish()
  const times = office.submitted.map(({ change }) => change.time)
  assert.equal(new Set(times).size, 5)
  assert.deepEqual(times, times.toSorted())
  assert.equal(times.at(-1), '2026-11-23T08:01:00.000Z')
})

test('what is there already is no failure; any other refusal is', async () => {
  let reason = 'already_exists'
  await using office = await openOffice(() =>
    Promise.reject(new WuslaError('change_refused', { details: { reason } })),
  )
  const publish = async (): Promise<unknown> =>
    await office.changes.publishUnlessThere('system_registered', { system: SYSTEM, name: NAME })
  assert.equal(await publish(), undefined)
  reason = 'not_authorised'
  assert.equal((await refusalOf(publish)).code, 'change_refused')
  assert.deepEqual(office.steps, ['submitted', 'submitted'])
})
