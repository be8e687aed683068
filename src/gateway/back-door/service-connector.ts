import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { TLSSocket } from 'node:tls'
import { buildConnector } from 'undici'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { readSha256 } from '../front-door/client-rules.ts'
import type { ServiceTarget } from './back-door-request.ts'

/**
 * How connections to a backend are made. With a pinned certificate nothing is sent before the certificate of this
 * very connection has been compared; sessions are not resumed, so each connection shows it.
 *
 * @throws WuslaError `config_invalid`, `file_unreadable`
 */
export function serviceConnector(target: ServiceTarget): buildConnector.connector {
  const { caFile, pinnedSha256 } = target.tls ?? {}
  const pinned = pinnedSha256 === undefined ? undefined : readSha256(pinnedSha256).toString('hex')
  const connect = buildConnector({
    timeout: target.connectTimeoutMs ?? 5_000,
    allowH2: false,
    maxCachedSessions: 0,
    rejectUnauthorized: pinned === undefined,
    minVersion: 'TLSv1.2',
    ...(caFile === undefined ? undefined : { ca: readPem(caFile) }),
  })
  if (pinned === undefined) return connect
  return (options, callback) => {
    connect(options, (...result) => {
      const [error, socket] = result
      if (error !== null) return callback(...result)
      const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
      if (shown !== undefined && hash('sha256', shown.raw, 'hex') === pinned) return callback(null, socket)
      socket.destroy()
      const wrong = new WuslaError('backend_unreachable', {
        message: 'The backend shows another certificate than the pinned one.',
        details: { reason: 'certificate_not_pinned', sent: false },
      })
      callback(wrong, null)
    })
  }
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new WuslaError('file_unreadable', {
      message: "The file of a backend's authority cannot be read.",
      cause,
    })
  }
}
