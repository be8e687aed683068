import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEWA, start } from '../../directory/testing/two-members.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import { announceAddress } from './announce-address.ts'

const own = { gateway: `${DEWA}/gw-1`, member: DEWA }
const ADDRESS = '10.1.2.3:7443'

async function bench(address: string | undefined, failures = 0, announced?: string) {
  const network = await start()
  const { script, directory, dewa, add } = network
  const by = [DEWA, dewa.seal] as const
  if (announced !== undefined)
    add(await script.entry('gateway_direct_announced', { ...own, address: announced }, by))
  const published: string[] = []
  const events: GatewayEvent[] = []
  const stop = announceAddress({
    ...own,
    address,
    directory,
    ownChanges: {
      publish: async (kind, fields) => {
        published.push(kind)
        if (published.length <= failures) throw new WuslaError('registry_unreachable')
        add(await script.entry(kind, fields, by))
        return directory.size
      },
    },
    onEvent: (event) => events.push(event),
    retryMs: 1,
  })
  const said = (): string | undefined => directory.gateway(own.gateway)?.direct?.address
  return { network, published, events, said, stop }
}

async function until(holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !holds();) {
    assert.ok(Date.now() < deadline, 'it did not come true')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

test('it announces what is not announced, and tries until the registry takes it', async () => {
  const b = await bench(ADDRESS, 2)
  await until(() => b.said() === ADDRESS)
  await settled()
  b.stop()
  assert.equal(b.published.length, 3)
  assert.deepEqual(
    b.events.map((event) => (event.kind === 'direct_not_announced' ? event.retryMs : 0)),
    [1, 2],
  )
})

test('what the directory says already is not said again; another address is', async () => {
  const same = await bench(ADDRESS, 0, ADDRESS)
  await settled()
  same.stop()
  assert.deepEqual(same.published, [])
  const moved = await bench(ADDRESS, 0, '10.9.9.9:1')
  await until(() => moved.said() === ADDRESS)
  moved.stop()
})

test('a gateway that listens nowhere withdraws, also what comes to light later', async () => {
  const b = await bench(undefined, 0, ADDRESS)
  await until(() => b.said() === undefined)
  const { script, dewa, add } = b.network
  add(await script.entry('gateway_direct_announced', { ...own, address: ADDRESS }, [DEWA, dewa.seal]))
  await until(() => b.said() === undefined)
  b.stop()
  assert.deepEqual(b.published, ['gateway_direct_withdrawn', 'gateway_direct_withdrawn'])
})

test('an address that the registry has withdrawn stays away', async () => {
  const b = await bench(ADDRESS)
  await until(() => b.said() === ADDRESS)
  await settled()
  const { script, add } = b.network
  add(await script.entry('gateway_direct_withdrawn', own, script.byRegistry))
  await settled()
  b.stop()
  assert.equal(b.said(), undefined)
  assert.equal(b.published.length, 1)
})

test('stopped, it says nothing more', async () => {
  const b = await bench(ADDRESS, Infinity)
  await until(() => b.events.length > 0)
  b.stop()
  const { length } = b.published
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(b.published.length, length)
})
