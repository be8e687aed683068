import { readAcknowledgementPath } from '../protocol/acknowledgement.ts'
import { digest256 } from '../protocol/digest.ts'
import {
  type AnswerStatement,
  decodeAnswerStatement,
  decodeRequestStatement,
  type RequestStatement,
} from '../protocol/statement.ts'
import { parseEvidenceJson, shapeEvidenceFile } from './evidence-file.ts'

/** Why a second file does not show that the answer of the first was acknowledged. Stable, like the codes of verification. */
export const ACKNOWLEDGEMENT_FAILURES = {
  no_answer: 'The exchange has no answer of its service to acknowledge.',
  not_an_acknowledgement: 'The second file is not about an acknowledgement.',
  other_exchange: 'The acknowledgement is about another exchange.',
  other_answer: 'The acknowledgement is about another answer than that of the file.',
  other_parties: 'The acknowledgement is between other parties, or about another service or agreement.',
  not_taken: "The provider's gateway did not take the acknowledgement.",
} as const

/** What two verified files together show. */
export type AcknowledgementResult =
  | {
      readonly ok: true
      /** The exchange that is the acknowledgement. */
      readonly exchange: string
      /** When the provider's gateway took it: the legal time of sending, where delivery has to be acknowledged. */
      readonly time: string
    }
  | { readonly ok: false; readonly code: keyof typeof ACKNOWLEDGEMENT_FAILURES; readonly message: string }

/**
 * Puts two evidence files together: whether the second is the acknowledgement of the answer in the first. Both must have
 * been verified, each by itself (`verifyEvidence`): docs/spec/evidence-file.md, section 10.
 *
 * @throws WuslaError `invalid_json`, `invalid_statement` for files that were not verified
 */
export function judgeAcknowledgement(
  file: string | Uint8Array,
  acknowledgement: string | Uint8Array,
): AcknowledgementResult {
  const code = failureOf(readWords(file), readWords(acknowledgement))
  if (code !== undefined) return { ok: false, code, message: ACKNOWLEDGEMENT_FAILURES[code] }
  const { request, answer } = readWords(acknowledgement)
  return { ok: true, exchange: request.exchange, time: answer?.time ?? '' }
}

interface Words {
  readonly request: RequestStatement
  readonly answer: AnswerStatement | undefined
  readonly answerText: string
}

function readWords(file: string | Uint8Array): Words {
  const shaped = shapeEvidenceFile(parseEvidenceJson(file))
  if (!shaped.ok) throw new TypeError(`not an evidence file: ${shaped.problem}`)
  const { request, answer } = shaped.file
  return {
    request: decodeRequestStatement(request.statement),
    answer: answer === null ? undefined : decodeAnswerStatement(answer.statement),
    answerText: answer?.statement ?? '',
  }
}

function failureOf(about: Words, said: Words): keyof typeof ACKNOWLEDGEMENT_FAILURES | undefined {
  if (about.answer === undefined || about.answer.error !== undefined) return 'no_answer'
  const { method, path, query, bodyBytes } = said.request
  const named = readAcknowledgementPath(path)
  if (named === undefined || method !== 'PUT' || query !== undefined || bodyBytes !== 0)
    return 'not_an_acknowledgement'
  if (named.exchange !== about.request.exchange) return 'other_exchange'
  if (named.answer !== digest256(about.answerText)) return 'other_answer'
  const isSame = (['client', 'service', 'agreement'] as const).every(
    (name) => said.request[name] === about.request[name],
  )
  if (!isSame) return 'other_parties'
  const isTaken = said.answer?.status === 204 && said.answer.error === undefined
  return isTaken ? undefined : 'not_taken'
}
