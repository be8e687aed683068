import { WuslaError } from '../../protocol/wusla-error.ts'

/** A service URL taken apart. */
export interface ServiceAddress {
  /** `http://host:port` */
  readonly origin: string
  /** What stands before the service path, exactly as configured; may be empty. */
  readonly basePath: string
  readonly isSecure: boolean
}

const SERVICE_URL = /^https?:\/\/([^/?#@\s]+)(\/[!-~]*)?$/i

/**
 * Reads a service URL. Its path is kept as written: nothing is normalised that an access check has not seen.
 *
 * @throws WuslaError `config_invalid`
 */
export function parseServiceUrl(url: string): ServiceAddress {
  const basePath = SERVICE_URL.exec(url)?.[2] ?? ''
  if (!SERVICE_URL.test(url) || /[?#]/.test(basePath) || !URL.canParse(url)) {
    throw new WuslaError('config_invalid', { message: 'A service URL is not http(s)://host[:port][/path].' })
  }
  const { origin, protocol } = new URL(url)
  return Object.freeze({ origin, basePath, isSecure: protocol === 'https:' })
}

/** The request target for a backend: base path, service path, query; one `/` goes where two would meet. */
export function backendTarget(basePath: string, path: string, query: string | undefined): string {
  const meets = basePath.endsWith('/') && path.startsWith('/')
  const joined = meets ? basePath + path.slice(1) : basePath + path
  const local = joined === '' ? '/' : joined
  return query === undefined ? local : `${local}?${query}`
}
