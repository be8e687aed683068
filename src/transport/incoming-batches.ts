import {
  batchRoot,
  batchSigningBytes,
  decodeBatchHeader,
  decodeSeals,
  encodeBatchHeader,
} from '../protocol/batch.ts'
import type { BatchHeader, Seal } from '../protocol/batch.ts'
import type { SealVerifier } from '../trust/seal-key.ts'
import { verifySeals } from '../trust/seals.ts'
import { BatchRecord } from './batch-record.ts'
import type { BatchRecorder } from './batch-record.ts'

/** A final statement of the peer whose BATCH has not come, and what hangs on it. */
export interface HeldItem {
  /** The text as received. */
  readonly statement: string
  /**
   * Compares the sealed statement with what came beside it. Returns the first step that fails, else undefined.
   * Delivers nothing: one bad statement stops the whole batch.
   */
  check(): string | undefined
  /** The batch was verified and is being recorded. */
  deliver(record: BatchRecord): void
}

/** Why a batch was refused: the step, for our own events, and the header if it had its form. */
export interface BatchRefusal {
  readonly step: string
  readonly kind: 'requests' | 'answers'
  readonly header?: string
}

interface IncomingBatchesOptions extends BatchRecorder {
  readonly network: string
  readonly from: string
  readonly to: string
  readonly session: string
  readonly resolveKey: (keyId: string) => SealVerifier | undefined
  readonly maxHeldBytes: number
}

/** What a held statement costs beside its frame, in bytes: many tiny ones must not slip under the bound. */
const HELD_OVERHEAD_BYTES = 256

class HeldStatements {
  items: HeldItem[] = []
  bytes = 0
  sequence = 0
  statements = 0
}

/**
 * The final statements of the peer, held until their BATCH verifies. The header is not believed but compared: with
 * the network, the two gateways, the session, the next sequence number, the statements counted, and the root
 * computed over the texts that came. So a batch from elsewhere, repeated, reordered or thinned out cannot fit.
 */
export class IncomingBatches {
  readonly #options: IncomingBatchesOptions
  readonly #requests: HeldStatements = new HeldStatements()
  readonly #answers: HeldStatements = new HeldStatements()

  constructor(options: IncomingBatchesOptions) {
    this.#options = options
  }

  /** What {@link SessionLimits.maxHeldBytes} bounds. */
  get heldBytes(): number {
    return this.#requests.bytes + this.#answers.bytes
  }

  get heldStatements(): number {
    return this.#requests.items.length + this.#answers.items.length
  }

  /** Batches and statements verified so far. */
  get verified(): { readonly batches: number; readonly statements: number } {
    return {
      batches: this.#requests.sequence + this.#answers.sequence,
      statements: this.#requests.statements + this.#answers.statements,
    }
  }

  /** Keeps a statement. False when the session would hold more than it may: the peer must be cut off. */
  hold(kind: 'requests' | 'answers', item: HeldItem, frameBytes: number): boolean {
    const held = this.#held(kind)
    held.items.push(item)
    held.bytes += frameBytes + HELD_OVERHEAD_BYTES
    return this.heldBytes <= this.#options.maxHeldBytes
  }

  /** Verifies everything held of the header's kind, then records and delivers it; or names the step that failed. */
  accept(headerText: string, sealsText: string): BatchRefusal | undefined {
    const header = decodeHeader(headerText)
    if (header === undefined) return { step: 'header_form', kind: 'requests' }
    const { kind } = header
    const held = this.#held(kind)
    const statements = held.items.map((item) => item.statement)
    const expected = this.#expectedHeader(kind, statements, held.sequence)
    if (encodeBatchHeader(expected) !== headerText) {
      return { step: firstDifference(header, expected), kind, header: headerText }
    }
    const seals = this.#verifiedSeals(headerText, sealsText)
    if (typeof seals === 'string') return { step: seals, kind, header: headerText }
    const { items } = held
    for (const item of items) {
      const step = item.check()
      if (step !== undefined) return { step, kind, header: headerText }
    }
    held.items = []
    held.bytes = 0
    held.sequence += 1
    held.statements += items.length
    const batch = { header: headerText, seals, statements }
    const record = BatchRecord.start(this.#options, batch, 'received')
    for (const item of items) item.deliver(record)
    return undefined
  }

  close(): void {
    for (const held of [this.#requests, this.#answers]) {
      held.items = []
      held.bytes = 0
    }
  }

  #held(kind: 'requests' | 'answers'): HeldStatements {
    return kind === 'requests' ? this.#requests : this.#answers
  }

  #expectedHeader(
    kind: 'requests' | 'answers',
    statements: readonly string[],
    sequence: number,
  ): BatchHeader {
    const { network, from, to, session } = this.#options
    const root = batchRoot(statements)
    return { from, kind, network, root, sequence, session, size: statements.length, to }
  }

  /** The seals, or the step that failed. */
  #verifiedSeals(headerText: string, sealsText: string): readonly Seal[] | string {
    let seals: readonly Seal[]
    try {
      seals = decodeSeals(sealsText)
    } catch {
      return 'seals_form'
    }
    const check = verifySeals(batchSigningBytes(headerText), seals, this.#options.resolveKey)
    return check.ok ? seals : check.reason
  }
}

function decodeHeader(text: string): BatchHeader | undefined {
  try {
    return decodeBatchHeader(text)
  } catch {
    return undefined
  }
}

const COMPARED = ['network', 'from', 'to', 'session', 'sequence', 'size', 'root'] as const

function firstDifference(header: BatchHeader, expected: BatchHeader): string {
  return COMPARED.find((member) => header[member] !== expected[member]) ?? 'header_form'
}
