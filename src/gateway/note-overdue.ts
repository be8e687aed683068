import { overdueNote } from '../evidence/acknowledgement-notes.ts'
import type { EvidenceStore } from '../evidence/evidence-store.ts'
import { formatTime } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import type { GatewayEvent } from './gateway-event.ts'

interface OverdueOptions {
  readonly evidence: Pick<EvidenceStore, 'query' | 'remember'>
  readonly acknowledgeWithinMs: number
  readonly onEvent: EventSink<GatewayEvent>
}

/** Most that one look notes; what is left the next one finds. */
const MAX_NOTED = 2_000

/** Rows of one question to the index, and how long it may take in milliseconds: exchanges come first. */
const PAGE_ROWS = 500
const WITHIN_MS = 100

/**
 * Notes the answered exchanges whose acknowledgement did not come in time: durably, so that each is told once. What this
 * member answered raises an alarm, since to the law it was not sent. Later acknowledgements still count.
 *
 * @throws WuslaError `logging_failed`
 */
export async function noteOverdue(
  { evidence, acknowledgeWithinMs, onEvent }: OverdueOptions,
  nowMs: number,
): Promise<void> {
  // Asked before it was answered: a row that is too young for this is too young anyway.
  const until = formatTime(nowMs - acknowledgeWithinMs)
  const provided: string[] = []
  let noted = 0
  let cursor: string | undefined
  do {
    const from = cursor === undefined ? {} : { cursor }
    const page = await evidence.query({ awaited: true, until, limit: PAGE_ROWS, ...from }, WITHIN_MS)
    // An index that is behind has not read every acknowledgement, and would call one missing that is there.
    if (!page.complete) break
    const overdue = page.rows.filter(({ answeredAt = until }) => answeredAt < until)
    for (const { exchange } of overdue) await evidence.remember(overdueNote(exchange, nowMs))
    noted += overdue.length
    provided.push(...overdue.flatMap(({ role, exchange }) => (role === 'provider' ? [exchange] : [])))
    ;({ cursor } = page)
  } while (cursor !== undefined && noted < MAX_NOTED)
  if (provided.length === 0) return
  const detail = `answers not acknowledged in time: ${provided.length}, such as that of ${provided[0] ?? ''}`
  onEvent({ kind: 'alarm', alarm: 'not_acknowledged', detail })
}
