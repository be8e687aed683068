import { start, type Started } from '../../directory/testing/two-members.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import { type EstablishedSession, PeerSessions } from '../peer-sessions.ts'
import type { TransitRule } from '../transit-rule.ts'
import { FakeSession } from './fake-session.ts'
import { HandClock } from './gateway-world.ts'

type Dial = (branch: string, attempt: number, signal: AbortSignal) => Promise<EstablishedSession>

interface PeerSessionsBench {
  readonly sessions: PeerSessions
  readonly clock: HandClock
  readonly dialled: string[]
  readonly events: GatewayEvent[]
  readonly network: Started
}

/** Peer sessions over a dialer that the test answers; attempts follow each other within milliseconds. */
export async function peerSessionsBench(
  dial: Dial,
  branches: readonly string[] = ['AE-DU/branch/MORO'],
  ranked?: readonly string[],
): Promise<PeerSessionsBench> {
  const network = await start()
  const { directory } = network
  const clock = new HandClock()
  const dialled: string[] = []
  const events: GatewayEvent[] = []
  const dialer = {
    branches: () => branches,
    ...(ranked === undefined ? {} : { ranked: () => Promise.resolve(ranked) }),
    dial: async (_gateway: string, branch: string, _transit: TransitRule, signal: AbortSignal) => {
      dialled.push(branch)
      return await dial(branch, dialled.length, signal)
    },
  }
  const onEvent = (event: GatewayEvent): number => events.push(event)
  return {
    sessions: new PeerSessions({ directory, dialer, clock, onEvent, retryDelayMs: 1, headStartMs: 5 }),
    clock,
    dialled,
    events,
    network,
  }
}

/** A session in use, with the fake behind it. */
export function established(
  session = new FakeSession(),
  path = ['AE-DU/branch/MORO'],
): EstablishedSession & { fake: FakeSession } {
  return { session: session.asSession, path, peerTlsKey: '', fake: session }
}

/** What a dialer does that gets nowhere. */
export function refuse(code: 'branch_unreachable' | 'wrong_peer'): Promise<never> {
  return Promise.reject(new WuslaError(code))
}
