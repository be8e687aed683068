import { basename, dirname, join } from 'node:path'
import { ensureDirectory } from '../../ledger/durable-file.ts'
import { nodeFileSystem } from '../../ledger/file-system.ts'
import { openLedger } from '../../ledger/ledger.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { CheckpointKeeper } from '../checkpoints/checkpoint-keeper.ts'
import { CosignedHistory } from '../checkpoints/cosigned-history.ts'
import type { EvidenceOptions } from '../evidence-options.ts'
import { ExchangeIndex } from '../index/exchange-index.ts'
import { batchEntry, isBatchRecord } from '../record/batch-record.ts'
import { noteEntry } from '../record/note-record.ts'

/** Default time between checkpoints. Unit: milliseconds. */
const CHECKPOINT_PERIOD_MS = 1_000

/** What an evidence directory holds while it is open. */
export interface EvidenceParts {
  readonly ledger: Ledger
  readonly history: CosignedHistory
  readonly index: ExchangeIndex
  readonly keeper: CheckpointKeeper
}

/**
 * Opens all parts:
 *
 * ```
 * <directory>/ledger/              records, tiles, checkpoints; the only part that cannot be replaced
 * <directory>/checkpoints.sqlite   cosigned checkpoints of all times
 * <directory>/index.sqlite         what questions are answered from; may be deleted
 * ```
 *
 * @throws WuslaError as `openLedger`
 */
export async function openParts(options: EvidenceOptions): Promise<EvidenceParts> {
  const { directory, gateway, signer, create, clock, onEvent, cosign } = options
  if (create)
    await ensureDirectory(options.fs ?? nodeFileSystem, dirname(directory), [basename(directory)], new Set())
  const ledger = await openLedger({
    directory: join(directory, 'ledger'),
    origin: `wusla/${gateway}`,
    signer,
    entryOf: (record) => (isBatchRecord(record) ? batchEntry(record) : noteEntry(record)),
    writeEntryBundles: false,
    create,
    clock,
    onEvent,
    ...(options.fs === undefined ? {} : { fs: options.fs }),
    ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
  })
  const history = new CosignedHistory(join(directory, 'checkpoints.sqlite'))
  const index = new ExchangeIndex({ file: join(directory, 'index.sqlite'), source: ledger, onEvent })
  const periodMs = options.checkpointPeriodMs ?? CHECKPOINT_PERIOD_MS
  const log = signer.verifier
  const witnessed = cosign === undefined ? {} : { cosign }
  const keeper = new CheckpointKeeper({ ledger, log, history, periodMs, clock, onEvent, ...witnessed })
  return { ledger, history, index, keeper }
}

/** Closes what {@link openParts} opened. Records that were taken are durable; no checkpoint is made. */
export async function closeParts(parts: EvidenceParts): Promise<void> {
  await parts.keeper[Symbol.asyncDispose]()
  await parts.index[Symbol.asyncDispose]()
  await parts.ledger[Symbol.asyncDispose]()
  parts.history[Symbol.dispose]()
}
