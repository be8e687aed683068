import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { request as httpsRequest } from 'node:https'
import type { RequestOptions } from 'node:https'
import { suite, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import type { ClientRule } from './client-rules.ts'
import { converse, openDoor, SERVICE_PATH } from './testing/open-door.ts'
import type { TestDoor } from './testing/open-door.ts'
import { makeSelfSigned } from './testing/self-signed.ts'

const client = 'AE-DU/GOV/RTA/LICENSING'

const server = await makeSelfSigned('gateway')
const known = await makeSelfSigned('licensing')
const stranger = await makeSelfSigned('stranger')

const openSecure = (rules: readonly ClientRule[]): Promise<TestDoor> =>
  openDoor(undefined, {
    clients: [{ client, rules }],
    https: { host: '127.0.0.1', port: 0, key: server.key, cert: server.cert },
  })

interface Reply {
  readonly status: number
  readonly message: string
}

function call(open: TestDoor, options: RequestOptions & { readonly session?: Buffer } = {}): Promise<Reply> {
  const { headers, ...rest } = options
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({
      port: open.door.httpsPort,
      path: SERVICE_PATH,
      ca: server.cert,
      agent: false,
      headers: { 'x-road-client': client, ...(headers as Record<string, string>) },
      ...rest,
    })
    outgoing.on('error', reject)
    outgoing.on('response', (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (part: string) => (text += part))
      incoming.on('end', () => {
        const status = incoming.statusCode ?? 0
        resolve({
          status,
          message: status === 200 ? text : (JSON.parse(text) as { message: string }).message,
        })
      })
    })
    outgoing.end()
  })
}

suite('clients that show a certificate', () => {
  const rules: ClientRule[] = [
    { kind: 'certificate', sha256: [stranger.sha256.replace(/^../, '00'), known.sha256] },
  ]

  test('the pinned certificate lets a client in, on its first and on a resumed session', async () => {
    await using open = await openSecure(rules)
    const credentials = { key: known.key, cert: known.cert }
    assert.deepEqual(await call(open, credentials), { status: 200, message: 'ok' })
    const session = await new Promise<Buffer>((resolve, reject) => {
      const socket = connectTls({
        port: open.door.httpsPort ?? 0,
        ca: server.cert,
        servername: 'localhost',
        ...credentials,
      })
      socket.on('error', reject)
      socket.on('session', (ticket) => {
        socket.destroy()
        resolve(ticket)
      })
      socket.write(`GET ${SERVICE_PATH} HTTP/1.1\r\nHost: x\r\nX-Road-Client: ${client}\r\n\r\n`)
    })
    assert.deepEqual(await call(open, { ...credentials, session }), { status: 200, message: 'ok' })
  })

  test('another certificate, none, or plain HTTP do not', async () => {
    await using open = await openSecure(rules)
    const name = `Client (SUBSYSTEM:${client})`
    const other = await call(open, { key: stranger.key, cert: stranger.cert })
    assert.deepEqual(other, {
      status: 500,
      message: `${name} TLS certificate does not match any IS certificates`,
    })
    const none = { status: 500, message: `${name} specifies HTTPS but did not supply TLS certificate` }
    assert.deepEqual(await call(open), none)
    const plain = await converse(
      open.port,
      `GET ${SERVICE_PATH} HTTP/1.1\r\nHost: x\r\nX-Road-Client: ${client}\r\nConnection: close\r\n\r\n`,
    )
    assert.match(plain, /x-road-error: server\.clientproxy\.ssl_authentication_failed/)
    assert.equal(open.requests.length, 0)
  })

  test('a certificate of one client opens nothing for another', async () => {
    await using open = await openSecure(rules)
    open.door.setClients([
      { client, rules },
      { client: 'AE-DU/GOV/RTA/OTHER', rules: [{ kind: 'certificate', sha256: [stranger.sha256] }] },
    ])
    const headers = { 'x-road-client': 'AE-DU/GOV/RTA/OTHER' }
    assert.equal((await call(open, { key: known.key, cert: known.cert, headers })).status, 500)
    assert.equal((await call(open, { key: stranger.key, cert: stranger.cert, headers })).status, 200)
  })
})

suite('clients that show a key', () => {
  test('the key lets in and never travels', async () => {
    await using open = await openSecure([{ kind: 'key', sha256: hash('sha256', 'open sesame') }])
    assert.equal((await call(open, { headers: { 'Wusla-Client-Key': 'open sesame' } })).status, 200)
    assert.equal((await call(open, { headers: { 'Wusla-Client-Key': 'wrong' } })).status, 500)
    assert.equal((await call(open)).status, 500)
    assert.equal(open.requests.length, 1)
    assert.ok(!JSON.stringify(open.requests[0]?.rawHeaders).includes('sesame'))
    assert.ok(!JSON.stringify(open.events).includes('wrong'))
  })
})

suite('the HTTPS port', () => {
  test('rules change for the next call, certificates for the next connection', async () => {
    await using open = await openSecure([{ kind: 'none' }])
    assert.equal((await call(open)).status, 200)
    open.door.setClients([])
    assert.match((await call(open)).message, /not found$/)
    const renewed = await makeSelfSigned('renewed')
    open.door.setCredentials({ key: renewed.key, cert: renewed.cert })
    await assert.rejects(call(open))
    assert.equal((await call(open, { ca: renewed.cert })).status, 500)
  })

  test('plain bytes on it are no call', async () => {
    await using open = await openSecure([{ kind: 'none' }])
    assert.doesNotMatch(
      await converse(open.door.httpsPort ?? 0, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      /200 OK/,
    )
    assert.equal(open.requests.length, 0)
  })
})
