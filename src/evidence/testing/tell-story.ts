import { formatEvidenceFile } from '../evidence-file.ts'
import type { EvidenceFile } from '../evidence-file.ts'
import { verifyEvidence } from '../verify-evidence.ts'
import type { VerifyOptions } from '../verify-evidence.ts'
import { exchangeOnPaper, fileOnPaper } from './paper-exchange.ts'
import type { PaperFile } from './paper-exchange.ts'
import type { PaperNetwork } from './paper-network.ts'
import { AGREEMENT, twoMembers } from './two-members.ts'
import type { TwoMembers } from './two-members.ts'

export const MINUTE = 60_000
export const DAY = 86_400_000

export function verifyFile(
  network: PaperNetwork,
  file: EvidenceFile,
  options?: VerifyOptions,
): ReturnType<typeof verifyEvidence> {
  return verifyEvidence(formatEvidenceFile(file), network.anchor, options)
}

/** Step and code of a refusal, or what became of the consumer's seal key. */
export function sealOf(network: PaperNetwork, file: EvidenceFile, options?: VerifyOptions): unknown {
  const result = verifyFile(network, file, options)
  return result.ok ? result.facts.consumer.seal?.key : [result.step, result.code]
}

export interface Story {
  readonly paper: TwoMembers
  readonly atMs: number
  readonly fileOf: (options?: Partial<PaperFile>) => Promise<EvidenceFile>
}

/** An exchange ten minutes after the network began; then the clock stands one hour later. */
export async function tellStory(): Promise<Story> {
  const paper = await twoMembers()
  const { network, rta, dewa } = paper
  const atMs = network.nowMs + 10 * MINUTE
  const exchange = exchangeOnPaper(rta, dewa, { nowMs: atMs, request: { agreement: AGREEMENT } })
  network.nowMs = atMs + 60 * MINUTE
  return { paper, atMs, fileOf: (options) => fileOnPaper({ network, holder: dewa, exchange, ...options }) }
}
