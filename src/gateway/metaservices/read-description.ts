import { STATUS_CODES } from 'node:http'
import type { Directory } from '../../directory/directory.ts'
import { encodeSegment } from '../../protocol/identifier.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { xroadName } from '../../protocol/xroad-error.ts'
import type { MetaserviceAnswer, MetaserviceCall } from '../front-door/door-setting.ts'
import type { FrontDoorAnswer, FrontDoorRequest, SendExchange } from '../front-door/front-door-request.ts'
import { DESCRIPTION_PATH, withoutServerOrigins } from './service-description.ts'

/** Longest description that is taken, in bytes: it is held whole, to be rewritten. */
const MAX_DESCRIPTION_BYTES = 4_194_304

/** How long the whole exchange may take, in milliseconds. */
const DEADLINE_MS = 60_000

type SystemCall = MetaserviceCall & { readonly target: { readonly kind: 'system' } }

/**
 * Answers `getOpenAPI`: an ordinary exchange in the name of the caller, signed and recorded, that needs the right to
 * GET `/openapi.json` of the service; the answer without the addresses of the backend.
 *
 * @throws WuslaError `service_code_missing`, `description_unavailable` with X-Road's texts, codes of an exchange
 */
export async function readDescription(
  { directory, send }: { readonly directory: Directory; readonly send: SendExchange },
  call: SystemCall,
  client: string,
): Promise<MetaserviceAnswer> {
  const service = `${call.target.system}/${encodeSegment(serviceCode(call.target.query))}`
  const published = directory.service(service)
  if (published === undefined || published.status === 'withdrawn')
    throw unavailable(`Service not found: ${xroadName('service', service)}`)
  if (published.xroadType !== 'OPENAPI') throw unavailable(`Invalid service type: ${published.xroadType}`)
  const request: FrontDoorRequest = {
    client,
    service,
    method: 'GET',
    path: DESCRIPTION_PATH,
    ...(call.purpose === undefined ? {} : { purpose: call.purpose }),
    rawHeaders: ['X-Road-Client', client, 'Accept', 'application/json'],
    body: null,
    origin: 'r1',
    signal: AbortSignal.timeout(DEADLINE_MS),
  }
  const answer = await send(request)
  const text = await wholeBody(answer)
  const { status, exchange, messageId } = answer
  if (status !== 200) {
    const reason = STATUS_CODES[status] ?? ''
    throw unavailable(
      `Failed reading service description from ${DESCRIPTION_PATH}. Status: ${status} Reason: ${reason}`,
    )
  }
  const contentType =
    /^content-type:[ \t]*([!-~][ -~]*?)[ \t]*\r$/im.exec(answer.headerBlock)?.[1] ?? 'text/plain'
  const own = ['content-type', contentType, 'x-road-id', messageId, 'x-road-request-id', exchange]
  return { status: 200, rawHeaders: own, body: Buffer.from(withoutServerOrigins(text)) }
}

/** The name of the parameter is compared without regard to case, and the last one counts. */
function serviceCode(query: string | undefined): string {
  const found = [...new URLSearchParams(query ?? '')].findLast(
    ([name]) => name.toLowerCase() === 'servicecode',
  )
  const code = found?.[1] ?? ''
  if (code === '')
    throw new WuslaError('service_code_missing', { message: 'Missing serviceCode in message body' })
  return code
}

/** Takes the body to its end and tells the exchange so; one that is too long ends here. */
async function wholeBody({ body, finished }: FrontDoorAnswer): Promise<string> {
  let delivery: 'delivered' | 'interrupted' = 'interrupted'
  try {
    const parts: Uint8Array[] = []
    let length = 0
    for await (const part of Buffer.isBuffer(body) ? [body] : (body ?? [])) {
      length += part.length
      if (length > MAX_DESCRIPTION_BYTES) throw unavailable('The service description is longer than 4 MiB.')
      parts.push(part)
    }
    delivery = 'delivered'
    return Buffer.concat(parts).toString('utf8')
  } finally {
    finished?.(delivery)
  }
}

function unavailable(message: string): WuslaError {
  return new WuslaError('description_unavailable', { message })
}
