import { batchRoot, batchSigningBytes, encodeBatchHeader } from '../../protocol/batch.ts'
import type { BatchHeader, Seal, SealedBatch } from '../../protocol/batch.ts'
import { formatTime } from '../../protocol/clock.ts'
import { digest256, digest512 } from '../../protocol/digest.ts'
import { newExchangeId } from '../../protocol/exchange-id.ts'
import { leafHash, treeInclusionProof, treeRoot } from '../../protocol/merkle.ts'
import { encodeAnswerStatement, encodeRequestStatement } from '../../protocol/statement.ts'
import type { AnswerStatement, RequestStatement } from '../../protocol/statement.ts'
import type { NoteSigner } from '../../trust/note-key.ts'
import type { DirectoryEvidence, EvidenceFile, EvidenceHalf } from '../evidence-file.ts'
import { ledgerEntryOf } from '../record/batch-record.ts'
import { signedCheckpoint } from './paper-network.ts'
import type { PaperBranch, PaperGateway, PaperNetwork } from './paper-network.ts'

export const REQUEST_BODY: Buffer = Buffer.from('{"bill":"2026-11"}')
export const ANSWER_BODY: Buffer = Buffer.from('{"amount":"123.45","currency":"AED"}')

/** Takes the body out of a statement that is made with one. */
export const NO_BODY: { readonly bodyBytes: number } = Object.freeze({ body: undefined, bodyBytes: 0 })

/** Members of a statement that carries a body. */
export function bodyOf(body: Uint8Array): { body?: string; bodyBytes: number } {
  return body.length === 0 ? { bodyBytes: 0 } : { body: digest512(body), bodyBytes: body.length }
}

export function newRequest(
  members: Partial<RequestStatement> & { readonly nowMs: number },
): RequestStatement {
  const { nowMs, ...others } = members
  return {
    agreement: 'open',
    client: 'AE-DU/GOV/RTA/LICENSING',
    exchange: newExchangeId(nowMs),
    head: digest512('POST\r\n/r1/AE-DU/SEMI/DEWA/BILLING/bills/2026\r\n'),
    messageId: 'message-1',
    method: 'POST',
    path: '/2026',
    service: 'AE-DU/SEMI/DEWA/BILLING/bills',
    time: formatTime(nowMs),
    ...bodyOf(REQUEST_BODY),
    ...others,
  }
}

export function answerTo(request: RequestStatement, members: Partial<AnswerStatement> = {}): AnswerStatement {
  return {
    exchange: request.exchange,
    head: digest512('200\r\n\r\nContent-Type:application/json\r\n'),
    request: digest256(encodeRequestStatement(request)),
    status: 200,
    time: formatTime(Date.parse(request.time) + 12),
    ...bodyOf(ANSWER_BODY),
    ...members,
  }
}

/** Other exchanges of the same flush, so that a batch has neighbours. */
export function neighbours(count: number, nowMs: number): string[] {
  return Array.from({ length: count }, (_, at) => encodeRequestStatement(newRequest({ nowMs: nowMs + at })))
}

/** A batch of statements, sealed by its sender. */
export function sealBatch(
  from: PaperGateway,
  to: PaperGateway,
  statements: readonly string[],
  members: Partial<BatchHeader> = {},
): SealedBatch {
  const header = encodeBatchHeader({
    from: from.id,
    kind: 'requests',
    network: 'AE-DU',
    root: batchRoot(statements),
    sequence: 0,
    session: digest256('a session'),
    size: statements.length,
    to: to.id,
    ...members,
  })
  const seals: Seal[] = [from.seal.sign(batchSigningBytes(header))]
  return { header, seals, statements }
}

/** One exchange on paper: the two batches and where its statements stand in them. */
export interface PaperExchange {
  readonly request: RequestStatement
  readonly answer: AnswerStatement
  readonly requestBatch: SealedBatch
  readonly answerBatch: SealedBatch
  readonly requestPlace: number
  readonly answerPlace: number
}

/** What {@link exchangeOnPaper} is told. */
export interface ExchangeOnPaper {
  readonly nowMs: number
  readonly request?: Partial<RequestStatement>
  readonly answer?: Partial<AnswerStatement>
  readonly size?: number
  readonly place?: number
}

