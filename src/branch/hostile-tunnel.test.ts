import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import test, { type TestContext } from 'node:test'
import * as fc from 'fast-check'
import type { IncomingTunnel } from '../transport/branch-link.ts'
import { encodePreamble } from '../transport/tunnel-preamble.ts'
import {
  type BranchNetwork,
  branchNetwork,
  dialTunnel,
  isOver,
  QUICK,
  readBytes,
  type Speaker,
  type TestBranch,
  type TestGateway,
  until,
} from './testing/branch-network.ts'

const RTA = 'AE-DU/GOV/RTA/gw-1'
const DEWA = 'AE-DU/SEMI/DEWA/gw-1'

interface Scene {
  readonly network: BranchNetwork
  readonly core: TestBranch
  readonly asker: Speaker
  readonly dewa: TestGateway
}

async function scene(t: TestContext, limits: typeof QUICK = {}): Promise<Scene> {
  const network = await branchNetwork(t)
  const core = await network.branch('CORE', limits)
  const asker = await network.speaker(await network.fixture.identity(RTA), core)
  const dewa = await network.gateway(DEWA, core)
  return { network, core, asker, dewa }
}

/** Asks for a tunnel and gives the ticket, with the far end standing. */
async function ask({ asker, dewa }: Scene, n: number): Promise<{ ticket: string; far: IncomingTunnel }> {
  asker.channel.send({ t: 'open', n, target: DEWA })
  const far = await dewa.incoming()
  await until(() => asker.heard.some((message) => message.t === 'opened' && message.n === n), 'opened')
  const opened = asker.heard.find((message) => message.t === 'opened' && message.n === n)
  return opened?.t === 'opened' ? { ticket: opened.ticket, far } : assert.fail()
}

await test('a ticket is good once, and a second use does not disturb the first', async (t) => {
  const all = await scene(t)
  const { ticket, far } = await ask(all, 1)
  const first = dialTunnel(t, all.core)
  first.write(encodePreamble(ticket))
  assert.deepEqual(await readBytes(first, 1), Buffer.of(1))
  const second = dialTunnel(t, all.core)
  second.write(encodePreamble(ticket))
  await isOver(second)
  assert.equal((await all.core.log.seen('preamble_refused')).reason, 'ticket_invalid')
  first.write('still here')
  assert.equal((await readBytes(far.socket, 10)).toString(), 'still here')
})

await test('a ticket that is wrong in one bit, or past its time, is refused like any other', async (t) => {
  const all = await scene(t, { ticketMs: 150 })
  const { ticket, far } = await ask(all, 1)
  const flipped = `${ticket.startsWith('A') ? 'B' : 'A'}${ticket.slice(1)}`
  for (const guess of [flipped, randomBytes(32).toString('base64url')]) {
    const socket = dialTunnel(t, all.core)
    socket.write(encodePreamble(guess))
    await isOver(socket)
    assert.equal(socket.bytesRead, 0)
  }
  await all.core.log.seen('tunnel_abandoned')
  await isOver(far.socket)
  const late = dialTunnel(t, all.core)
  late.write(encodePreamble(ticket))
  await isOver(late)
  assert.equal(all.core.log.events.filter((event) => event.kind === 'preamble_refused').length, 3)
})

await test('a preamble may trickle in, but only for so long', async (t) => {
  const all = await scene(t)
  const { ticket } = await ask(all, 1)
  const slow = dialTunnel(t, all.core)
  slow.setNoDelay(true)
  for (const byte of encodePreamble(ticket)) slow.write(byte)
  assert.deepEqual(await readBytes(slow, 1), Buffer.of(1))
  const strict = await all.network.branch('MORO', { preambleMs: 250 })
  const endless = dialTunnel(t, strict)
  endless.write('WUSLA/1 ')
  await isOver(endless)
  await strict.log.seen('preamble_refused', ({ reason }) => reason === 'too_slow')
  assert.equal(strict.handle.status().tunnels.halfOpen, 0)
})

await test('whatever bytes come first, the connection is closed and nothing is said', async (t) => {
  const { core } = await scene(t)
  const bytes = fc.uint8Array({ minLength: 52, maxLength: 4_000 })
  await fc.assert(
    fc.asyncProperty(bytes, async (junk) => {
      const socket = dialTunnel(t, core)
      socket.write(junk)
      await isOver(socket)
      assert.equal(socket.bytesRead, 0)
    }),
    { numRuns: 50 },
  )
  assert.equal(core.handle.status().tunnels.halfOpen, 0)
})

await test('a crowd without tickets is bounded, and does not keep a ticket out', async (t) => {
  const all = await scene(t, { maxHalfOpen: 20, maxHalfOpenPerAddress: 20 })
  const { ticket } = await ask(all, 1)
  const crowd = Array.from({ length: 60 }, () => dialTunnel(t, all.core))
  await Promise.all(crowd.slice(0, 40).map(isOver))
  assert.ok(all.core.handle.status().tunnels.halfOpen <= 20)
  const socket = dialTunnel(t, all.core)
  socket.write(encodePreamble(ticket))
  assert.deepEqual(await readBytes(socket, 1), Buffer.of(1))
})

await test('a flood of requests is refused beyond the bound and the rest of the branch goes on', async (t) => {
  const { network, core, asker } = await scene(t, { maxOpensPerPeer: 4 })
  const deaf = await network.speaker(await network.fixture.identity('AE-DU/GOV/DHA/gw-1'), core)
  for (let n = 0; n < 100; n += 1) asker.channel.send({ t: 'open', n, target: 'AE-DU/GOV/DHA/gw-1' })
  await until(() => asker.heard.length >= 96, 'all but four are refused at once')
  const first = asker.heard.slice(0, 96)
  assert.ok(first.every((message) => message.t === 'refused' && message.code === 'too_many_requests'))
  await until(() => deaf.heard.length >= 4, 'the four are passed on')
  assert.equal(deaf.heard.length, 4)
  const [rta2, dewa2] = [
    await network.gateway('AE-DU/COM/MORO/gw-1', core),
    await network.gateway('AE-DU/COM/MORO/gw-2', core),
  ]
  await network.tunnel(rta2, dewa2)
  await until(() => asker.heard.length === 100, 'the four end in time')
  assert.equal(core.handle.status().tunnels.tickets, 0)
})

await test('a tunnel that is reset at one end is closed at the other', async (t) => {
  const all = await scene(t)
  const { ticket, far } = await ask(all, 1)
  const socket = dialTunnel(t, all.core)
  socket.write(encodePreamble(ticket))
  await readBytes(socket, 1)
  const end = once(far.socket, 'close')
  far.socket.on('error', () => undefined).resume()
  socket.resetAndDestroy()
  await end
  await all.core.log.seen('tunnel_closed')
  assert.equal(all.core.handle.status().tunnels.open, 0)
})
