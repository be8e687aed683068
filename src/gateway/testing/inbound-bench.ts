import type { Grant } from '../../agreements/agreement.ts'
import type { EvidenceNote } from '../../evidence/evidence-store.ts'
import type { AnsweredExchange } from '../../evidence/answered-exchange.ts'
import { AnswerPairs } from '../back-door/answer-pairs.ts'
import type { BackDoorAnswer, BackDoorRequest } from '../back-door/back-door-request.ts'
import type { BackDoor } from '../back-door/back-door.ts'
import type { Cancellation } from '../back-door/cancellation.ts'
import { GatewaySettings, type ServiceTarget } from '../gateway-settings.ts'
import type { InboundDeps } from '../inbound/serve-request.ts'
import { ServedExchanges } from '../inbound/served-exchanges.ts'
import { RunningExchanges } from '../running-exchanges.ts'
import { type GatewayWorld, openWorld, SERVICE } from './gateway-world.ts'

/** One call that reached the back door: the test answers it. */
interface BackendCall {
  readonly target: ServiceTarget
  readonly request: BackDoorRequest
  readonly cancellation: Cancellation | undefined
  readonly answered: PromiseWithResolvers<BackDoorAnswer>
}

/** The serving side of DEWA with a back door in the hands of the test. */
export interface InboundBench extends AsyncDisposable {
  readonly world: GatewayWorld
  readonly deps: InboundDeps
  readonly settings: GatewaySettings
  readonly running: RunningExchanges
  readonly calls: BackendCall[]
  readonly served: ServedExchanges
  /** Exchanges of which the evidence holds an earlier copy. */
  readonly receivedBefore: Set<string>
  /** Exchanges that the evidence says were answered. */
  readonly answered: Map<string, AnsweredExchange>
  /** What was noted. */
  readonly notes: EvidenceNote[]
}

export const TARGET: ServiceTarget = { service: SERVICE, url: 'http://127.0.0.1:1/' }

/** @param terms - more of the grant */
export async function openInbound(terms: Partial<Grant> = {}): Promise<InboundBench> {
  const world = await openWorld('AE-DU/SEMI/DEWA', terms)
  const settings = await GatewaySettings.open(world.folder, 'AE-DU/SEMI/DEWA')
  await settings.update((now) => ({ ...now, services: [TARGET] }))
  const running = new RunningExchanges(world.clock)
  const calls: BackendCall[] = []
  const backDoor = {
    callService: async (target: ServiceTarget, request: BackDoorRequest, cancellation?: Cancellation) => {
      const answered = Promise.withResolvers<BackDoorAnswer>()
      calls.push({ target, request, cancellation, answered })
      return await answered.promise
    },
  } as unknown as BackDoor
  const served = new ServedExchanges(world.clock)
  const receivedBefore = new Set<string>()
  const answered = new Map<string, AnsweredExchange>()
  const notes: EvidenceNote[] = []
  const deps: InboundDeps = {
    member: 'AE-DU/SEMI/DEWA',
    directory: world.directory,
    access: world.access,
    limits: world.limits,
    running,
    settings,
    backDoor,
    served,
    wasReceivedBefore: (exchange) => Promise.resolve(receivedBefore.has(exchange)),
    evidence: {
      answered: (exchange) => Promise.resolve(answered.get(exchange)),
      remember: (note) => Promise.resolve(void notes.push(note)),
    },
    assertReady: () => undefined,
    clock: world.clock,
    onEvent: (event) => world.events.push(event),
  }
  return {
    world,
    deps,
    settings,
    running,
    calls,
    served,
    receivedBefore,
    answered,
    notes,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

/** An answer of the backend. */
export function backendAnswer(text: string, status = 200): BackDoorAnswer {
  const headers = new AnswerPairs(['content-type', 'text/plain'])
  return { status, reason: '', headers, body: Buffer.from(text) }
}
