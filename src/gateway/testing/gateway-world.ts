import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agreementHash, type Grant } from '../../agreements/agreement.ts'
import { draft } from '../../agreements/testing/draft-agreement.ts'
import { start, type Started } from '../../directory/testing/two-members.ts'
import type { Clock } from '../../protocol/clock.ts'
import { headDigest, requestHead } from '../../protocol/head.ts'
import { newExchangeId } from '../../protocol/exchange-id.ts'
import type { RequestOpening } from '../../protocol/statement.ts'
import { isWuslaError, type WuslaError } from '../../protocol/wusla-error.ts'
import { AccessControl } from '../access-control.ts'
import { AgreementStore } from '../agreement-store.ts'
import type { FrontDoorRequest } from '../front-door/front-door-request.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import { GrantLimits } from '../quotas/grant-limits.ts'
import { MemoryQuotas } from './memory-quotas.ts'

export const CLIENT = 'AE-DU/GOV/RTA/LICENSING'
export const SERVICE = 'AE-DU/SEMI/DEWA/BILLING/bills'

/** A clock that stands still until a test moves it. */
export class HandClock implements Clock {
  #ms: number

  constructor(ms: number = Date.UTC(2026, 10, 23, 8)) {
    this.#ms = ms
  }

  nowMs(): number {
    return this.#ms
  }

  advance(ms: number): void {
    this.#ms += ms
  }
}

/** RTA and DEWA in a real directory, a content both have accepted, and what one of them decides by it. */
export interface GatewayWorld extends Omit<Started, 'events'>, AsyncDisposable {
  readonly folder: string
  readonly clock: HandClock
  readonly agreements: AgreementStore
  readonly access: AccessControl
  readonly limits: GrantLimits
  /** Hash of the agreement: RTA may call GET, POST, PUT and HEAD on anything of the service. */
  readonly agreement: string
  /** For what the gateway tells. */
  readonly events: GatewayEvent[]
}

/**
 * @param member - whose gateway decides; default is the consumer, RTA
 * @param terms - more of the grant
 */
export async function openWorld(member = 'AE-DU/GOV/RTA', terms: Partial<Grant> = {}): Promise<GatewayWorld> {
  const network = await start()
  const folder = await mkdtemp(join(tmpdir(), 'wusla-gateway-'))
  const content = draft({
    grant: {
      operations: ['GET', 'HEAD', 'POST', 'PUT'].map((method) => ({ method, path: '/bills/*' })),
      ...terms,
    },
  })
  const agreement = agreementHash(content)
  network.add(await network.script.agreement(agreement, network.dewa, network.rta))
  const clock = new HandClock()
  const agreements = await AgreementStore.open(folder)
  await agreements.put(content)
  const access = new AccessControl({ member, directory: network.directory, agreements, clock })
  return {
    ...network,
    folder,
    clock,
    agreements,
    access,
    limits: new GrantLimits(new MemoryQuotas(), clock),
    agreement,
    events: [],
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true }),
  }
}

/** Lets a party end the agreement of the world. */
export async function revokeAgreement(world: GatewayWorld): Promise<void> {
  const { script, dewa, agreement, add } = world
  const fields = { agreement, party: dewa.member, reason: 'over' }
  add(await script.entry('agreement_revoked', fields, [dewa.member, dewa.seal]))
}

/** A call of RTA's licensing system as it leaves the front door. */
export function makeCall(changes: Partial<FrontDoorRequest> = {}): FrontDoorRequest {
  return {
    client: CLIENT,
    service: SERVICE,
    method: 'GET',
    path: '/bills/7',
    rawHeaders: ['X-Road-Client', CLIENT, 'Accept', 'application/json'],
    body: null,
    origin: 'r1',
    signal: new AbortController().signal,
    ...changes,
  }
}

/** The words of a request as its signer would write them, with a head that fits. */
export function makeStatement(
  agreement: string,
  headers = '',
  changes: { client?: string; service?: string; method?: string; path?: string; head?: string } = {},
): { statement: RequestOpening; headerBlock: string } {
  const exchange = newExchangeId()
  const headerBlock = `${headers}x-road-request-id:${exchange}\r\n`
  const words = { client: CLIENT, service: SERVICE, method: 'GET', path: '/bills/7', ...changes }
  const { service, method, path } = words
  const head = changes.head ?? headDigest(requestHead(method, service, path, undefined, headerBlock))
  const time = '2026-11-23T08:00:00.000Z'
  return { statement: { ...words, agreement, exchange, head, messageId: 'm-1', time }, headerBlock }
}

/** The WuslaError that a call throws or a promise rejects with. */
export async function refusalOf(run: () => unknown): Promise<WuslaError> {
  try {
    await run()
  } catch (error) {
    if (isWuslaError(error)) return error
    throw error
  }
  throw new Error('it was not refused')
}
