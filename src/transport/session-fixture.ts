import { duplexPair } from 'node:stream'
import type { Duplex } from 'node:stream'
import type { SealedBatch } from '../protocol/batch.ts'
import { systemClock } from '../protocol/clock.ts'
import { newExchangeId } from '../protocol/exchange-id.ts'
import { headDigest, requestHead } from '../protocol/head.ts'
import { isWuslaError } from '../protocol/wusla-error.ts'
import type { RequestOpening } from '../protocol/statement.ts'
import { createSealVerifier, generateSealKey } from '../trust/seal-key.ts'
import type { SealKey } from '../trust/seal-key.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { openSession } from './session.ts'
import type { Session } from './session.ts'
import type { SessionEvent } from './session-event.ts'
import type { SessionLimits, SessionOptions } from './session-options.ts'

/** Stand-ins for tests and benches of the session: two gateways, their keys, and a wire one can tamper with. */

export const CONSUMER = 'AE-DU/GOV/RTA/gw-1'
export const PROVIDER = 'AE-DU/SEMI/DEWA/gw-1'
const CLIENT = 'AE-DU/GOV/RTA/LICENSING'
const SERVICE = 'AE-DU/SEMI/DEWA/BILLING/bills'

/** One side of a test session: what it recorded and told. */
export interface Side {
  readonly options: SessionOptions
  readonly batches: { batch: SealedBatch; direction: 'sent' | 'received' }[]
  readonly events: SessionEvent[]
}

/** The seal keys of both gateways, and the directory's answer about them. */
export interface TestKeys {
  readonly consumer: SealKey
  readonly provider: SealKey
  readonly verifier: SessionOptions['sealVerifier']
}

export function makeKeys(): TestKeys {
  const consumer = generateSealKey()
  const provider = generateSealKey()
  const bound = new Map([
    [`${CONSUMER} ${consumer.keyId}`, createSealVerifier(consumer.publicKeyDer)],
    [`${PROVIDER} ${provider.keyId}`, createSealVerifier(provider.publicKeyDer)],
  ])
  return { consumer, provider, verifier: (keyId, gateway) => bound.get(`${gateway} ${keyId}`) }
}

/** Options of one side with everything at hand; the record keeps batches in memory. */
export function makeSide(
  role: 'initiator' | 'acceptor',
  socket: Duplex,
  keys: TestKeys,
  changes: Partial<SessionOptions> = {},
): Side {
  const batches: Side['batches'] = []
  const events: SessionEvent[] = []
  const isConsumer = role === 'initiator'
  const options: SessionOptions = {
    role,
    socket,
    network: 'AE-DU',
    localGateway: isConsumer ? CONSUMER : PROVIDER,
    peerGateway: isConsumer ? PROVIDER : CONSUMER,
    sealKey: isConsumer ? keys.consumer : keys.provider,
    sealVerifier: keys.verifier,
    recordBatch: (batch, direction) => {
      batches.push({ batch, direction })
      return Promise.resolve()
    },
    onRequest: (incoming) => incoming.reset('service_failed'),
    clock: systemClock,
    onEvent: (event) => events.push(event),
    ...changes,
    limits: { pingIntervalMs: 0, ...changes.limits },
  }
  return { options, batches, events }
}

/** A frame as the man in the middle sees it. */
export interface WireFrame {
  readonly from: 'initiator' | 'acceptor'
  readonly type: number
  readonly streamId: number
  readonly payload: Buffer
  /** The frame's bytes as they came. */
  readonly raw: Buffer
}

/** What a man in the middle forwards instead of a frame; the same list to change nothing. */
export type Tamper = (frame: WireFrame) => Buffer[]

export interface SessionPair {
  readonly consumer: Session
  readonly provider: Session
  readonly consumerSide: Side
  readonly providerSide: Side
  /** The four ends: sockets of the sessions, and those of the man in the middle when there is one. */
  readonly sockets: readonly Duplex[]
}

export interface PairChanges {
  readonly consumer?: Partial<SessionOptions>
  readonly provider?: Partial<SessionOptions>
  readonly limits?: SessionLimits
  readonly tamper?: Tamper
  readonly keys?: TestKeys
  readonly sockets?: readonly [Duplex, Duplex]
}

