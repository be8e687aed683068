import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isErrorCode } from '../../src/protocol/error-codes.ts'
import { callBills, HostileNetwork, MORO, type RunningGateway } from './hostile-network.ts'
import type { Tamper } from './tunnel-proxy.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 60_000 }

interface Pair {
  readonly rta: RunningGateway
  readonly dewa: RunningGateway
}

/** Both gateways up, agreed, and one good call behind them. */
async function openPair(network: HostileNetwork): Promise<Pair> {
  await network.agree()
  const dewa = await network.startGateway(network.dewa)
  // A lost byte shows only with the next ping; the path over which the exchange goes again needs its time after that.
  const rta = await network.startGateway(network.rta, { pathDeadlineMs: 10_000 })
  const answer = await callBills(rta)
  assert.deepEqual(answer, { status: 200, text: '{"ok":true}' })
  assert.equal(network.backend.seen.length, 1)
  return { rta, dewa }
}

/** Applies a change to the first run of bytes that is long enough to carry a request, then lets all pass. */
function once(change: Tamper): { readonly tamper: Tamper; readonly done: () => boolean } {
  let isDone = false
  return {
    tamper: (run) => {
      if (isDone || run.length < 200) return [run]
      isDone = true
      return change(run)
    },
    done: () => isDone,
  }
}

const halvesSwapped = (run: Buffer): Buffer[] => [
  run.subarray(run.length >> 1),
  run.subarray(0, run.length >> 1),
]

const altered = (run: Buffer): Buffer[] => {
  const copy = Buffer.from(run)
  copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1
  return [copy]
}

/** What the branch does, and how. */
const CASES: readonly (readonly [string, () => ReturnType<typeof once>])[] = [
  ['alters one bit', () => once(altered)],
  ['repeats a run', () => once((run) => [run, run])],
  ['loses the middle of a run', () => once((run) => [run.subarray(0, 100), run.subarray(101)])],
  ['adds a byte', () => once((run) => [run, Buffer.from([0])])],
  ['changes the order', () => once(halvesSwapped)],
]

for (const [what, make] of CASES) {
  test(
    `a branch that ${what}: the session ends, and the exchange is carried out once over another`,
    BOUNDED,
    async () => {
      await using network = await HostileNetwork.open()
      const { rta, dewa } = await openPair(network)
      const wire = make()
      network.proxy.tamperWith(wire.tamper)
      const answer = await callBills(rta, { method: 'POST', body: 'p'.repeat(300) })
      assert.ok(wire.done())
      const served = network.backend.seen.filter(({ method }) => method === 'POST').length
      // Nothing of the spoilt session is believed; the exchange goes out again over a new one, and is carried out once.
      assert.deepEqual([answer, served], [{ status: 200, text: '{"ok":true}' }, 1])
      await Promise.all([rta.told.seen('session_closed'), dewa.told.seen('session_closed')])
      network.proxy.tamperWith(undefined)
      assert.equal((await callBills(rta)).status, 200, 'a new session is opened by itself')
    },
  )
}

test('a branch that lets nothing through: the caller is told no path, and why', BOUNDED, async () => {
  await using network = await HostileNetwork.open()
  await network.agree()
  await network.startGateway(network.dewa)
  const rta = await network.startGateway(network.rta)
  network.proxy.tamperWith((run) => [Buffer.alloc(run.length)])
  const answer = await callBills(rta)
  assert.ok(answer.status >= 500)
  const { wusla } = JSON.parse(answer.text) as {
    wusla: { code: string; tried: { gateway: string; via: string; code: string; detail: string }[] }
  }
  assert.equal(wusla.code, 'no_path')
  assert.ok(wusla.tried.length >= 1 && wusla.tried.length <= 16)
  for (const { gateway, via, code, detail } of wusla.tried) {
    assert.deepEqual([gateway, via], [network.dewa.gateway, MORO])
    assert.ok(isErrorCode(code) && code !== 'internal_error', code)
    assert.ok(detail.length > 10, detail)
  }
  const told = rta.told.events.find(({ kind }) => kind === 'exchange_failed')
  assert.ok(told?.kind === 'exchange_failed')
  assert.deepEqual(told.tried, wusla.tried, 'the operator reads the same in the events')
  assert.equal(network.backend.seen.length, 0)
})
