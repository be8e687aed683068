import type { DataClass } from '../../agreements/data-class.ts'
import { isReservedPath } from '../../protocol/acknowledgement.ts'
import { canonicalIdentifier } from '../../protocol/identifier.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { parseRepresentedParty } from '../../protocol/xroad-request.ts'
import type { CallTarget } from './call-target.ts'
import type { FrontDoorRequest } from './front-door-request.ts'
import type { RequestHeaders } from './request-headers.ts'

/** A request on its way to the outbound side. */
export class DoorRequest implements FrontDoorRequest {
  exchange?: string
  readonly client: string
  readonly service: string
  readonly method: string
  readonly path: string
  readonly query?: string
  readonly rawHeaders: readonly string[]
  readonly messageId?: string
  readonly user?: string
  readonly issue?: string
  readonly purpose?: string
  readonly maxDataClass?: DataClass
  readonly representedParty?: string
  readonly securityServer?: string
  body: Buffer | AsyncIterable<Uint8Array> | null = null
  readonly bodyBytes?: number
  readonly origin: 'r1' | 'mapped'
  #controller: AbortController | undefined
  #hasHungUp = false

  /** @throws WuslaError `invalid_identifier` */
  constructor(
    origin: 'r1' | 'mapped',
    client: string,
    method: string,
    target: CallTarget & { readonly kind: 'service' | 'system' },
    headers: RequestHeaders,
    maxDataClass?: DataClass,
  ) {
    this.origin = origin
    this.client = client
    this.service = target.service
    this.method = method
    this.path = target.kind === 'service' ? target.path : ''
    if (isReservedPath(this.path))
      throw new WuslaError('invalid_path', {
        message: 'Paths that begin with /.wusla/ are for gateways among themselves.',
        details: { reason: 'reserved' },
      })
    if (target.query !== undefined) this.query = target.query
    this.rawHeaders = headers.kept
    if (headers.messageId !== undefined) this.messageId = headers.messageId
    if (headers.user !== undefined) this.user = headers.user
    if (headers.issue !== undefined) this.issue = headers.issue
    if (headers.purpose !== undefined) this.purpose = headers.purpose
    if (maxDataClass !== undefined) this.maxDataClass = maxDataClass
    if (headers.representedParty !== undefined) {
      this.representedParty = checked(
        headers.representedParty,
        'Invalid RepresentedParty Id',
        parseRepresentedParty,
      )
    }
    if (headers.securityServer !== undefined) {
      const gateway = (text: string): string => canonicalIdentifier('gateway', text)
      this.securityServer = gateway(checked(headers.securityServer, 'Invalid SecurityServer Id', gateway))
    }
    if (headers.length !== undefined) this.bodyBytes = Number(headers.length)
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#hasHungUp) this.#abort()
    return this.#controller.signal
  }

  /** The client is gone. */
  hangUp(): void {
    this.#hasHungUp = true
    this.#abort()
  }

  #abort(): void {
    this.#controller?.abort(new WuslaError('stream_cancelled', { message: 'The client hung up.' }))
  }
}

function checked(text: string, message: string, parse: (text: string) => unknown): string {
  try {
    parse(text)
    return text
  } catch (cause) {
    throw new WuslaError('invalid_identifier', { message, cause })
  }
}
