import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BILLS, callBills, CLIENT, HostileNetwork, type RunningGateway } from '../hostile/hostile-network.ts'
import { startSwitchedPort } from '../hostile/switched-port.ts'
import { countingService } from './load.ts'
import { untilTrue } from './running-sandbox.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 100_000 }
const LISTENS = { directListen: '127.0.0.1:0' } as const
const DIALS = { directDialLocal: true } as const

/** The direct session to a peer that was opened next after `from` events. */
async function directTo({ told }: RunningGateway, peer: string, from = 0): Promise<void> {
  await untilTrue(() =>
    told.events
      .slice(from)
      .some((event) => event.kind === 'session_opened' && event.peer === peer && event.path.length === 0),
  )
}

test('with a line between them two gateways exchange directly, and no branch sees it', BOUNDED, async () => {
  await using network = await HostileNetwork.open()
  await network.agree()
  await network.addLine(network.rta, network.dewa.gateway)
  const dewa = await network.startGateway(network.dewa, LISTENS)
  const rta = await network.startGateway(network.rta, DIALS)
  await directTo(rta, network.dewa.gateway)
  await directTo(dewa, network.rta.gateway)
  let throughBranch = 0
  network.proxy.tamperWith((run) => {
    throughBranch += run.length
    return [run]
  })
  for (let n = 0; n < 10; n += 1) {
    const answer = await callBills(rta, { method: 'POST', body: Buffer.alloc(100_000, n) })
    assert.equal(answer.status, 200)
  }
  assert.equal(network.backend.seen.length, 10)
  // The spare over the branch has its handshake and signs of life.
  assert.ok(throughBranch < 50_000, `${throughBranch} bytes went through the branch`)
})

test(
  'a lost direct path fails no call and doubles none; it is used again when it is back',
  BOUNDED,
  async () => {
    const counted = countingService(1)
    await using network = await HostileNetwork.open(counted.answer)
    await network.agree()
    await network.addLine(network.rta, network.dewa.gateway)
    const port = await startSwitchedPort()
    const dewa = await network.startGateway(network.dewa, { ...LISTENS, directAnnounce: port.address })
    const { address } = await dewa.told.seen('direct_listening')
    port.leadTo(Number(address.slice(address.lastIndexOf(':') + 1)))
    const rta = await network.startGateway(network.rta, { ...DIALS, pathDeadlineMs: 30_000 })
    await directTo(rta, network.dewa.gateway)

    const failed: string[] = []
    const stopping = new AbortController()
    let calls = 0
    const caller = async (name: string): Promise<void> => {
      for (let n = 0; !stopping.signal.aborted; n += 1) {
        calls += 1
        const body = `${name} ${n}`
        const response = await fetch(`${rta.frontDoor}/r1/${BILLS}/bills/7`, {
          method: 'POST',
          headers: { 'x-road-client': CLIENT },
          body,
        })
        const text = await response.text()
        if (response.status !== 201) failed.push(`${body}: ${response.status} ${text}`)
      }
    }
    const callers = ['a', 'b', 'c', 'd'].map(caller)
    try {
      for (let round = 0; round < 2; round += 1) {
        const before = calls
        await untilTrue(() => calls > before + 50)
        const from = rta.told.events.length
        await port.close()
        await untilTrue(() => rta.told.events.slice(from).some(({ kind }) => kind === 'direct_path_failed'))
        const without = calls
        await untilTrue(() => calls > without + 50)
        await port.open()
        await directTo(rta, network.dewa.gateway, from)
      }
    } finally {
      stopping.abort()
      await Promise.all(callers)
      await port.close()
    }
    assert.deepEqual(failed, [])
    assert.equal(counted.executions.size, calls)
    assert.ok(
      [...counted.executions.values()].every((times) => times === 1),
      'a POST reached the backend twice',
    )
  },
)

test('a gateway announces when it listens and withdraws when it does no more', BOUNDED, async () => {
  await using network = await HostileNetwork.open()
  const record = network.readDirectory()
  const first = await network.startGateway(network.dewa, LISTENS)
  await untilTrue(() => record.gateway(network.dewa.gateway)?.direct?.address !== undefined)
  const { announced } = await first.told.seen('direct_listening')
  assert.equal(record.gateway(network.dewa.gateway)?.direct?.address, announced)
  await network.startGateway(network.dewa)
  await untilTrue(() => record.gateway(network.dewa.gateway)?.direct?.address === undefined)
})
