import { AddressLimit, callerAddress } from '../admin-api/address-limit.ts'
import type { Api } from '../admin-api/api-server.ts'
import type { Clock } from '../protocol/clock.ts'
import { WuslaError } from '../protocol/wusla-error.ts'

const DEFAULT_PER_SECOND = 200
/** Who follows the log has a limit of its own: its answers are bytes that lie ready, and a bootstrap takes thousands. */
const LOG_PER_SECOND = 2_000

/** Lets each address make only so many requests, to the API and to the log. */
export function limitRequests(api: Api, clock: Clock, perSecond: number = DEFAULT_PER_SECOND): void {
  const calls = new AddressLimit(perSecond)
  const reads = new AddressLimit(LOG_PER_SECOND)
  api.addHook('onRequest', (request, reply, done) => {
    const limit = request.url.startsWith('/log/') ? reads : calls
    const address = callerAddress(request.socket.remoteAddress, request.headers['x-forwarded-for'])
    if (limit.take(address, clock.nowMs())) {
      done()
      return
    }
    void reply.header('retry-after', '1')
    done(new WuslaError('too_many_requests'))
  })
}
