import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import test, { type TestContext } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { createIssuingCa, createNetworkRoot } from '../trust/certificate-authority.ts'
import { createLinkFixture } from './link-fixture.ts'
import { secureAcceptor, secureInitiator } from './session-tls.ts'

const A = 'AE-DU/GOV/RTA/gw-1'
const B = 'AE-DU/SEMI/DEWA/gw-1'
const C = 'AE-DU/GOV/DHA/gw-1'

/** Both ends of a TCP connection, closed after the test. */
async function socketPair(t: TestContext): Promise<{ client: Socket; server: Socket }> {
  const listener = createServer().listen(0, '127.0.0.1')
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
  return { client, server }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (isWuslaError(error)) return error.code
    throw error
  }
  return 'no error'
}

await test('both ends know each other and share secret bytes', async (t) => {
  const { directory, identity } = await createLinkFixture()
  const [a, b] = [await identity(A), await identity(B)]
  const { client, server } = await socketPair(t)
  const [atA, atB] = await Promise.all([
    secureInitiator(client, { identity: a, directory, expectPeer: B }),
    secureAcceptor(server, { identity: b, directory, expectPeer: A }),
  ])
  assert.equal(atA.peer.id, B)
  assert.equal(atB.peer.id, A)
  assert.equal(directory.tlsKeyOwner(atB.peer.tlsKeyId), A)
  assert.equal(atA.exporter.length, 32)
  assert.deepEqual(atA.exporter, atB.exporter)
  assert.equal(atA.socket.getProtocol(), 'TLSv1.3')
  atA.socket.write('hello')
  const [bytes] = (await once(atB.socket, 'data')) as [Buffer]
  assert.equal(bytes.toString(), 'hello')
})

await test('the key exchange is the hybrid one when the other end can only do that', async (t) => {
  const { directory, identity } = await createLinkFixture()
  const [a, b] = [await identity(A), await identity(B)]
  const { client, server } = await socketPair(t)
  const hybridOnly = createTlsServer({
    key: b.privateKeyPem,
    cert: b.certificateChainPem,
    ca: b.rootCertificatePem,
    ecdhCurve: 'X25519MLKEM768',
    requestCert: true,
    ALPNProtocols: ['wusla/1'],
  })
  hybridOnly.emit('connection', server)
  const secured = await secureInitiator(client, { identity: a, directory, expectPeer: B })
  assert.equal(secured.peer.id, B)
})

await test('somebody else than the expected peer is refused at either end', async (t) => {
  const { directory, identity } = await createLinkFixture()
  const [a, c] = [await identity(A), await identity(C)]
  const first = await socketPair(t)
  const initiator = codeOf(secureInitiator(first.client, { identity: a, directory, expectPeer: B }))
  const acceptor = codeOf(secureAcceptor(first.server, { identity: c, directory }))
  assert.equal(await initiator, 'wrong_peer')
  assert.ok(first.client.destroyed)
  await acceptor
  const second = await socketPair(t)
  const wrongCaller = codeOf(secureAcceptor(second.server, { identity: c, directory, expectPeer: B }))
  await codeOf(secureInitiator(second.client, { identity: a, directory, expectPeer: C }))
  assert.equal(await wrongCaller, 'wrong_peer')
})

await test('a certificate in the name of a gateway whose key the directory does not bind is refused', async (t) => {
  const { directory, identity } = await createLinkFixture()
  const [a, b] = [await identity(A), await identity(B)]
  const forged = await identity(B, { bind: false })
  const first = await socketPair(t)
  const initiator = codeOf(secureInitiator(first.client, { identity: a, directory, expectPeer: B }))
  void codeOf(secureAcceptor(first.server, { identity: forged, directory }))
  assert.equal(await initiator, 'unknown_key')
  const second = await socketPair(t)
  const acceptor = codeOf(secureAcceptor(second.server, { identity: b, directory }))
  void codeOf(secureInitiator(second.client, { identity: { ...forged }, directory, expectPeer: B }))
  assert.equal(await acceptor, 'unknown_key')
})

await test('a chain from another root is refused at either end', async (t) => {
  const { directory, identity } = await createLinkFixture()
  const a = await identity(A)
  const root = await createNetworkRoot({ network: 'AE-DU', nowMs: Date.now() })
  const ca = await createIssuingCa({ network: 'AE-DU', root, nowMs: Date.now() })
  const stranger = await identity(B, { ca })
  const first = await socketPair(t)
  const initiator = codeOf(secureInitiator(first.client, { identity: a, directory, expectPeer: B }))
  const acceptor = codeOf(secureAcceptor(first.server, { identity: stranger, directory }))
  assert.equal(await initiator, 'invalid_certificate')
  assert.notEqual(await acceptor, 'no error')
  const second = await socketPair(t)
  const server = codeOf(secureAcceptor(second.server, { identity: a, directory }))
  void codeOf(secureInitiator(second.client, { identity: stranger, directory, expectPeer: A }))
  assert.equal(await server, 'invalid_certificate')
})

await test('a caller that shows no certificate, or does not speak TLS, is refused', async (t) => {
  const { directory, identity } = await createLinkFixture()
  const b = await identity(B)
  const { client, server } = await socketPair(t)
  const acceptor = codeOf(secureAcceptor(server, { identity: b, directory }))
  client.write('GET / HTTP/1.1\r\n\r\n')
  assert.equal(await acceptor, 'invalid_certificate')
  assert.ok(server.destroyed)
})

await test('a peer that says nothing is given up in time, and a signal ends the wait', async (t) => {
  const { directory, identity } = await createLinkFixture()
  const [a, b] = [await identity(A), await identity(B)]
  const first = await socketPair(t)
  const silent = secureInitiator(first.client, { identity: a, directory, expectPeer: B, timeoutMs: 50 })
  assert.equal(await codeOf(silent), 'session_closed')
  assert.ok(first.client.destroyed)
  const second = await socketPair(t)
  const stop = new AbortController()
  const waiting = codeOf(secureAcceptor(second.server, { identity: b, directory, signal: stop.signal }))
  stop.abort()
  assert.equal(await waiting, 'stream_cancelled')
  assert.ok(second.server.destroyed)
})

await test('a connection that breaks during the handshake is told apart from a bad certificate', async (t) => {
  const { directory, identity } = await createLinkFixture()
  const b = await identity(B)
  const { client, server } = await socketPair(t)
  const acceptor = codeOf(secureAcceptor(server, { identity: b, directory }))
  client.resetAndDestroy()
  assert.equal(await acceptor, 'session_closed')
})
