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

/**
 * The place for time stamps (RFC 3161): gives a token over the bytes of a checkpoint note. Nothing calls it yet;
 * a token will lie beside the checkpoint in the history, and a dead authority will never hold up an exchange.
 *
 * @public
 */
export interface TimestampAuthority {
  stamp(checkpoint: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
}
