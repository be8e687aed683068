import { WuslaError } from '../../protocol/wusla-error.ts'

/** Where a service of the type OPENAPI describes itself, below its address. */
export const DESCRIPTION_PATH = '/openapi.json'

/**
 * An OpenAPI 3 description without the addresses of its backend: of each server only the path stays.
 *
 * @param text - the description in JSON
 * @throws WuslaError `description_unavailable` with X-Road's texts
 */
export function withoutServerOrigins(text: string): string {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw unreadable(cause)
  }
  if (!isRecord(document)) throw unreadable()
  const { openapi, servers } = document
  if (
    openapi !== undefined &&
    openapi !== null &&
    !(typeof openapi === 'string' && openapi.startsWith('3.'))
  ) {
    throw new WuslaError('description_unavailable', {
      message: `Incompatible openapi version. Openapi version 3 or greater expected. Given openapi document is of version ${JSON.stringify(openapi)}`,
    })
  }
  if (!Array.isArray(servers)) return JSON.stringify(document)
  return JSON.stringify({ ...document, servers: servers.map((server: unknown) => withoutOrigin(server)) })
}

function withoutOrigin(server: unknown): unknown {
  if (!isRecord(server) || typeof server['url'] !== 'string') return server
  return { ...server, url: pathOf(server['url']) }
}

/** A URL with variables is a pattern of the provider's and stays. */
function pathOf(url: string): string {
  if (url.includes('{') && url.includes('}')) return url
  const match = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/[^/?#]*)?([^?#]*)(?:\?[^#]*)?(?:#.*)?$/.exec(url)
  if (match === null || /[\s<>"\\^`{|}]/.test(url)) {
    throw new WuslaError('description_unavailable', { message: `Can't parse url string: ${url}` })
  }
  return match[1] ?? ''
}

function unreadable(cause?: unknown): WuslaError {
  return new WuslaError('description_unavailable', {
    message: `Failed overwriting origin URL for the openapi servers for ${DESCRIPTION_PATH}`,
    cause,
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
