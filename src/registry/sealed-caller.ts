import type { FastifyRequest, preValidationHookHandler } from 'fastify'
import type { Directory } from '../directory/directory.ts'
import type { Clock } from '../protocol/clock.ts'
import { createNonceMemory } from '../trust/nonce-memory.ts'
import { isWuslaError, toWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import { checkSealedHead, checkSealedRequest } from '../trust/sealed-request.ts'
import type { RequestSender } from '../trust/sealed-request.ts'

/** A gateway that spoke to the registry under its member's seal. */
export interface Caller {
  readonly gateway: string
  readonly member: string
  readonly sealKeyId: string
}

/** Tells which gateway sent a request. */
export interface SealedCaller {
  /** Checks the seal, once for each request: a nonce works once. @throws WuslaError `unauthorized` */
  readonly callerOf: (request: FastifyRequest) => Caller
  /**
   * The same as a hook, put before the checks of the body's form: a stranger must not learn what a body should hold. It
   * comes after the body was read, since the seal covers it.
   */
  readonly guard: preValidationHookHandler
  /**
   * Who seems to call, before the body is read: for routes that take a long one, which no stranger may make the registry
   * read. The guard is needed after it. @throws WuslaError `unauthorized`
   */
  readonly knock: (request: FastifyRequest) => Caller
}

/** Requests carry their exact body text here, since the seal covers bytes and not their meaning. */
export interface RawBodyRequest {
  rawBody?: string
}

export function createSealedCaller(network: string, directory: Directory, clock: Clock): SealedCaller {
  const nonces = createNonceMemory()
  const known = new WeakMap<FastifyRequest, Caller>()
  const callerFor = ({ actor, kid }: RequestSender): Caller => ({
    gateway: actor,
    member: directory.activeSealKey(kid)?.member ?? '',
    sealKeyId: kid,
  })
  const headOf = (request: FastifyRequest): Parameters<typeof checkSealedHead>[0] => ({
    method: request.method,
    path: request.url,
    authorization: request.headers.authorization,
    network,
    nowMs: clock.nowMs(),
    resolveKey: (kid) => {
      const key = directory.activeSealKey(kid)
      return key === undefined ? undefined : { actor: key.gateway, verifier: key.verifier }
    },
  })
  const callerOf = (request: FastifyRequest): Caller => {
    const before = known.get(request)
    if (before !== undefined) return before
    const sender = check(() =>
      checkSealedRequest({
        ...headOf(request),
        body: (request as RawBodyRequest).rawBody ?? '',
        nonces,
      }),
    )
    const caller = callerFor(sender)
    known.set(request, caller)
    return caller
  }
  const guard: preValidationHookHandler = (request, _reply, done) => {
    try {
      callerOf(request)
      done()
    } catch (error) {
      done(toWuslaError(error, 'unauthorized'))
    }
  }
  const knock = (request: FastifyRequest): Caller => callerFor(check(() => checkSealedHead(headOf(request))))
  return { callerOf, guard, knock }
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
