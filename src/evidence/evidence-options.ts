import type { FileSystem } from '../ledger/file-system.ts'
import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import type { NoteSigner } from '../trust/note-key.ts'
import type { CosignCheckpoint } from './cosign-checkpoint.ts'
import type { EvidenceEvent } from './evidence-event.ts'

/** How the evidence of a gateway is opened. */
export interface EvidenceOptions {
  /** Where all of it lies. Made with `create`; its parent must be there. One gateway, one directory. */
  readonly directory: string
  /** Identifier of the gateway; the ledger's origin is `wusla/` and this. */
  readonly gateway: string
  /** Signs the ledger's checkpoints; a `note` key with the origin as its name, used by nothing else. */
  readonly signer: NoteSigner
  /** Makes the evidence when there is none. Without it a lost disk is noticed (`ledger_missing`). */
  readonly create: boolean
  /** Shows checkpoints to witnesses. Absent: nobody witnesses, and evidence proves less about time. */
  readonly cosign?: CosignCheckpoint
  /** Time between checkpoints while something changes, in milliseconds. Default 1,000, range 100 to 3,600,000. */
  readonly checkpointPeriodMs?: number
  /** Notes a second in the long run (default 20) and at once (default 200): what is beyond is only counted. */
  readonly notes?: { readonly perSecond: number; readonly burst: number }
  /** A file of records is closed before it grows over this, in bytes. Default 64 MiB. */
  readonly segmentBytes?: number
  readonly clock: Clock
  readonly onEvent: EventSink<EvidenceEvent>
  /** Default: the real disk. */
  readonly fs?: FileSystem
}
