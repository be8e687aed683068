import type { NoteVerifier } from '../trust/note-key.ts'
import { openCheckpoint } from './checkpoint.ts'
import { parseNote } from './signed-note.ts'
import { formatAddCheckpoint } from './witness-request.ts'

/** What asking needs of a ledger. */
export interface WitnessedLedger {
  readonly origin: string
  latestCheckpoint(): string
  consistencyProof(fromSize: number, toSize: number): Promise<Buffer[]>
  addCosignatures(size: number, lines: string, witnesses: readonly NoteVerifier[]): Promise<number>
}

/** A witness as seen by a ledger. */
export interface WitnessContact {
  readonly key: NoteVerifier
  /** Sends the body to `add-checkpoint`. Rejections are passed on. */
  post(body: string): Promise<{ readonly status: number; readonly body: string }>
}

/** What a witness answered. `size` is what it has cosigned now, for the next time. */
export type WitnessReply =
  | { readonly ok: true; readonly size: number }
  /** `ahead`: it has cosigned more than this ledger has signed. That is a lost or forked ledger: raise an alarm. */
  | { readonly ok: false; readonly reason: 'ahead'; readonly size: number }
  | { readonly ok: false; readonly reason: 'refused'; readonly status: number }
  | { readonly ok: false; readonly reason: 'bad-cosignature' }

/** A witness that knows another size says so once; more would be another client of the same ledger at work. */
const ATTEMPTS = 3

/**
 * Gets a witness's cosignature on the newest checkpoint and adds it to the ledger.
 *
 * @param knownSize - the size this witness cosigned last, 0 if that is not known: it will tell
 */
export async function askWitness(
  ledger: WitnessedLedger,
  log: NoteVerifier,
  witness: WitnessContact,
  knownSize: number = 0,
): Promise<WitnessReply> {
  let oldSize = knownSize
  let status = 0
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const note = ledger.latestCheckpoint()
    const opened = openCheckpoint(note, { origin: ledger.origin, log })
    if (!opened.ok) return { ok: false, reason: 'refused', status: 0 }
    const { size } = opened
    if (oldSize > size) return { ok: false, reason: 'ahead', size: oldSize }
    const proof = await ledger.consistencyProof(oldSize, size)
    const answer = await witness.post(formatAddCheckpoint(oldSize, proof, withoutCosignatures(note, log)))
    if (answer.status === 200) {
      const good = await ledger.addCosignatures(size, answer.body, [witness.key])
      return good > 0 ? { ok: true, size } : { ok: false, reason: 'bad-cosignature' }
    }
    status = answer.status
    const told = answer.status === 409 ? /^(\d{1,15})\n$/.exec(answer.body)?.[1] : undefined
    if (told === undefined) break
    oldSize = Number(told)
  }
  return { ok: false, reason: 'refused', status }
}

/** The lines of other witnesses would only make the request longer. */
function withoutCosignatures(note: string, log: NoteVerifier): string {
  const parsed = parseNote(note)
  const own = parsed?.signatures.find(({ name, keyId }) => name === log.name && keyId === log.keyId)
  return parsed === undefined || own === undefined ? note : `${parsed.text}\n${own.line}`
}
