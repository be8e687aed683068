import type { Grant } from '../../agreements/agreement.ts'
import type { EvidenceNote } from '../../evidence/evidence-store.ts'
import type { DeliveredAnswer } from '../outbound/acknowledgements.ts'
import type { OutboundDeps } from '../outbound/send-request.ts'
import { TimeTexts } from '../outbound/time-texts.ts'
import type { PeerSessions } from '../peer-sessions.ts'
import { RunningExchanges } from '../running-exchanges.ts'
import { FakeSession } from './fake-session.ts'
import { type GatewayWorld, openWorld } from './gateway-world.ts'

/** The sending side of RTA with one session in the hands of the test. */
export interface OutboundBench extends AsyncDisposable {
  readonly world: GatewayWorld
  readonly session: FakeSession
  readonly running: RunningExchanges
  readonly deps: OutboundDeps
  /** What was asked of the sessions. */
  readonly asked: string[]
  /** What was noted in the evidence, and which answers are to be acknowledged. */
  readonly notes: EvidenceNote[]
  readonly acknowledged: DeliveredAnswer[]
}

/** @param acquire - given: there is no session yet, and this is what waiting for one does */
export async function openOutbound(
  acquire?: (session: FakeSession, world: GatewayWorld) => Promise<void>,
  terms: Partial<Grant> = {},
): Promise<OutboundBench> {
  const world = await openWorld('AE-DU/GOV/RTA', terms)
  const session = new FakeSession()
  const running = new RunningExchanges(world.clock)
  const asked: string[] = []
  const notes: EvidenceNote[] = []
  const acknowledged: DeliveredAnswer[] = []
  const established = { session: session.asSession, path: [] }
  const sessions = {
    current: () => {
      asked.push('current')
      return acquire === undefined ? established : undefined
    },
    acquire: async () => {
      asked.push('acquire')
      await acquire?.(session, world)
      return established
    },
  } as unknown as PeerSessions
  const deps: OutboundDeps = {
    network: 'AE-DU',
    directory: world.directory,
    access: world.access,
    limits: world.limits,
    sessions,
    running,
    evidence: { remember: async (note) => await Promise.resolve(void notes.push(note)) },
    acknowledgements: { add: (each) => void acknowledged.push(each) },
    assertReady: () => asked.push('ready'),
    clock: world.clock,
    times: new TimeTexts(),
    onEvent: (event) => world.events.push(event),
    pathDeadlineMs: 1_000,
  }
  const seen = { asked, notes, acknowledged }
  return { world, session, running, deps, ...seen, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}
