import type { DataClass } from '../../agreements/data-class.ts'
import { isReservedPath } from '../../protocol/acknowledgement.ts'
import { canonicalIdentifier } from '../../protocol/identifier.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { parseRepresentedParty } from '../../protocol/xroad-request.ts'
import type { CallHeaders } from './call-headers.ts'
import type { CallTarget } from './call-target.ts'
import type { FrontDoorRequest } from './front-door-request.ts'
import type { IncomingCall } from './incoming-call.ts'
import type { MappedBinding } from './mapped-port.ts'

/** A request on its way to the outbound side. */
export class DoorRequest implements FrontDoorRequest {
  exchange?: string
  readonly client: string
  readonly service: string
  readonly method: string
  readonly path: string
  readonly query?: string
  rawHeaders: readonly string[]
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
  readonly #call: Pick<IncomingCall, 'onHangUp'>
  /** Undefined as soon as the door adds lines of its own. */
  #headers: CallHeaders | undefined
  #controller: AbortController | undefined

  /**
   * @param binding - of the mapped port; undefined at the X-Road door
   * @throws WuslaError `invalid_identifier`, `invalid_path`
   */
  constructor(
    call: Pick<IncomingCall, 'method' | 'headers' | 'onHangUp'>,
    binding: Pick<MappedBinding, 'purpose' | 'maxDataClass'> | undefined,
    client: string,
    target: CallTarget & { readonly kind: 'service' | 'system' },
  ) {
    const origin = binding === undefined ? 'r1' : 'mapped'
    const headers = call.headers.read(origin)
    this.#call = call
    this.#headers = call.headers
    this.origin = origin
    this.client = client
    this.service = target.service
    this.method = call.method
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
    const purpose = binding?.purpose ?? headers.purpose
    if (purpose !== undefined) this.purpose = purpose
    if (binding?.maxDataClass !== undefined) this.maxDataClass = binding.maxDataClass
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

  get headerLines(): string | undefined {
    return this.#headers?.lines(this.origin)
  }

  /** Adds headers that say how the client called. */
  addHeaders(...pairs: readonly string[]): void {
    this.rawHeaders = [...this.rawHeaders, ...pairs]
    this.#headers = undefined
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController()
      this.#controller = controller
      this.onHangUp(() => {
        controller.abort(new WuslaError('stream_cancelled', { message: 'The client hung up.' }))
      })
    }
    return this.#controller.signal
  }

  onHangUp(listener: () => void): void {
    this.#call.onHangUp(listener)
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
