import type { WitnessedLedger } from '../ledger/ask-witness.ts'
import type { NoteVerifier } from '../trust/note-key.ts'

/** A new checkpoint on its way to the witnesses, with all that they may ask of the ledger. */
export interface CheckpointOffer extends WitnessedLedger {
  /** Entries under the new checkpoint. */
  readonly size: number
  /** The key that signed it. */
  readonly log: NoteVerifier
}

/**
 * Shows the latest checkpoint to the witnesses, adds what they answer (`askWitness` of the ledger does both), and
 * gives how many good cosignatures came. May reject; must stop when the signal says so. Never on the path of an
 * exchange.
 */
export type CosignCheckpoint = (offer: CheckpointOffer, signal: AbortSignal) => Promise<number>
