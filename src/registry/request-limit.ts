import type { FastifyRequest } from 'fastify'
import type { Api } from '../admin-api/api-server.ts'
import type { Clock } from '../protocol/clock.ts'
import { WuslaError } from '../protocol/wusla-error.ts'

const DEFAULT_PER_SECOND = 200
/** How many requests may come at once, in seconds' worth. */
const BURST_SECONDS = 5
/** Addresses that are remembered; beyond that those are forgotten that were quiet for longest. */
const MAX_ADDRESSES = 10_000

interface Bucket {
  left: number
  filledAtMs: number
}

/**
 * Lets each address make only so many requests to the API. Who follows the log is not counted: its answers are bytes
 * that lie ready.
 */
export function limitRequests(api: Api, clock: Clock, perSecond: number = DEFAULT_PER_SECOND): void {
  const buckets = new Map<string, Bucket>()
  const most = perSecond * BURST_SECONDS
  api.addHook('onRequest', (request, reply, done) => {
    if (
      request.url.startsWith('/log/') ||
      take(buckets, addressOf(request), { most, perSecond }, clock.nowMs())
    ) {
      done()
      return
    }
    void reply.header('retry-after', '1')
    done(new WuslaError('too_many_requests'))
  })
}

function take(
  buckets: Map<string, Bucket>,
  address: string,
  { most, perSecond }: { readonly most: number; readonly perSecond: number },
  nowMs: number,
): boolean {
  const bucket = buckets.get(address) ?? { left: most, filledAtMs: nowMs }
  bucket.left = Math.min(most, bucket.left + (Math.max(0, nowMs - bucket.filledAtMs) * perSecond) / 1000)
  bucket.filledAtMs = nowMs
  // To the end of the map, whose first is then the one that was quiet for longest.
  buckets.delete(address)
  buckets.set(address, bucket)
  if (buckets.size > MAX_ADDRESSES) {
    const oldest = buckets.keys().next()
    if (oldest.done !== true) buckets.delete(oldest.value)
  }
  if (bucket.left < 1) return false
  bucket.left -= 1
  return true
}

// The registry listens on loopback only; what stands before it names the caller in the last place of this header.
// A caller who writes the header itself only adds places before that.
function addressOf(request: FastifyRequest): string {
  const forwarded = request.headers['x-forwarded-for']
  const last = (Array.isArray(forwarded) ? forwarded.at(-1) : forwarded)?.split(',').at(-1)?.trim()
  return last === undefined || last === '' ? (request.socket.remoteAddress ?? '') : last.slice(0, 64)
}
