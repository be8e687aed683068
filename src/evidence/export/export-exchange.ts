import type { Ledger } from '../../ledger/ledger.ts'
import { memberOf } from '../../protocol/identifier.ts'
import type { CheckpointKeeper } from '../checkpoints/checkpoint-keeper.ts'
import type { CosignedHistory } from '../checkpoints/cosigned-history.ts'
import type { DirectoryReader } from '../directory-reader.ts'
import type { EvidenceFile } from '../evidence-file.ts'
import type { NetworkView } from '../verify/network-view.ts'
import { halfOf, statementsOf } from './choose-halves.ts'
import type { ChosenHalves } from './choose-halves.ts'
import { keepKnownLines, readNote, takeEntries } from './directory-part.ts'

/** Where an export takes its parts from. */
export interface ExportSources {
  readonly gateway: string
  readonly ledger: Ledger
  readonly ledgerKey: string
  readonly keeper: CheckpointKeeper
  readonly history: CosignedHistory
}

/** How many of the first checkpoints behind an exchange are looked at for an independent witness. */
const LOOKED_AT = 8

/** How long an export waits for witnesses of a very recent exchange. Unit: milliseconds. */
const WITNESS_WAIT_MS = 3_000

/** Puts the file of one exchange together. */
export async function buildEvidenceFile(
  sources: ExportSources,
  chosen: ChosenHalves,
  directory: DirectoryReader,
): Promise<EvidenceFile> {
  const { request, answer } = chosen
  const statement = statementsOf(chosen).request
  const last = Math.max(request.batch.index, answer?.batch.index ?? 0)
  const notes = await candidateNotes(sources, last)

  const directoryNote = directory.latestCheckpoint()
  const { size, names } = readNote(directoryNote)
  const seals = [request, answer].flatMap((half) =>
    half === undefined ? [] : sealKeysOf(half.batch.record.seals),
  )
  const { from, to, network } = request.batch.header
  const { entries, view, logKey } = await takeEntries(directory, size, {
    members: [...new Set([memberOf(statement.client), memberOf(statement.service)])],
    gateways: [...new Set([from, to, sources.gateway])],
    keys: [...new Set(seals)],
    ...(statement.agreement === 'open' ? {} : { agreement: statement.agreement }),
    witnesses: [...new Set([...names, ...notes.flatMap((note) => readNote(note).names)])],
  })

  const members = [memberOf(from), memberOf(to)]
  const checkpoint = chooseCheckpoint(notes, sources.ledgerKey, view, members)
  const treeSize = readNote(checkpoint).size
  const proofOf = (index: number): Promise<Buffer[]> => sources.ledger.inclusionProof(index, treeSize)
  return {
    format: 'wusla/evidence/v1',
    network,
    exchange: statement.exchange,
    holder: sources.gateway,
    request: halfOf(request, await proofOf(request.batch.index)),
    answer: answer === undefined ? null : halfOf(answer, await proofOf(answer.batch.index)),
    ledger: { origin: sources.ledger.origin, key: sources.ledgerKey, checkpoint },
    directory: {
      checkpoint: keepKnownLines(directoryNote, logKey, view).note,
      entries,
    },
  }
}

function sealKeysOf(seals: string): string[] {
  return (JSON.parse(seals) as { readonly key: string }[]).map(({ key }) => key)
}

/**
 * The checkpoints that could stand in the file: the first cosigned ones behind the exchange, because the earlier a
 * witness saw it the more it proves. A very recent exchange gets its checkpoint now.
 */
async function candidateNotes(sources: ExportSources, last: number): Promise<string[]> {
  const { ledger, keeper, history } = sources
  const cosigned = history.covering(last, LOOKED_AT)
  if (cosigned.length > 0) return cosigned.map(({ note }) => note)
  const waited = AbortSignal.timeout(WITNESS_WAIT_MS)
  await Promise.race([
    keeper.settle(),
    new Promise((resolve) => waited.addEventListener('abort', resolve, { once: true })),
  ])
  const fresh = history.covering(last, LOOKED_AT)
  if (fresh.length > 0) return fresh.map(({ note }) => note)
  const latest = ledger.latestCheckpoint()
  return [readNote(latest).size > last ? latest : await ledger.checkpoint()]
}

/** The first checkpoint that an independent witness saw, else the first that any witness saw, else the first. */
function chooseCheckpoint(
  notes: readonly string[],
  ledgerKey: string,
  view: NetworkView,
  members: readonly string[],
): string {
  const judged = notes.map((note) => keepKnownLines(note, ledgerKey, view))
  const independent = judged.find(({ sightings }) => sightings.some(({ host }) => !members.includes(host)))
  const witnessed = judged.find(({ sightings }) => sightings.length > 0)
  return (independent ?? witnessed ?? judged[0])?.note ?? ''
}
