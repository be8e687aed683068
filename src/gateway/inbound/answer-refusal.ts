import { formatTime } from '../../protocol/clock.ts'
import { ERROR_TABLE, peerCode } from '../../protocol/error-codes.ts'
import type { WuslaError } from '../../protocol/wusla-error.ts'
import type { IncomingRequest } from '../../transport/incoming-request.ts'
import type { InboundDeps } from './serve-request.ts'

/** Details that a peer may read: why, what to do, who can. Everything else stays here. */
const SHOWN_DETAILS = ['reason', 'remedy', 'changedBy', 'service', 'client', 'retryAfterS'] as const

const HEADER_BLOCK = 'content-type:application/json\r\n'

/**
 * Tells the consumer why its request was not served, in a signed answer: the refusal is evidence too. When an answer is
 * under way already, or none can be recorded, the stream is reset instead.
 */
export async function answerRefusal(
  deps: InboundDeps,
  incoming: IncomingRequest,
  error: WuslaError,
): Promise<void> {
  const code = peerCode(error.code)
  if (incoming.cancelled) return
  if (error.code === 'logging_failed' || error.code === 'body_mismatch') {
    incoming.reset(code)
    return
  }
  const details: Record<string, unknown> = {}
  for (const name of SHOWN_DETAILS) if (error.details[name] !== undefined) details[name] = error.details[name]
  const message = code === error.code ? error.message : ERROR_TABLE[code].meaning
  const body = Buffer.from(JSON.stringify({ code, message, details }))
  const time = formatTime(deps.clock.nowMs())
  try {
    await incoming.answer({ status: ERROR_TABLE[code].httpStatus, time, error: code }, HEADER_BLOCK, body)
  } catch {
    // The session already told why it ended, or an answer is under way: then only a reset is left to say.
    incoming.reset(code)
  }
}
