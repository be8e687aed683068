import { canonicalJson, type Json } from '../protocol/canonical-json.ts'
import { digest256 } from '../protocol/digest.ts'
import { memberOf, networkOf } from '../protocol/identifier.ts'
import type { Operation } from '../protocol/path-glob.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { decodeShape, listOf, objectOf, oneOf, type Shape, text, wholeNumber } from '../trust/shape.ts'
import { isBase64urlOf } from '../trust/text-form.ts'
import { DATA_CLASS, OPERATION, PURPOSE } from './agreement-shape.ts'
import type { Bilingual, Grant } from './agreement.ts'
import { identifier, readable } from './content/text-shapes.ts'

/** What a consumer asks of a provider before there is a draft: `docs/spec/agreement.md`, 9.2. It binds nobody. */
export type AccessRequest = {
  readonly type: 'wusla/access-request/v1'
  readonly network: string
  readonly consumer: string
  readonly provider: string
  /** Services of the provider, each once. */
  readonly services: readonly { readonly service: string; readonly operations: readonly Operation[] }[]
  /** Systems of the consumer; absent: the consumer itself and each of its systems. */
  readonly clients?: readonly string[]
  readonly purpose: Bilingual | readonly string[]
  readonly legalBasis?: string
  readonly dataClass: Grant['dataClass']
  /** For how many days access is wanted. */
  readonly days: number
  /** 16 to 32 random bytes, base64url: the same wish twice is two requests. */
  readonly nonce: string
}

/** The longest canonical text of a request. Unit: UTF-8 bytes. */
const MAX_REQUEST_BYTES = 65_536

const REQUEST: Shape<AccessRequest> = objectOf(
  {
    type: oneOf('wusla/access-request/v1'),
    network: identifier('network'),
    consumer: identifier('member'),
    provider: identifier('member'),
    services: listOf(
      objectOf({ service: identifier('service'), operations: listOf(OPERATION, { max: 200 }) }),
      { max: 50 },
    ),
    purpose: PURPOSE,
    dataClass: DATA_CLASS,
    days: wholeNumber(1, 36_500),
    nonce: text({ test: (value) => isBase64urlOf(value, 16, 32), what: '16 to 32 bytes in base64url' }),
  },
  { clients: listOf(identifier('system'), { max: 500, unique: true }), legalBasis: readable(1_000) },
  ({ network, consumer, provider, services, clients = [] }, report) => {
    for (const [place, member] of [
      ['/consumer', consumer],
      ['/provider', provider],
    ] as const) {
      if (networkOf(member) !== network) report(place, 'must be of this network')
    }
    if (consumer === provider) report('/provider', 'must be another member than the consumer')
    for (const [index, { service }] of services.entries()) {
      if (memberOf(service) !== provider) report(`/services/${index}/service`, 'must belong to the provider')
    }
    if (new Set(services.map(({ service }) => service)).size !== services.length)
      report('/services', 'must not repeat a service')
    for (const [index, client] of clients.entries()) {
      if (memberOf(client) !== consumer) report(`/clients/${index}`, 'must belong to the consumer')
    }
  },
)

/**
 * The request in a value that should be one.
 *
 * @throws WuslaError `invalid_request`, with every problem in `details.problems` (`{path, problem}`)
 */
export function decodeAccessRequest(value: unknown): AccessRequest {
  const decoded = decodeShape(REQUEST, canonicalCopy(value))
  if (decoded.ok) return decoded.value
  throw new WuslaError('invalid_request', { details: { problems: decoded.problems } })
}

/** The name of a request: SHA-256 of its canonical JSON, base64url. */
export function accessRequestId(request: AccessRequest): string {
  return digest256(canonicalJson(request))
}

function canonicalCopy(value: unknown): Json {
  const canonical = canonicalJson(value)
  if (Buffer.byteLength(canonical, 'utf8') > MAX_REQUEST_BYTES) {
    throw new WuslaError('invalid_request', {
      details: { problems: [{ path: '', problem: `is longer than ${MAX_REQUEST_BYTES} bytes` }] },
    })
  }
  return JSON.parse(canonical) as Json
}
