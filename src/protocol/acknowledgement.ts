import { isDigest256 } from './digest.ts'
import { isExchangeId } from './exchange-id.ts'
import { normaliseServicePath } from './service-path.ts'

/** The feature of a HELLO: its sender takes acknowledgements. */
export const ACKNOWLEDGEMENT = 'acknowledgement'

/** Paths that begin so are for gateways among themselves: no information system sends one, and no service gets one. */
const RESERVED = '/.wusla/'

const PREFIX = `${RESERVED}acknowledgement/`

/** What an acknowledgement is about. */
export interface AcknowledgedAnswer {
  readonly exchange: string
  /** digest256 of the answer statement that was taken. */
  readonly answer: string
}

/** The service path of an acknowledgement: docs/spec/exactly-once.md, section 4. */
export function acknowledgementPath({ exchange, answer }: AcknowledgedAnswer): string {
  return `${PREFIX}${exchange}/${answer}`
}

/** What the service path of an acknowledgement names; undefined when it is none. */
export function readAcknowledgementPath(path: string): AcknowledgedAnswer | undefined {
  if (!path.startsWith(PREFIX)) return undefined
  const [exchange = '', answer = '', ...more] = path.slice(PREFIX.length).split('/')
  if (more.length > 0 || !isExchangeId(exchange) || !isDigest256(answer)) return undefined
  return { exchange, answer }
}

/**
 * Whether a service path is for gateways among themselves, also in a spelling that a service would read as one.
 *
 * @param path - as sent
 */
export function isReservedPath(path: string): boolean {
  if (path.startsWith(RESERVED)) return true
  if (!path.includes('wusla') && !path.includes('%')) return false
  const read = normaliseServicePath(path)
  return read.ok && read.path.startsWith(RESERVED)
}
