import type { Directory } from '../directory/directory.ts'
import type { EvidenceStore } from '../evidence/evidence-store.ts'
import type { EventSink } from '../protocol/event.ts'
import { isWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import type { Clock } from '../protocol/clock.ts'
import type { AccessControl } from './access-control.ts'
import type { AgreementStore } from './agreement-store.ts'
import type { BranchLinks } from './branch-links.ts'
import type { GatewayEvent } from './gateway-event.ts'
import type { EstablishedSession, PeerSessions } from './peer-sessions.ts'
import { transitError } from './transit-rule.ts'
import type { VerifiedAgreements } from './verified-agreements.ts'
import type { RunningExchange, RunningExchanges } from './running-exchanges.ts'

interface FollowDeps {
  readonly member: string
  readonly directory: Directory
  readonly agreements: AgreementStore
  readonly access: AccessControl
  readonly verified: Pick<VerifiedAgreements, 'look'>
  readonly running: RunningExchanges
  readonly sessions: PeerSessions
  readonly links: BranchLinks
  readonly evidence: EvidenceStore
  readonly clock: Clock
  readonly onEvent: EventSink<GatewayEvent>
}

/** What others may wait for. */
export interface FollowedDirectory {
  /** Resolves when the entry of this index is applied here; rejects with `registry_unreachable` after 10 s. */
  readonly untilApplied: (index: number) => Promise<void>
  readonly untilInForce: (agreement: string) => Promise<void>
  /** Sets how missing contents of agreements are fetched. */
  readonly fetchWith: (fetchMissing: () => Promise<void>) => void
  readonly stop: () => void
}

const WAIT_MS = 10_000

/** How late what ends by the clock may be cut, in milliseconds; the specification allows twice as much. */
const END_LOOK_MS = 1_000

/** Names of exchanges in one note of the evidence: they stay below its bound of 4,096 bytes. */
const CUT_PER_NOTE = 64

type CutNote = Pick<RunningExchange, 'agreement' | 'direction'> & { readonly exchanges: readonly string[] }

/**
 * Carries every change of the directory into this gateway at once: access rules, running exchanges, sessions with peers
 * whose key has ended, links to branches. This is where a revocation becomes real.
 */
export function followDirectory(deps: FollowDeps): FollowedDirectory {
  const { directory, agreements, access, verified, sessions, links, member } = deps
  let fetchMissing: (() => Promise<void>) | undefined
  let pending = false

  const fetchIfMissing = (): void => {
    if (directory.agreementsOf(member).some(({ agreement }) => agreements.get(agreement) === undefined))
      void tryFetch(deps, fetchMissing)
  }
  const apply = (): void => {
    pending = false
    access.invalidate()
    cutEnded(deps)
    sessions.closeWhere((gateway, session) => !canSpeak(directory, gateway, session), 'key_revoked')
    links.follow()
    fetchIfMissing()
    verified.look()
  }
  // Many changes may come in one turn; they are carried over once.
  const stop = directory.onChange(() => {
    if (pending) return
    pending = true
    setImmediate(apply)
  })
  agreements.onChange(() => {
    access.invalidate()
    verified.look()
  })
  verified.look()
  const stopClock = watchEnds(deps)
  return {
    untilApplied: async (index) => await until(directory, () => directory.size > index),
    untilInForce: async (agreement) =>
      await until(directory, () => directory.agreement(agreement) !== undefined),
    fetchWith: (fetch) => {
      fetchMissing = fetch
      fetchIfMissing()
    },
    stop: () => {
      stop()
      stopClock()
    },
  }
}

/**
 * Cuts what runs under an agreement that the clock ends: its validity is over, or another one takes its place. No change
 * of the directory tells that moment. Looks each second at the wall clock instead of waiting for the moment with one long
 * timer, which a clock that is set would make wrong.
 */
function watchEnds(deps: FollowDeps): () => void {
  const { access, clock } = deps
  let lookedMs = clock.nowMs()
  const timer = setInterval(() => {
    const nowMs = clock.nowMs()
    if (access.endsWithin(lookedMs, nowMs)) cutEnded(deps)
    lookedMs = nowMs
  }, END_LOOK_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * A gateway may not be heard any more, also where a session stands already, once the TLS key it showed or the last seal
 * key it announced has ended. That it has others is no excuse: a key that was replaced may be in a thief's hands.
 */
function canSpeak(directory: Directory, gateway: string, established: EstablishedSession): boolean {
  const record = directory.gateway(gateway)
  if (record === undefined || record.sealKeys.length === 0) return false
  if (!record.tlsKeys.includes(established.peerTlsKey)) return false
  const announced = established.session.peerSealKeys
  // Who announced none is judged by the key under each batch.
  return announced.length === 0 || announced.some((key) => record.sealKeys.includes(key))
}

async function tryFetch(
  { onEvent }: FollowDeps,
  fetchMissing: (() => Promise<void>) | undefined,
): Promise<void> {
  try {
    await fetchMissing?.()
  } catch (error) {
    // Without its content an agreement allows nothing here; the next change of the directory tries again.
    onEvent({
      kind: 'alarm',
      alarm: 'registry_unreachable',
      detail: error instanceof Error ? error.message : String(error),
    })
  }
}

function cutEnded(deps: FollowDeps): void {
  const { running, evidence, clock, onEvent } = deps
  const cut = running.cutDisallowed((exchange) => whyNotAnyMore(deps, exchange))
  for (const { exchange, agreement } of cut) onEvent({ kind: 'exchange_cut', exchange, agreement })
  for (const details of groupsOf(cut)) {
    evidence.note({ kind: 'exchanges_cut', atMs: clock.nowMs(), details }).catch((error: unknown) => {
      onEvent({
        kind: 'alarm',
        alarm: 'evidence_unwritable',
        detail: error instanceof Error ? error.message : String(error),
      })
    })
  }
}

/**
 * What is noted of exchanges that were cut together. Thousands may run under one agreement, and the evidence takes a few
 * hundred notes at once: so many share one.
 */
function groupsOf(cut: readonly RunningExchange[]): CutNote[] {
  const groups = Map.groupBy(cut, ({ agreement, direction }) => `${direction} ${agreement}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { agreement, direction } = first
    const exchanges = group.map(({ exchange }) => exchange)
    return Array.from({ length: Math.ceil(exchanges.length / CUT_PER_NOTE) }, (_, i) => ({
      agreement,
      direction,
      exchanges: exchanges.slice(i * CUT_PER_NOTE, (i + 1) * CUT_PER_NOTE),
    }))
  })
}

/** An agreement may have ended, and a branch may have left the class that the agreement asks for. */
function whyNotAnyMore({ access, directory }: FollowDeps, running: RunningExchange): WuslaError | undefined {
  const { exchange, client, service, method, path, agreement, purpose, takenMs } = running
  try {
    const decision = access.decide({ client, service, method, path, agreement, purpose, takenMs })
    if (decision.allowed) return transitError(running.branches(), decision.grant.transit ?? {}, directory)
  } catch (error) {
    if (!isWuslaError(error)) throw error
  }
  return new WuslaError('access_denied', {
    message: 'The agreement behind this exchange ended while it was running.',
    details: { exchange, agreement },
  })
}

async function until(directory: Directory, reached: () => boolean): Promise<void> {
  if (reached()) return
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      stop()
      reject(
        new WuslaError('registry_unreachable', {
          message: 'The change was published but did not reach this gateway in time.',
        }),
      )
    }, WAIT_MS)
    const stop = directory.onChange(() => {
      if (!reached()) return
      clearTimeout(timer)
      stop()
      resolve()
    })
  })
}
