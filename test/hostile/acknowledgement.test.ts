import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acknowledgementPath } from '../../src/protocol/acknowledgement.ts'
import { digest256 } from '../../src/protocol/digest.ts'
import { newExchangeId } from '../../src/protocol/exchange-id.ts'
import { headDigest, requestHead } from '../../src/protocol/head.ts'
import type { Session } from '../../src/transport/session.ts'
import { runWusla } from '../cli/run-wusla.ts'
import { BILLS, CLIENT, HostileNetwork, type RunningGateway } from './hostile-network.ts'
import { openRogue } from './rogue-gateway.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 60_000 }

const TERM = { acknowledgementRequired: true }

interface Row {
  readonly exchange: string
  readonly path: string
  readonly acknowledgement?: string
  readonly acknowledgedAt?: string
}

/** A call of RTA's system that reads the whole answer. @returns the exchange */
async function callWhole({ frontDoor }: RunningGateway): Promise<string> {
  const response = await fetch(`${frontDoor}/r1/${BILLS}/bills/7`, { headers: { 'x-road-client': CLIENT } })
  assert.equal(response.status, 200, await response.text())
  return response.headers.get('x-road-request-id') ?? ''
}

async function rowsOf({ admin }: RunningGateway, filter = ''): Promise<Row[]> {
  const headers = { authorization: `Bearer ${admin.token}` }
  const response = await fetch(`${admin.url}/v1/exchanges${filter}`, { headers })
  return ((await response.json()) as { exchanges: Row[] }).exchanges
}

async function rowOf(gateway: RunningGateway, exchange: string): Promise<Row | undefined> {
  return (await rowsOf(gateway)).find((row) => row.exchange === exchange)
}

/** An acknowledgement in the words of whoever makes it. @returns the code of the refusal */
async function acknowledge(
  session: Session,
  agreement: string,
  about: { readonly exchange: string; readonly answer: string },
  client = CLIENT,
): Promise<string | undefined> {
  const exchange = newExchangeId()
  const path = acknowledgementPath(about)
  const headerBlock = `x-road-client:${client}\r\nx-road-request-id:${exchange}\r\n`
  const head = headDigest(requestHead('PUT', BILLS, path, undefined, headerBlock))
  const time = new Date().toISOString()
  const words = { client, service: BILLS, method: 'PUT', path, agreement, exchange, head, time }
  return (await session.request({ ...words, messageId: 'm-1' }, headerBlock, null)).statement.error
}

test('what was delivered is acknowledged, and both gateways know it and when', BOUNDED, async () => {
  await using network = await HostileNetwork.open(undefined, TERM)
  await network.agree()
  const dewa = await network.startGateway(network.dewa)
  const rta = await network.startGateway(network.rta)
  const exchange = await callWhole(rta)
  await rta.told.seen('acknowledgement_sent', (event) => event.exchange === exchange)
  assert.equal(network.backend.seen.length, 1, 'no backend hears of an acknowledgement')
  const [mine, theirs] = [await rowOf(rta, exchange), await rowOf(dewa, exchange)]
  assert.deepEqual([mine?.acknowledgement, theirs?.acknowledgement], ['there', 'there'])
  assert.equal(mine?.acknowledgedAt, theirs?.acknowledgedAt)
  for (const gateway of [rta, dewa]) {
    assert.deepEqual(await rowsOf(gateway, '?unacknowledged=true'), [])
    const paths = (await rowsOf(gateway)).map(({ path }) => path).sort()
    assert.equal(paths.length, 2)
    assert.match(paths[0] ?? '', new RegExp(`^/.wusla/acknowledgement/${exchange}/`))
  }
})

