import { hash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isIPv6 } from 'node:net'
import { BackDoor } from '../../src/gateway/back-door/back-door.ts'
import type { BackDoorAnswer } from '../../src/gateway/back-door/back-door-request.ts'
import { cancelledBy } from '../../src/gateway/back-door/testing/backend.ts'
import { FrontDoor } from '../../src/gateway/front-door/front-door.ts'
import type { FrontDoorAnswer, FrontDoorRequest } from '../../src/gateway/front-door/front-door-request.ts'
import { newExchangeId } from '../../src/protocol/exchange-id.ts'
import {
  formatHeaderBlock,
  headDigest,
  HOP_HEADERS,
  parseHeaderBlock,
  requestHead,
  xroadRequestHash,
} from '../../src/protocol/head.ts'
import { compileGlob } from '../../src/protocol/path-glob.ts'
import { isWuslaError, WuslaError } from '../../src/protocol/wusla-error.ts'
import { xroadName } from '../../src/protocol/xroad-error.ts'
import type { XroadDialect } from '../../src/protocol/xroad-error.ts'

/** What a case of the vectors gives. */
export interface Given {
  readonly provider: {
    readonly behaviour: 'echo' | 'respond' | 'generate'
    readonly status?: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
    readonly lengthFromQueryParam?: string
  }
  readonly accessRules: {
    readonly default: 'allow'
    readonly deny?: readonly { readonly method: string; readonly path: string }[]
  }
  readonly services?: readonly { readonly serviceCode: string; readonly type: string }[]
  readonly providerAddresses?: readonly string[]
}

/** One request as the provider saw it. */
export interface SeenRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Two real doors with a provider behind them and nothing between them but the rules of the case. */
export interface LoopBack extends AsyncDisposable {
  readonly port: number
  readonly seen: SeenRequest[]
  /** What reached the outbound side. */
  readonly requests: FrontDoorRequest[]
}

/** Starts front door, back door and provider for one case. */
export async function startLoopBack(
  given: Given,
  clients: readonly string[],
  dialect: XroadDialect,
): Promise<LoopBack> {
  const seen: SeenRequest[] = []
  const requests: FrontDoorRequest[] = []
  const provider = createServer((request, response) => {
    seen.push({ path: (request.url ?? '').split('?', 1)[0] ?? '', headers: request.headers })
    behave(given, request, response)
  }).listen(0, '127.0.0.1')
  await once(provider, 'listening')
  const providerPort = (provider.address() as AddressInfo).port
  const backDoor = new BackDoor()
  const frontDoor = await FrontDoor.open({
    http: { host: '127.0.0.1', port: 0 },
    clients: clients.map((client) => ({ client, rules: [{ kind: 'none' }] })),
    mappedPorts: [],
    dialect,
    send: async (request) => {
      requests.push(request)
      checkAccess(given, request)
      return await exchange(backDoor, given.providerAddresses ?? ['127.0.0.1'], providerPort, request)
    },
    onEvent: () => undefined,
  })
  return {
    port: frontDoor.httpPort ?? 0,
    seen,
    requests,
    async [Symbol.asyncDispose](): Promise<void> {
      await frontDoor.close(0)
      await backDoor[Symbol.asyncDispose]()
      provider.closeAllConnections()
      await new Promise((resolve) => provider.close(resolve))
    },
  }
}

function behave(given: Given, request: IncomingMessage, response: ServerResponse): void {
  const { behaviour, status = 200, headers = {}, body = '', lengthFromQueryParam = '' } = given.provider
  if (behaviour === 'echo') {
    response.writeHead(status, { 'content-type': request.headers['content-type'] ?? 'text/plain' })
    request.pipe(response)
  } else if (behaviour === 'respond') {
    request.resume().on('end', () => response.writeHead(status, headers).end(body))
  } else {
    const { searchParams } = new URL(request.url ?? '', 'http://provider')
    const length = Number(searchParams.get(lengthFromQueryParam))
    response.writeHead(status, headers).end(Buffer.alloc(length, length % 256))
  }
}

/** The provider's side of the rules, as the case states them. */
function checkAccess(given: Given, request: FrontDoorRequest): void {
  const code = request.service.slice(request.service.lastIndexOf('/') + 1)
  const services = given.services ?? [{ serviceCode: '*', type: 'REST' }]
  const service = services.find(({ serviceCode }) => serviceCode === code || serviceCode === '*')
  if (service?.type === 'WSDL') {
    const message = 'Service is a SOAP service and cannot be called using REST interface'
    throw new WuslaError('service_type', { message })
  }
  for (const { method, path } of given.accessRules.deny ?? []) {
    if (method !== request.method || !compileGlob(path)(request.path)) continue
    const message = `Request is not allowed: ${xroadName('service', request.service)}`
    throw new WuslaError('access_denied', { message })
  }
}

async function exchange(
  backDoor: BackDoor,
  addresses: readonly string[],
  port: number,
  request: FrontDoorRequest,
): Promise<FrontDoorAnswer> {
  const { client, service, method, path, query } = request
  const name = newExchangeId()
  request.exchange = name
  const messageId = request.messageId ?? `EE-${name}`
  const made: [string, string][] = [['x-road-request-id', name]]
  if (request.messageId === undefined) made.push(['x-road-id', messageId])
  const block = formatHeaderBlock(request.rawHeaders, HOP_HEADERS, made)
  const head = headDigest(requestHead(method, service, path, query, block))
  const body = Buffer.isBuffer(request.body) ? hash('sha512', request.body, 'base64url') : undefined
  const terms = { agreement: 'open', dataClass: 'open' } as const
  const caller = { client, service, messageId, exchange: name, ...terms }
  const call = { caller, method, path, query, headers: parseHeaderBlock(block), body: request.body }
  const cancellation = cancelledBy(request.signal)
  const answer = await callOneOf(addresses, (host) =>
    backDoor.callService({ url: `http://${isIPv6(host) ? `[${host}]` : host}:${port}` }, call, cancellation),
  )
  return {
    status: answer.status,
    headerBlock: answer.headers.headerBlock,
    body: answer.body,
    exchange: name,
    messageId,
    requestHash: xroadRequestHash(head, body),
  }
}

/** The first address that leads somewhere, tried from the last to the first so that bad ones are met. */
async function callOneOf(
  addresses: readonly string[],
  call: (host: string) => Promise<BackDoorAnswer>,
): Promise<BackDoorAnswer> {
  let failure: unknown
  for (const address of addresses.toReversed()) {
    try {
      return await call(address)
    } catch (error) {
      if (!isWuslaError(error) || error.details['sent'] === true) throw error
      failure = error
    }
  }
  throw failure
}
