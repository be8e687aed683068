import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { createLinkFixture } from './link-fixture.ts'
import {
  CONSUMER,
  echo,
  makeKeys,
  makeOpening,
  makeSide,
  PROVIDER,
  readBody,
  textOf,
  untilIdle,
} from './session-fixture.ts'
import { openSession } from './session.ts'
import type { Session } from './session.ts'
import type { SessionOptions } from './session-options.ts'
import { secureAcceptor, secureInitiator } from './session-tls.ts'
import type { SecuredSocket } from './session-tls.ts'

/** Both ends of a TLS 1.3 connection between two gateways. */
async function securedPair(t: TestContext): Promise<[SecuredSocket, SecuredSocket]> {
  const { directory, identity } = await createLinkFixture()
  const [a, b] = [await identity(CONSUMER), await identity(PROVIDER)]
  const listener = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  assert.ok(typeof address === 'object' && address !== null)
  const client = connect(address.port, '127.0.0.1')
  const [server] = (await once(listener, 'connection')) as [Socket]
  t.after(() => {
    client.destroy()
    server.destroy()
    listener.close()
  })
  return Promise.all([
    secureInitiator(client, { identity: a, directory, expectPeer: PROVIDER }),
    secureAcceptor(server, { identity: b, directory, expectPeer: CONSUMER }),
  ])
}

async function openOverTls(
  t: TestContext,
  changes: Partial<SessionOptions> = {},
): Promise<{ consumer: Session; provider: Session }> {
  const [near, far] = await securedPair(t)
  const keys = makeKeys()
  const consumerSide = makeSide('initiator', near.socket, keys, { exporter: near.exporter })
  const providerSide = makeSide('acceptor', far.socket, keys, {
    exporter: far.exporter,
    onRequest: echo,
    ...changes,
  })
  const [consumer, provider] = await Promise.all([
    openSession(consumerSide.options),
    openSession(providerSide.options),
  ])
  return { consumer, provider }
}

await test('sessions over TLS: many small exchanges and large bodies at the same time', async (t) => {
  const pair = await openOverTls(t)
  const small = Array.from({ length: 500 }, async (_, i) => {
    const answer = await pair.consumer.request(makeOpening(), '', Buffer.from(`body ${i}`))
    await answer.recorded
    assert.equal(textOf(answer.body), `body ${i}`)
  })
  const large = Array.from({ length: 4 }, async (_, i) => {
    const body = Buffer.alloc(3_000_000 + i, i)
    const answer = await pair.consumer.request(makeOpening(), '', body)
    assert.ok((await readBody(answer.body)).equals(body))
  })
  await Promise.all([...small, ...large])
  await untilIdle(pair)
  const reason = await pair.consumer.close()
  assert.deepEqual(reason, { code: 'session_closed', by: 'local' })
  assert.deepEqual(await pair.provider.closed, { code: 'session_closed', by: 'peer' })
})

await test('a body of 64 MiB passes at bounded memory', async (t) => {
  const pair = await openOverTls(t)
  const chunk = Buffer.alloc(65_536, 'x')
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 1_024; i += 1) yield chunk
  }
  const answer = await pair.consumer.request(makeOpening(), '', source())
  assert.ok(!Buffer.isBuffer(answer.body))
  let bytes = 0
  let most = 0
  for await (const piece of answer.body) {
    bytes += piece.length
    const near = pair.consumer.statistics()
    const far = pair.provider.statistics()
    most = Math.max(most, near.bufferedBodyBytes + near.unsentBytes + far.bufferedBodyBytes + far.unsentBytes)
  }
  assert.equal(bytes, 67_108_864)
  assert.ok(most < 2_000_000, `at most ${most} bytes were held`)
  await untilIdle(pair)
})

await test('without the same key material of TLS the seals of one side are worth nothing to the other', async (t) => {
  const pair = await openOverTls(t, { exporter: Buffer.alloc(32) })
  assert.notEqual(pair.consumer.id, pair.provider.id)
  await assert.rejects(pair.consumer.request(makeOpening(), '', null), { code: 'invalid_signature' })
  assert.equal((await pair.provider.closed).step, 'session')
})

await test('a connection cut in the middle of a body is an error at both ends', async (t) => {
  const [near, far] = await securedPair(t)
  const keys = makeKeys()
  let served: Promise<unknown> = Promise.resolve()
  const [consumer, provider] = await Promise.all([
    openSession(makeSide('initiator', near.socket, keys).options),
    openSession(
      makeSide('acceptor', far.socket, keys, {
        onRequest: (incoming) => {
          served = readBody(incoming.body)
          served.catch(() => undefined)
          near.socket.destroy()
        },
      }).options,
    ),
  ])
  await assert.rejects(consumer.request(makeOpening(), '', Buffer.alloc(5_000_000)), {
    code: 'session_closed',
  })
  assert.equal((await provider.closed).by, 'network')
  await assert.rejects(served, { code: 'session_closed' })
})
