import type { FastifyRequest } from 'fastify'
import type { Directory } from '../directory/directory.ts'
import type { Clock } from '../protocol/clock.ts'
import { createNonceMemory } from '../trust/nonce-memory.ts'
import { isWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import { checkSealedRequest } from '../trust/sealed-request.ts'
import type { RequestSender } from '../trust/sealed-request.ts'

/** A gateway that spoke to the registry under its member's seal. */
export interface Caller {
  readonly gateway: string
  readonly member: string
  readonly sealKeyId: string
}

/** Tells which gateway sent a request. @throws WuslaError `unauthorized` */
export type SealedCaller = (request: FastifyRequest) => Caller

/** Requests carry their exact body text here, since the seal covers bytes and not their meaning. */
export interface RawBodyRequest {
  rawBody?: string
}

export function createSealedCaller(network: string, directory: Directory, clock: Clock): SealedCaller {
  const nonces = createNonceMemory()
  return (request) => {
    const sender = check(() =>
      checkSealedRequest({
        method: request.method,
        path: request.url,
        body: (request as RawBodyRequest).rawBody ?? '',
        authorization: request.headers.authorization,
        network,
        nowMs: clock.nowMs(),
        nonces,
        resolveKey: (kid) => {
          const key = directory.activeSealKey(kid)
          return key === undefined ? undefined : { actor: key.gateway, verifier: key.verifier }
        },
      }),
    )
    const key = directory.activeSealKey(sender.kid)
    return { gateway: sender.actor, member: key?.member ?? '', sealKeyId: sender.kid }
  }
}

// A stranger is not told which of the checks stopped it.
function check(seal: () => RequestSender): RequestSender {
  try {
    return seal()
  } catch (cause) {
    if (isWuslaError(cause) && cause.code === 'too_many_requests') throw cause
    throw new WuslaError('unauthorized', { cause })
  }
}