/** Two sessions with each other in this process. */
export async function openPair(changes: PairChanges = {}): Promise<SessionPair> {
  const keys = changes.keys ?? makeKeys()
  const [near, far, ...middle] =
    changes.sockets ?? (changes.tamper === undefined ? duplexPair() : tamperedPair(changes.tamper))
  const limits = changes.limits ?? {}
  const consumerSide = makeSide('initiator', near, keys, {
    ...changes.consumer,
    limits: { ...limits, ...changes.consumer?.limits },
  })
  const providerSide = makeSide('acceptor', far, keys, {
    ...changes.provider,
    limits: { ...limits, ...changes.provider?.limits },
  })
  const [consumer, provider] = await Promise.all([
    openSession(consumerSide.options),
    openSession(providerSide.options),
  ])
  return { consumer, provider, consumerSide, providerSide, sockets: [near, far, ...middle] }
}

/** Two connected sockets with a man in the middle who sees whole frames. */
export function tamperedPair(tamper: Tamper): [Duplex, Duplex, Duplex, Duplex] {
  const [near, nearMiddle] = duplexPair()
  const [far, farMiddle] = duplexPair()
  relay(nearMiddle, farMiddle, 'initiator', tamper)
  relay(farMiddle, nearMiddle, 'acceptor', tamper)
  return [near, far, nearMiddle, farMiddle]
}

function relay(from: Duplex, to: Duplex, name: WireFrame['from'], tamper: Tamper): void {
  let rest: Buffer = Buffer.alloc(0)
  from.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const raw = rest.subarray(0, 4 + rest.readUInt32BE(0))
      rest = rest.subarray(raw.length)
      const frame = {
        from: name,
        type: raw.readUInt8(4),
        streamId: raw.readUInt32BE(5),
        payload: raw.subarray(9),
        raw,
      }
      for (const out of tamper(frame)) if (to.writable) to.write(out)
    }
  })
  from.on('end', () => to.end())
  from.on('close', () => to.destroy())
  from.on('error', () => to.destroy())
}

/** The opening of a request with a fresh exchange id, and a head that fits. */
export function makeOpening(headerBlock = '', changes: Partial<RequestOpening> = {}): RequestOpening {
  const base = {
    agreement: 'open',
    client: CLIENT,
    exchange: newExchangeId(),
    messageId: 'm-1',
    method: 'POST',
    path: '/2026',
    service: SERVICE,
    time: '2026-11-23T07:36:33.123Z',
    ...changes,
  }
  const head = headDigest(requestHead(base.method, base.service, base.path, base.query, headerBlock))
  return { ...base, head: changes.head ?? head }
}

/** All bytes of a body, whichever form it has. */
export async function readBody(body: Buffer | AsyncIterable<Uint8Array>): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return body
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The text of a body that came in one frame. */
export function textOf(body: Buffer | AsyncIterable<Uint8Array>): string {
  if (!Buffer.isBuffer(body)) throw new Error('the body is streamed')
  return body.toString()
}

export const ANSWER_TIME = '2026-11-23T07:36:33.456Z'

/** Answers with the request's own body and header block. */
export function echo(incoming: IncomingRequest): void {
  void incoming.answer({ status: 200, time: ANSWER_TIME }, incoming.headerBlock, incoming.body)
}

/** Lets the event loop turn until something holds; gives up after many turns, so that a test fails and never hangs. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < 20_000; turn += 1) {
    if (holds()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error(`never happened: ${what}`)
}

/** Everything a session may hold for others, added up; 0 when it is idle. */
export function heldBy(session: Session): number {
  const held = session.statistics()
  return (
    held.streams +
    held.ownStreams +
    held.peerStreams +
    held.exchanges +
    held.waitingStatements +
    held.heldStatements +
    held.heldBytes +
    held.bufferedBodyBytes +
    held.waitingBodies +
    held.partialFrameBytes
  )
}

/** Waits until neither side holds anything. */
export async function untilIdle(pair: Pick<SessionPair, 'consumer' | 'provider'>): Promise<void> {
  await until(
    () => heldBy(pair.consumer) + heldBy(pair.provider) === 0,
    `idle: ${JSON.stringify([pair.consumer.statistics(), pair.provider.statistics()])}`,
  )
}

/** The code of the WuslaError a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (isWuslaError(error)) return error.code
    throw error
  }
  return 'no error'
}
