import assert from 'node:assert/strict'
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import test, { type TestContext } from 'node:test'
import { AdaptiveBuffer, LARGE_BUFFER_BYTES, ReadBuffers, SMALL_BUFFER_BYTES } from './read-buffers.ts'
import { splice } from './splice.ts'
import { acceptEnd, dialEnd } from './tunnel-end.ts'

interface Relay {
  readonly buffers: ReadBuffers
  /** Two sockets that a relay joins. */
  readonly pair: () => Promise<[Socket, Socket]>
  /** Tunnels that were closed. */
  readonly closed: () => number
}

async function startRelay(t: TestContext, maxLarge?: number): Promise<Relay> {
  const buffers = new ReadBuffers(maxLarge)
  let closed = 0
  const far = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(far, 'listening')
  const relay = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (accepted) => {
    const near = acceptEnd(accepted, buffers)
    const end = dialEnd({ host: '127.0.0.1', port: (far.address() as AddressInfo).port }, buffers)
    end.socket.once('connect', () => splice(near, end, () => (closed += 1)))
  }).listen(0, '127.0.0.1')
  await once(relay, 'listening')
  const opened: Socket[] = []
  t.after(() => {
    for (const socket of opened) socket.destroy()
    far.close()
    relay.close()
  })
  const pair = async (): Promise<[Socket, Socket]> => {
    const near = connect({
      port: (relay.address() as AddressInfo).port,
      host: '127.0.0.1',
      allowHalfOpen: true,
    })
    const [other] = (await once(far, 'connection')) as [Socket]
    opened.push(near, other)
    return [near, other]
  }
  return { buffers, pair, closed: () => closed }
}

/** Sends pieces of random sizes; gives the digest of all. */
async function send(socket: Socket, bytes: number): Promise<string> {
  const hash = createHash('sha256')
  for (let left = bytes; left > 0;) {
    const piece = randomBytes(Math.min(left, randomInt(1, 400_000)))
    hash.update(piece)
    left -= piece.length
    if (!socket.write(piece)) await once(socket, 'drain')
  }
  socket.end()
  return hash.digest('hex')
}

/** Reads to the end, stopping now and then long enough for everything before it to fill up. */
async function receive(socket: Socket): Promise<string> {
  const hash = createHash('sha256')
  const chunks = socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
  for await (const chunk of chunks) {
    hash.update(chunk)
    if (randomInt(20) === 0) await new Promise((resolve) => setTimeout(resolve, randomInt(10)))
  }
  return hash.digest('hex')
}

await test('every byte arrives as it was sent, with stalling readers on both sides of several tunnels at once', async (t) => {
  const relay = await startRelay(t, 3)
  const pairs: [Socket, Socket][] = []
  while (pairs.length < 4) pairs.push(await relay.pair())
  await Promise.all(
    pairs.map(async ([near, far]) => {
      const [sent, sentBack, got, gotBack] = await Promise.all([
        send(near, 12_000_000),
        send(far, 12_000_000),
        receive(far),
        receive(near),
      ])
      assert.equal(got, sent)
      assert.equal(gotBack, sentBack)
    }),
  )
  // The last ends close a turn later.
  while (relay.closed() < 4) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(relay.buffers.lent, 0)
})

await test('the end of one direction leaves the other open', async (t) => {
  const relay = await startRelay(t)
  const [near, far] = await relay.pair()
  const question = await send(near, 1_000)
  assert.equal(await receive(far), question)
  const answer = await send(far, 1_000_000)
  assert.equal(await receive(near), answer)
})

await test('a large buffer is lent under load, given back at rest, and bounded in number', () => {
  const buffers = new ReadBuffers(1)
  const [one, two] = [new AdaptiveBuffer(buffers), new AdaptiveBuffer(buffers)]
  assert.equal(one.current.length, SMALL_BUFFER_BYTES)
  one.note(SMALL_BUFFER_BYTES, false)
  two.note(SMALL_BUFFER_BYTES, false)
  assert.equal(one.current.length, LARGE_BUFFER_BYTES)
  assert.ok(two.current.length > SMALL_BUFFER_BYTES && two.current.length < LARGE_BUFFER_BYTES)
  assert.equal(buffers.lent, 1)
  for (let read = 0; read < 8; read += 1) one.note(10, false)
  assert.equal(one.current.length, SMALL_BUFFER_BYTES)
  assert.equal(buffers.lent, 0)
})

await test('a buffer that somebody still reads from is neither exchanged nor lent again', () => {
  const buffers = new ReadBuffers(2)
  const one = new AdaptiveBuffer(buffers)
  one.note(SMALL_BUFFER_BYTES, true)
  assert.equal(one.current.length, SMALL_BUFFER_BYTES)
  one.note(SMALL_BUFFER_BYTES, false)
  const large = one.current
  one.note(LARGE_BUFFER_BYTES, true)
  one.close()
  assert.equal(buffers.lent, 0)
  const two = new AdaptiveBuffer(buffers)
  two.note(SMALL_BUFFER_BYTES, false)
  assert.equal(two.current.length, LARGE_BUFFER_BYTES)
  assert.notEqual(two.current, large)
})
