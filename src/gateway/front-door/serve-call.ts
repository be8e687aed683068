import { METHODS } from '../../protocol/statement.ts'
import { isWuslaError, toWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import { answerHeaders } from './answer-headers.ts'
import { discardBody } from './answer-sender.ts'
import { readTarget } from './call-target.ts'
import type { CallTarget } from './call-target.ts'
import { DoorRequest } from './door-request.ts'
import type { DoorSetting, MetaserviceAnswer } from './door-setting.ts'
import { MAX_INLINE_BODY_BYTES } from './front-door-request.ts'
import type { FrontDoorAnswer } from './front-door-request.ts'
import type { IncomingCall } from './incoming-call.ts'
import { mappedTarget } from './mapped-port.ts'
import type { MappedBinding } from './mapped-port.ts'
import { plainRefusal, xroadRefusal } from './refusal.ts'
import { readRequestHeaders, STREAM_LENGTH_HEADER } from './request-headers.ts'
import type { RequestHeaders } from './request-headers.ts'

/** A call under way. */
interface Visit {
  readonly call: IncomingCall
  /** Undefined at the X-Road door. */
  readonly binding: MappedBinding | undefined
  request: DoorRequest | undefined
}

/**
 * The life of a call at the front door: read it, see who calls, send it, answer. Never rejects: whatever goes wrong
 * becomes an answer.
 */
export async function serveCall(
  door: DoorSetting,
  call: IncomingCall,
  binding: MappedBinding | undefined,
): Promise<void> {
  const visit: Visit = { call, binding, request: undefined }
  door.counters.calls += 1
  try {
    if (door.counters.calls > door.maxCalls) throw new WuslaError('too_many_requests')
    if (!METHODS.has(call.method)) throw new WuslaError('method_not_supported')
    const headers = readRequestHeaders(call.rawHeaders, call.minor, binding === undefined ? 'r1' : 'mapped')
    const target =
      binding === undefined
        ? readTarget(call.target, call.method, door.services)
        : mappedTarget(binding, call.target)
    if (target.kind !== 'service' && (await serveMetaservice(door, call, headers, target))) return
    if (target.kind === 'gateway') throw new WuslaError('not_found')
    const client = identify(door, visit, headers)
    const request = new DoorRequest(
      binding === undefined ? 'r1' : 'mapped',
      client,
      call.method,
      target,
      headers,
    )
    visit.request = request
    call.onHangUp(() => request.hangUp())
    const taken = call.takeBody(MAX_INLINE_BODY_BYTES)
    request.body = taken instanceof Promise ? await taken : taken
    completeHeaders(visit, headers, request)
    await deliver(visit, request, await door.send(request))
  } catch (error) {
    await refuse(door, visit, error)
  } finally {
    door.counters.calls -= 1
  }
}

function identify(door: DoorSetting, visit: Visit, headers: RequestHeaders): string {
  const { binding, call } = visit
  if (binding === undefined) return door.clients.identify(headers.client, call.facts, headers.key)
  const verdict = binding.guard.judge(call.facts, headers.key)
  if (!verdict.ok) throw new WuslaError('client_not_authenticated', { message: verdict.message })
  return binding.client
}

/** What the far side has to know about the way the client called, signed with the other headers. */
function completeHeaders(visit: Visit, headers: RequestHeaders, request: DoorRequest): void {
  const { call, binding } = visit
  const isStream = request.body !== null && !Buffer.isBuffer(request.body)
  if (isStream && headers.length !== undefined) headers.kept.push(STREAM_LENGTH_HEADER, headers.length)
  if (binding === undefined || call.host === '') return
  headers.kept.push('x-forwarded-host', call.host, 'x-forwarded-proto', call.isSecure ? 'https' : 'http')
}

async function serveMetaservice(
  door: DoorSetting,
  call: IncomingCall,
  headers: RequestHeaders,
  target: CallTarget & { readonly kind: 'gateway' | 'system' },
): Promise<boolean> {
  const authenticate = (client: string | undefined): string =>
    door.clients.identify(client, call.facts, headers.key)
  const client = target.kind === 'system' ? authenticate(headers.client) : undefined
  const answer: MetaserviceAnswer | undefined = await door.metaservices?.({
    target,
    accept: acceptValues(call),
    authenticate,
    ...(client === undefined ? undefined : { client }),
  })
  if (answer === undefined) return false
  await call.answer({ status: answer.status, rawHeaders: [...answer.rawHeaders], body: answer.body })
  return true
}

async function deliver(visit: Visit, request: DoorRequest, answer: FrontDoorAnswer): Promise<void> {
  const { call, binding } = visit
  let isHandedOver = false
  try {
    if (answer.status < 200)
      throw new WuslaError('invalid_frame', { message: 'An interim status is no answer.' })
    const origin = `${call.isSecure ? 'https' : 'http'}://${call.host}`
    const hosts = binding?.rewriteHosts
    const rewrite = hosts === undefined || hosts.size === 0 ? undefined : { hosts, origin }
    const { rawHeaders, bodyBytes } = answerHeaders(answer, request, rewrite)
    isHandedOver = true
    const delivery = await call.answer({ status: answer.status, rawHeaders, body: answer.body, bodyBytes })
    answer.finished?.(delivery)
  } finally {
    if (!isHandedOver) {
      discardBody(answer)
      answer.finished?.('interrupted')
    }
  }
}

async function refuse(door: DoorSetting, visit: Visit, cause: unknown): Promise<void> {
  const { call, binding, request } = visit
  if (call.isGone) return
  const exchange = request?.exchange
  const id = exchange ?? door.newId()
  if (!isWuslaError(cause)) door.onEvent({ kind: 'call_failed', id, cause })
  const error = toWuslaError(cause, 'internal_error')
  const { address } = call.facts
  const { code, message } = error
  const about = request === undefined ? undefined : { client: request.client, service: request.service }
  door.onEvent({ kind: 'call_refused', id, code, message, address, ...about })
  const setting = { dialect: door.dialect, accept: acceptValues(call), exchange, id }
  const answer = binding === undefined ? xroadRefusal(error, setting) : plainRefusal(error, setting)
  // Whoever sends what can be read in two ways gets no second try on this connection.
  const close = code === 'invalid_request' || code === 'method_not_supported'
  await call.answer({ ...answer, close })
}

function acceptValues(call: IncomingCall): string[] {
  return call.rawHeaders.filter((_, i, pairs) => i % 2 === 1 && pairs[i - 1]?.toLowerCase() === 'accept')
}
