import { memberOf } from '../protocol/identifier.ts'
import { directoryOrigin } from '../trust/anchor.ts'
import type { Anchor } from '../trust/anchor.ts'
import { parseVkey } from '../trust/note-key.ts'
import { MAX_EVIDENCE_BYTES, parseEvidenceJson, shapeEvidenceFile } from './evidence-file.ts'
import type { EvidenceFile } from './evidence-file.ts'
import { judgeAgreement } from './verify/agreement-check.ts'
import { checkBody } from './verify/body-check.ts'
import type { PresentedBody } from './verify/body-check.ts'
import {
  checkDirectoryCheckpoint,
  checkLedgerCheckpoint,
  checkWitnesses,
  judgeIndependence,
} from './verify/checkpoint-check.ts'
import { checkDirectoryInclusion, replayComplete, replayFile } from './verify/directory-check.ts'
import { checkAnswer, checkRequest, readRequest } from './verify/exchange-check.ts'
import { gatherFacts } from './verify/facts.ts'
import { checkLedgerInclusion } from './verify/half-check.ts'
import { judgeKeysTime } from './verify/key-time.ts'
import { need, readOr, Refusal, runSteps } from './verify/refusal.ts'
import type { StepRun } from './verify/refusal.ts'
import { verifierOf } from './verify/signers.ts'
import type { VerifyResult } from './verify-result.ts'

export type { PresentedBody } from './verify/body-check.ts'

/** What else a verifier may have in hand. */
export interface VerifyOptions {
  /** Is it the body that was sent? */
  readonly requestBody?: PresentedBody
  /** Is it the body that was answered? */
  readonly responseBody?: PresentedBody
  /**
   * All entries of the directory in order, at least as many as the checkpoint of the file covers. Without them a
   * file can show every revocation it contains, and cannot show that it contains every revocation.
   */
  readonly directoryEntries?: Iterable<string>
}

/**
 * Verifies an evidence file with nothing but the anchor: `docs/spec/evidence-file.md`, section 5. Pure, and
 * bounded in memory and time by the size of the file (and of the directory, when it is given). Never throws on
 * account of the file.
 *
 * @param file - the bytes or the text of the file
 * @returns what is proven, or the first step that fails
 *
 * @example
 * const result = verifyEvidence(await readFile('exchange.json'), await readAnchor('anchor.json'))
 * if (!result.ok) throw new Error(`${result.step}: ${result.message}`)
 */
export function verifyEvidence(
  file: string | Uint8Array,
  anchor: Anchor,
  options: VerifyOptions = {},
): VerifyResult {
  return runSteps((step) => {
    const evidence = readEvidence(step, file)
    step('anchor', () => checkAnchorOf(evidence, anchor))

    const tree = step('directory-checkpoint', () => checkDirectoryCheckpoint(evidence, anchor))
    step('directory-inclusion', () => checkDirectoryInclusion(evidence, tree))
    const shown = step('directory-rules', () => replayFile(evidence, anchor))
    const directorySightings = step('directory-witnesses', () => checkWitnesses(shown, tree))
    const statement = step('request-statement', () => readRequest(evidence))
    const complete = step('directory-complete', () => {
      const { directoryEntries } = options
      const members = [memberOf(statement.client), memberOf(statement.service)]
      const subjects = { members, agreement: statement.agreement }
      return directoryEntries && replayComplete(directoryEntries, anchor, tree, subjects)
    })
    const view = complete?.view ?? shown

    const request = checkRequest(step, evidence, view, statement)
    const answer = checkAnswer(step, evidence, view, request)

    const ledger = step('ledger-checkpoint', () => checkLedgerCheckpoint(evidence, view))
    const members = [request.consumer.member, request.provider.member]
    const sightings = step('ledger-witnesses', () => checkWitnesses(view, ledger))
    const ledgerWitnesses = judgeIndependence(sightings, members)
    const inLedger = { file: evidence, ledger }
    step('request-ledger-inclusion', () => checkLedgerInclusion(inLedger, evidence.request, request.header))
    step(
      'answer-ledger-inclusion',
      () => answer && checkLedgerInclusion(inLedger, answer.half, answer.header),
    )
    const requestSeal = step('request-key-time', () => judgeKeysTime(request, ledgerWitnesses))
    const answerSeal = step('answer-key-time', () => answer && judgeKeysTime(answer, ledgerWitnesses))

    const agreement = step('agreement', () => judgeAgreement(view, statement, answer?.statement))
    const requestBody = step('body-request', () => checkBody(options.requestBody, statement))
    const answerBody = step('body-response', () => checkBody(options.responseBody, answer?.statement))
    const directoryWitnesses = judgeIndependence(directorySightings, members)
    const seen = { ledger, ledgerWitnesses, tree, directoryWitnesses, complete }
    const judged = { requestSeal, answerSeal, agreement, requestBody, answerBody }
    const facts = gatherFacts({ evidence, request, answer, ...seen, ...judged })
    return { ok: true, facts }
  })
}

function readEvidence(step: StepRun, file: string | Uint8Array): EvidenceFile {
  const json = step('parse', () => {
    const bytes = typeof file === 'string' ? Buffer.byteLength(file) : file.length
    need(bytes <= MAX_EVIDENCE_BYTES, 'too_large')
    return readOr('invalid_json', () => parseEvidenceJson(file))
  })
  return step('format', () => {
    const shaped = shapeEvidenceFile(json)
    if (!shaped.ok) throw new Refusal('invalid_field', shaped.problem)
    return shaped.file
  })
}

/** The certificate in the anchor is not read: it only has to be the one of the founding entry. */
function checkAnchorOf(evidence: EvidenceFile, anchor: Anchor): void {
  const { network, registryKey, logKey } = anchor
  const log = readOr('invalid_anchor', () => parseVkey(logKey))
  const isDirectoryKey = log.type === 'note' && log.name === directoryOrigin(network)
  need(isDirectoryKey && verifierOf(registryKey) !== undefined, 'invalid_anchor')
  need(evidence.network === network, 'other_network', network)
}
