import { WuslaError } from '../../protocol/wusla-error.ts'

/** A service URL taken apart. */
export interface ServiceAddress {
  readonly isSecure: boolean
  /** Name or address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** What `Host` says: the port only where it is not the usual one. */
  readonly authority: string
  /** What stands before the service path, exactly as configured; may be empty. */
  readonly basePath: string
}

const SERVICE_URL = /^https?:\/\/([^/?#@\s]+)(\/[!"$->@-~]*)?$/i

/**
 * Reads a service URL. Its path is kept as written: nothing is normalised that an access check has not seen.
 *
 * @throws WuslaError `config_invalid`
 */
export function parseServiceUrl(url: string): ServiceAddress {
  const match = SERVICE_URL.exec(url)
  if (match === null || !URL.canParse(url)) {
    throw new WuslaError('config_invalid', { message: 'A service URL is not http(s)://host[:port][/path].' })
  }
  const { protocol, hostname, port, host } = new URL(url)
  const isSecure = protocol === 'https:'
  return Object.freeze({
    isSecure,
    host: hostname.replaceAll(/[[\]]/g, ''),
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    authority: host,
    basePath: match[2] ?? '',
  })
}

/** The request target for a backend: base path, service path, query; one `/` goes where two would meet. */
export function backendTarget(basePath: string, path: string, query: string | undefined): string {
  const meets = basePath.endsWith('/') && path.startsWith('/')
  const joined = meets ? basePath + path.slice(1) : basePath + path
  const local = joined === '' ? '/' : joined
  return query === undefined ? local : `${local}?${query}`
}
