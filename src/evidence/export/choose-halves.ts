import { treeInclusionProof } from '../../protocol/merkle.ts'
import { decodeAnswerStatement, decodeRequestStatement } from '../../protocol/statement.ts'
import type { EvidenceHalf } from '../evidence-file.ts'
import type { HalfPlace } from '../index/index-reader.ts'
import { readBatch } from '../record/batch-reader.ts'
import type { RecordReader, StoredBatch } from '../record/batch-reader.ts'
import { isErased, lineLeaf, sealsOf } from '../record/batch-record.ts'
import { bindingOf } from '../verify/answer-binding.ts'

/** One half of an exchange as it lies in the journal. */
export interface StoredHalf {
  readonly batch: StoredBatch
  /** Place of the statement in its batch. */
  readonly at: number
  readonly statement: string
  readonly isAnswer: boolean
}

/** The halves of one exchange that belong together. */
export interface ChosenHalves {
  readonly request: StoredHalf
  readonly answer: StoredHalf | undefined
}

/** Reads halves; those whose statement was erased or whose record is gone are left out. */
export async function readHalves(reader: RecordReader, places: readonly HalfPlace[]): Promise<StoredHalf[]> {
  const halves: StoredHalf[] = []
  for (const { record, line, isAnswer } of places) {
    const batch = await readBatch(reader, record)
    const at = (batch?.offset ?? 0) + line
    const statement = batch?.lines[at]
    if (batch === undefined || statement === undefined || isErased(statement)) continue
    halves.push({ batch, at, statement, isAnswer })
  }
  return halves
}

/**
 * A request may have been sent again over another session, and an answer with it. The halves of one session
 * belong together; the last answered pair wins, else the first request: of several answers only the last one left the
 * provider's house.
 */
export function chooseHalves(halves: readonly StoredHalf[]): ChosenHalves | undefined {
  const requests = halves.filter(({ isAnswer }) => !isAnswer)
  for (const answer of halves.filter(({ isAnswer }) => isAnswer).reverse()) {
    const request = requests.find((candidate) => belongTogether(candidate, answer))
    if (request !== undefined) return { request, answer }
  }
  const [first] = requests
  return first === undefined ? undefined : { request: first, answer: undefined }
}

function belongTogether(request: StoredHalf, answer: StoredHalf): boolean {
  const [asked, answered] = [request.batch.header, answer.batch.header]
  const isReturn =
    asked.session === answered.session && asked.from === answered.to && asked.to === answered.from
  return isReturn && bindingOf(decodeAnswerStatement(answer.statement), request.statement) !== undefined
}

/** The half for a file, with its proofs; `ledgerProof` places its batch in the ledger. */
export function halfOf(stored: StoredHalf, ledgerProof: readonly Uint8Array[]): EvidenceHalf {
  const { batch, at, statement } = stored
  const proof = treeInclusionProof(batch.lines.map(lineLeaf), at)
  return {
    statement,
    index: at,
    proof: proof.map(textOf),
    batch: { header: batch.record.header, seals: sealsOf(batch.record) },
    ledger: { index: batch.index, proof: ledgerProof.map(textOf) },
  }
}

/** A hash as the file writes it. */
export function textOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('base64url')
}

/** The two statements of a pair, read. */
export function statementsOf(chosen: ChosenHalves): {
  request: ReturnType<typeof decodeRequestStatement>
  answer: ReturnType<typeof decodeAnswerStatement> | undefined
} {
  const { request, answer } = chosen
  return {
    request: decodeRequestStatement(request.statement),
    answer: answer === undefined ? undefined : decodeAnswerStatement(answer.statement),
  }
}