/** A request and its answer between two gateways, each the `place`-th of a batch of `size`. */
export function exchangeOnPaper(
  consumer: PaperGateway,
  provider: PaperGateway,
  options: ExchangeOnPaper,
): PaperExchange {
  const { nowMs, size = 5, place = 2 } = options
  const request = newRequest({ nowMs, ...options.request })
  const answer = answerTo(request, options.answer)
  const among = (text: string): string[] => neighbours(size - 1, nowMs).toSpliced(place, 0, text)
  const requestBatch = sealBatch(consumer, provider, among(encodeRequestStatement(request)))
  const answerBatch = sealBatch(provider, consumer, among(encodeAnswerStatement(answer)), {
    kind: 'answers',
  })
  return { request, answer, requestBatch, answerBatch, requestPlace: place, answerPlace: place }
}

/** A gateway's evidence ledger on paper. */
export class PaperLedger {
  readonly signer: NoteSigner
  readonly holder: string
  readonly entries: string[] = []

  constructor(gateway: PaperGateway, others: number = 0) {
    this.signer = gateway.ledger
    this.holder = gateway.id
    for (let at = 0; at < others; at += 1) this.entries.push(`entry ${at}`)
  }

  add(batch: SealedBatch): number {
    const { from } = JSON.parse(batch.header) as BatchHeader
    const direction = from === this.holder ? 'sent' : 'received'
    this.entries.push(ledgerEntryOf(batch.header, direction, batch.seals))
    return this.entries.length - 1
  }

  half(batch: SealedBatch, place: number, index: number): EvidenceHalf {
    const leaves = batch.statements.map((statement) => leafHash(statement))
    return {
      statement: batch.statements[place] ?? '',
      index: place,
      proof: treeInclusionProof(leaves, place).map((hash) => hash.toString('base64url')),
      batch: { header: batch.header, seals: batch.seals },
      ledger: { index, proof: this.#proof(index) },
    }
  }

  #proof(index: number): string[] {
    const leaves = this.entries.map((entry) => leafHash(entry))
    return treeInclusionProof(leaves, index).map((hash) => hash.toString('base64url'))
  }

  checkpoint(witnesses: readonly PaperBranch[], nowMs: number): string {
    const rootHash = treeRoot(this.entries.map((entry) => leafHash(entry)))
    return signedCheckpoint(this.signer, { size: this.entries.length, rootHash }, witnesses, nowMs)
  }
}

/** Entries of a directory with their proofs. */
export async function directoryPart(
  network: PaperNetwork,
  indexes: readonly number[],
): Promise<EvidenceFile['directory']> {
  const entries: DirectoryEvidence[] = []
  for (const index of indexes) {
    const proof = await network.inclusionProof(index, network.size)
    const entry = await network.entry(index)
    entries.push({ index, entry, proof: proof.map((hash) => hash.toString('base64url')) })
  }
  return { checkpoint: network.latestCheckpoint(), entries }
}

/** How a file is put together; every part can be made wrong. */
export interface PaperFile {
  readonly network: PaperNetwork
  readonly holder: PaperGateway
  readonly exchange: PaperExchange
  readonly witnesses?: readonly PaperBranch[]
  /** When the witnesses signed; default: one second after the request. */
  readonly witnessedMs?: number
  /** Leaves the answer out. */
  readonly unanswered?: boolean
  /** Entries of the directory; default: all. */
  readonly entries?: readonly number[]
}

/** An evidence file by the rules, from what is given. */
export async function fileOnPaper(paper: PaperFile): Promise<EvidenceFile> {
  const { network, holder, exchange, witnesses = [], unanswered = false } = paper
  const { request, requestBatch, answerBatch, requestPlace, answerPlace } = exchange
  const ledger = new PaperLedger(holder, 4)
  const requestIndex = ledger.add(requestBatch)
  const answerIndex = ledger.add(answerBatch)
  ledger.entries.push('a later entry')
  const witnessedMs = paper.witnessedMs ?? Date.parse(request.time) + 1000
  return {
    format: 'wusla/evidence/v1',
    network: network.network,
    exchange: request.exchange,
    holder: holder.id,
    request: ledger.half(requestBatch, requestPlace, requestIndex),
    answer: unanswered ? null : ledger.half(answerBatch, answerPlace, answerIndex),
    ledger: {
      origin: ledger.signer.name,
      key: ledger.signer.vkey,
      checkpoint: ledger.checkpoint(witnesses, witnessedMs),
    },
    directory: await directoryPart(network, paper.entries ?? network.entries.map((_, index) => index)),
  }
}
