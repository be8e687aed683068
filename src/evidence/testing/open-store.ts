import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { askWitness } from '../../ledger/ask-witness.ts'
import { cosign } from '../../ledger/checkpoint.ts'
import { parseNote } from '../../ledger/signed-note.ts'
import { isWuslaError } from '../../protocol/wusla-error.ts'
import type { CosignCheckpoint } from '../cosign-checkpoint.ts'
import type { EvidenceEvent } from '../evidence-event.ts'
import type { EvidenceOptions } from '../evidence-options.ts'
import { openEvidence } from '../evidence-store.ts'
import type { EvidenceStore } from '../evidence-store.ts'
import { exchangeOnPaper } from './paper-exchange.ts'
import type { ExchangeOnPaper, PaperExchange } from './paper-exchange.ts'
import type { PaperBranch, PaperGateway } from './paper-network.ts'
import { AGREEMENT } from './two-members.ts'
import type { TwoMembers } from './two-members.ts'

export interface OpenStore {
  readonly store: EvidenceStore
  readonly events: EvidenceEvent[]
  readonly options: EvidenceOptions
}

/** The evidence of a gateway in a directory that goes with the test. */
export async function openStore(
  context: TestContext,
  paper: TwoMembers,
  gateway: PaperGateway,
  others: Partial<EvidenceOptions> = {},
): Promise<OpenStore> {
  const parent = await mkdtemp(join(tmpdir(), 'wusla-evidence-'))
  const events: EvidenceEvent[] = []
  const options: EvidenceOptions = {
    directory: join(parent, 'evidence'),
    gateway: gateway.id,
    signer: gateway.ledger,
    create: true,
    clock: { nowMs: () => paper.network.nowMs },
    onEvent: (event) => events.push(event),
    // Rounds in these tests are asked for, not waited for.
    checkpointPeriodMs: 3_600_000,
    ...others,
  }
  const store = await openEvidence(options)
  context.after(async () => {
    await store[Symbol.asyncDispose]()
    await rm(parent, { recursive: true })
  })
  return { store, events, options }
}

/** Witnesses that sign whatever they are shown. */
export function witnessedBy(branches: readonly PaperBranch[], nowMs: () => number): CosignCheckpoint {
  return async (offer) => {
    let good = 0
    for (const { witness } of branches) {
      const text = parseNote(offer.latestCheckpoint())?.text ?? ''
      const body = cosign(text, witness, Math.floor(nowMs() / 1000))
      const post = async (): Promise<{ status: number; body: string }> => ({ status: 200, body })
      const reply = await askWitness(offer, offer.log, { key: witness.verifier, post })
      if (reply.ok) good += 1
    }
    return good
  }
}

/** Both batches of an exchange, as the gateway of this side records them. */
export async function recordExchange(
  store: EvidenceStore,
  exchange: PaperExchange,
  isConsumer: boolean,
): Promise<void> {
  await store.record(exchange.requestBatch, isConsumer ? 'sent' : 'received')
  await store.record(exchange.answerBatch, isConsumer ? 'received' : 'sent')
}

/** Records many exchanges whose order does not matter; they share durable writes. */
export async function recordMany(
  store: Parameters<typeof recordExchange>[0],
  count: number,
  make: () => PaperExchange,
): Promise<void> {
  await Promise.all(Array.from({ length: count }, async () => await recordExchange(store, make(), true)))
}

/** The next exchange of RTA with DEWA, one second later; alone in its batches unless something else is said. */
export function nextExchange(paper: TwoMembers, options: Partial<ExchangeOnPaper> = {}): PaperExchange {
  const { rta, dewa, network } = paper
  network.nowMs += 1000
  const alone = { nowMs: network.nowMs, size: 1, place: 0, request: { agreement: AGREEMENT } }
  return exchangeOnPaper(rta, dewa, { ...alone, ...options })
}

/** The code of the error a promise is rejected with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'no error'
  } catch (error) {
    return isWuslaError(error) ? error.code : String(error)
  }
}
