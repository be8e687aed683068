import { METHODS } from '../../protocol/statement.ts'
import { isWuslaError, toWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import { discardBody } from './answer-sender.ts'
import { readTarget } from './call-target.ts'
import type { CallTarget } from './call-target.ts'
import { DoorRequest } from './door-request.ts'
import type { DoorSetting } from './door-setting.ts'
import { MAX_INLINE_BODY_BYTES } from './front-door-request.ts'
import type { FrontDoorAnswer } from './front-door-request.ts'
import type { IncomingCall } from './incoming-call.ts'
import { mappedTarget } from './mapped-port.ts'
import type { MappedBinding } from './mapped-port.ts'
import { plainRefusal, xroadRefusal } from './refusal.ts'
import { STREAM_LENGTH_HEADER } from './request-headers.ts'
import type { RequestHeaders } from './request-headers.ts'

type MetaserviceTarget = CallTarget & { readonly kind: 'gateway' | 'system' }
type ServiceTarget = CallTarget & { readonly kind: 'service' | 'system' }

/**
 * Serves a call at the front door. Never throws: whatever goes wrong becomes an answer.
 *
 * @param binding - of the mapped port; undefined at the X-Road door
 */
export function serveCall(door: DoorSetting, call: IncomingCall, binding: MappedBinding | undefined): void {
  new Visit(door, call, binding).begin()
}

/** The life of one call, step by step: read it, see who calls, take the body, send it, answer. */
class Visit {
  readonly #door: DoorSetting
  readonly #call: IncomingCall
  readonly #binding: MappedBinding | undefined
  #request: DoorRequest | undefined

  constructor(door: DoorSetting, call: IncomingCall, binding: MappedBinding | undefined) {
    this.#door = door
    this.#call = call
    this.#binding = binding
  }

  begin(): void {
    const door = this.#door
    const call = this.#call
    door.counters.calls += 1
    if (this.#binding === undefined && call.target === '/readyz' && call.method === 'GET')
      return this.#tellReady()
    try {
      if (door.counters.calls > door.maxCalls) throw new WuslaError('too_many_requests')
      if (!METHODS.has(call.method)) throw new WuslaError('method_not_supported')
      const origin = this.#binding === undefined ? 'r1' : 'mapped'
      const headers = call.headers.read(origin)
      const target =
        this.#binding === undefined
          ? readTarget(call.target, call.method, door.services)
          : mappedTarget(this.#binding, call.target)
      if (target.kind === 'service') this.#admit(headers, target)
      else this.#askMetaservice(headers, target)
    } catch (error) {
      this.#refuse(error)
    }
  }

  /** Public, and nothing but one word: whether a load balancer should send calls to this node. */
  #tellReady(): void {
    const isReady = this.#door.isReady()
    const lines = 'content-type: application/json\r\n'
    const body = Buffer.from(JSON.stringify({ ready: isReady }))
    this.#call.answer({ status: isReady ? 200 : 503, lines, body }, () => this.#end())
  }

  #admit(headers: RequestHeaders, target: ServiceTarget): void {
    const call = this.#call
    const request = new DoorRequest(call, this.#binding, this.#identify(headers), target)
    this.#request = request
    const body = call.takeBody(MAX_INLINE_BODY_BYTES)
    if (body instanceof Promise) {
      body.then(
        (whole) => this.#send(headers, request, whole),
        (error: unknown) => this.#refuse(error),
      )
    } else {
      this.#send(headers, request, body)
    }
  }

  #identify(headers: RequestHeaders): string {
    const { facts } = this.#call
    if (this.#binding === undefined) return this.#authenticate(headers.client, headers)
    const verdict = this.#binding.guard.judge(facts, headers.key)
    if (!verdict.ok) throw new WuslaError('client_not_authenticated', { message: verdict.message })
    return this.#binding.client
  }

  #authenticate(client: string | undefined, { key }: RequestHeaders): string {
    const { clients, needsProof } = this.#door
    return clients.identify(client, this.#call.facts, key, needsProof)
  }

  #send(headers: RequestHeaders, request: DoorRequest, body: DoorRequest['body']): void {
    request.body = body
    // What the far side has to know about the way the client called travels with the other headers, signed.
    if (body !== null && !Buffer.isBuffer(body) && headers.length !== undefined) {
      request.addHeaders(STREAM_LENGTH_HEADER, headers.length)
    }
    const { host } = this.#call.headers
    if (this.#binding !== undefined && host !== '') {
      request.addHeaders('x-forwarded-host', host, 'x-forwarded-proto', this.#scheme())
    }
    this.#door.send(request).then(
      (answer) => this.#deliver(request, answer),
      (error: unknown) => this.#refuse(error),
    )
  }

  #deliver(request: DoorRequest, answer: FrontDoorAnswer): void {
    const { status, body } = answer
    let header
    try {
      if (status < 200) throw new WuslaError('invalid_frame', { message: 'An interim status is no answer.' })
      header = this.#door.answers.linesOf(answer, request, this.#rewrite())
    } catch (error) {
      discardBody(answer)
      answer.finished?.('interrupted')
      this.#refuse(error)
      return
    }
    const { lines, hasDate, bodyBytes } = header
    this.#call.answer({ status, lines, hasDate, body, bodyBytes }, (delivery) => {
      answer.finished?.(delivery)
      this.#end()
    })
  }

  #rewrite(): { readonly hosts: ReadonlySet<string>; readonly origin: string } | undefined {
    const hosts = this.#binding?.rewriteHosts
    if (hosts === undefined || hosts.size === 0) return undefined
    return { hosts, origin: `${this.#scheme()}://${this.#call.headers.host}` }
  }

  #scheme(): 'http' | 'https' {
    return this.#call.isSecure ? 'https' : 'http'
  }

  #askMetaservice(headers: RequestHeaders, target: MetaserviceTarget): void {
    const authenticate = (client: string | undefined): string => this.#authenticate(client, headers)
    const client = target.kind === 'system' ? authenticate(headers.client) : undefined
    const asked = this.#door.metaservices?.({
      target,
      accept: acceptValues(this.#call),
      authenticate,
      ...(client === undefined ? undefined : { client }),
      ...(headers.purpose === undefined ? undefined : { purpose: headers.purpose }),
    })
    Promise.resolve(asked)
      .then((answer) => {
        if (answer !== undefined) {
          const { status, rawHeaders, body } = answer
          this.#call.answer({ status, lines: linesOf(rawHeaders), body }, () => this.#end())
        } else if (target.kind === 'system') {
          this.#admit(headers, target)
        } else {
          throw new WuslaError('not_found')
        }
      })
      .catch((error: unknown) => this.#refuse(error))
  }

  #refuse(cause: unknown): void {
    const door = this.#door
    const call = this.#call
    const request = this.#request
    if (call.isGone) return this.#end()
    const exchange = request?.exchange
    const id = exchange ?? door.newId()
    if (!isWuslaError(cause)) door.onEvent({ kind: 'call_failed', id, cause })
    const error = toWuslaError(cause, 'internal_error')
    const { code, message } = error
    const about = request === undefined ? undefined : { client: request.client, service: request.service }
    door.onEvent({ kind: 'call_refused', id, code, message, address: call.facts.address, ...about })
    const setting = { dialect: door.dialect, accept: acceptValues(call), exchange, id }
    const answer = this.#binding === undefined ? xroadRefusal(error, setting) : plainRefusal(error, setting)
    // Whoever sends what can be read in two ways gets no second try on this connection.
    const close = code === 'invalid_request' || code === 'method_not_supported'
    call.answer({ ...answer, close }, () => this.#end())
  }

  #end(): void {
    this.#door.counters.calls -= 1
  }
}

function acceptValues({ headers: { raw } }: IncomingCall): string[] {
  return raw.filter((_, i, pairs) => i % 2 === 1 && pairs[i - 1]?.toLowerCase() === 'accept')
}

function linesOf(pairs: readonly string[]): string {
  let lines = ''
  for (let i = 0; i < pairs.length; i += 2) lines += `${pairs[i] ?? ''}: ${pairs[i + 1] ?? ''}\r\n`
  return lines
}