test(
  'when the session is lost before it, the acknowledgement goes again over the next',
  BOUNDED,
  async () => {
    await using network = await HostileNetwork.open(undefined, TERM)
    await network.agree()
    const dewa = await network.startGateway(network.dewa)
    const rta = await network.startGateway(network.rta)
    await rta.told.seen('branch_linked')
    // From the moment the caller has its answer nothing passes the wire, so the acknowledgement is lost on it.
    void rta.told.seen('exchange_sent').then(() => network.proxy.tamperWith(() => []))
    const exchange = await callWhole(rta)
    await rta.told.seen('session_closed')
    assert.deepEqual(
      (await rowsOf(dewa, '?unacknowledged=true')).map((row) => row.exchange),
      [exchange],
    )
    assert.deepEqual(
      (await rowsOf(rta, '?unacknowledged=true')).map((row) => row.exchange),
      [exchange],
    )
    const access = ['--gateway', dewa.admin.url, '--token', dewa.admin.token]
    const listed = await runWusla(['evidence', 'list', ...access, '--unacknowledged'])
    assert.equal(listed.code, 0, listed.stderr)
    assert.match(listed.stdout, new RegExp(`^${exchange} .*  acknowledgement awaited\n$`))
    network.proxy.tamperWith(undefined)
    await dewa.told.seen('acknowledgement_taken', (event) => event.exchange === exchange)
    await rta.told.seen('acknowledgement_sent')
    assert.equal((await rowOf(dewa, exchange))?.acknowledgement, 'there')
  },
)

test('nobody else can acknowledge, and nobody another answer', BOUNDED, async () => {
  await using network = await HostileNetwork.open(undefined, TERM)
  await network.agree()
  const dewa = await network.startGateway(network.dewa)
  const rta = await network.startGateway(network.rta)
  const exchange = await callWhole(rta)
  const { path } = await untilAcknowledged(rta, exchange)
  const answer = path.split('/').at(-1) ?? ''
  const dha = await network.admit('AE-DU/GOV/DHA/gw-1')
  await using rogue = await openRogue(network, dha)
  const { agreement } = network
  assert.equal(
    await acknowledge(rogue.session, agreement, { exchange, answer }, 'AE-DU/GOV/DHA/CLINIC'),
    'exchange_not_found',
  )
  assert.equal(await acknowledge(rogue.session, agreement, { exchange, answer }), 'invalid_signature')
  await using other = await openRogue(network, network.rta)
  const wrong = { exchange, answer: digest256('another') }
  assert.equal(await acknowledge(other.session, agreement, wrong), 'conflict')
  // The same once more is taken, and changes no time.
  const before = await rowOf(dewa, exchange)
  assert.equal(await acknowledge(other.session, agreement, { exchange, answer }), undefined)
  assert.deepEqual(await rowOf(dewa, exchange), before)
})

async function untilAcknowledged(gateway: RunningGateway, exchange: string): Promise<Row> {
  await gateway.told.seen('acknowledgement_sent', (event) => event.exchange === exchange)
  const found = (await rowsOf(gateway)).find(({ path }) => path.startsWith('/.wusla/'))
  assert.ok(found !== undefined)
  return found
}

test('a delivery that was interrupted is not acknowledged', BOUNDED, async () => {
  const release = Promise.withResolvers<void>()
  await using network = await HostileNetwork.open((_, response) => {
    response.write(Buffer.alloc(40_000))
    void release.promise.then(() => response.end('end'))
  }, TERM)
  await network.agree()
  const dewa = await network.startGateway(network.dewa)
  const rta = await network.startGateway(network.rta)
  const gone = new AbortController()
  const headers = { 'x-road-client': CLIENT }
  const response = await fetch(`${rta.frontDoor}/r1/${BILLS}/bills/7`, { headers, signal: gone.signal })
  const exchange = response.headers.get('x-road-request-id') ?? ''
  gone.abort()
  await rta.told.seen('exchange_sent', (event) => event.exchange === exchange)
  release.resolve()
  // A whole one behind it: had the first been acknowledged, that had come before.
  const whole = await callWhole(rta)
  await dewa.told.seen('acknowledgement_taken', (event) => event.exchange === whole)
  const taken = dewa.told.events.filter(({ kind }) => kind === 'acknowledgement_taken')
  assert.equal(taken.length, 1)
  assert.notEqual((await rowOf(rta, exchange))?.acknowledgement, 'there')
})

test('an information system cannot send what gateways keep for themselves', BOUNDED, async () => {
  await using network = await HostileNetwork.open(undefined, TERM)
  await network.agree()
  const rta = await network.startGateway(network.rta)
  for (const path of [
    acknowledgementPath({ exchange: newExchangeId(), answer: digest256('x') }),
    '/%2ewusla/x',
  ]) {
    const headers = { 'x-road-client': CLIENT }
    const response = await fetch(`${rta.frontDoor}/r1/${BILLS}${path}`, { method: 'PUT', headers })
    const { wusla } = (await response.json()) as { wusla?: { code: string } }
    assert.equal(wusla?.code, 'invalid_path')
  }
  assert.deepEqual(await rowsOf(rta), [])
})
