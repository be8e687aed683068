import { type AcknowledgementResult, judgeAcknowledgement } from '../src/evidence/acknowledgement.ts'
import { MAX_EVIDENCE_BYTES } from '../src/evidence/evidence-file.ts'
import { verifyEvidence } from '../src/evidence/verify-evidence.ts'
import type { VerifyResult, WitnessFacts } from '../src/evidence/verify-result.ts'
import type { Anchor } from '../src/trust/anchor.ts'
import { failureLines, sayIn } from './evidence-lines.ts'
import type { Language } from './explain-lines.ts'
import { readNamedFile } from './named-file.ts'

/** What the evidence of an acknowledgement shows beside that of its exchange. */
export type ProvenAcknowledgement =
  | (Extract<AcknowledgementResult, { ok: true }> & { readonly witnesses: readonly WitnessFacts[] })
  | Extract<AcknowledgementResult, { ok: false }>
  | Extract<VerifyResult, { ok: false }>

const WORDS = {
  acknowledged: {
    en: 'acknowledged: the answer counts as delivered since {time} (exchange {exchange})',
    ar: 'أُقرّ بالاستلام: يُعدّ الرد مُرسَلًا منذ {time} (التبادل {exchange})',
  },
  seenBy: {
    en: '  it existed by {time}, when {branch} saw it',
    ar: '  كان موجودًا في {time}، حين اطّلع عليه {branch}',
  },
  not: {
    en: 'not proven: the other file does not show that the answer was acknowledged ({code})',
    ar: 'لم يثبت: الملف الآخر لا يُظهر أن الردّ أُقرّ باستلامه ({code})',
  },
  ofIt: { en: 'the evidence of the acknowledgement:', ar: 'دليل الإقرار بالاستلام:' },
} as const

/** Verifies the evidence of an acknowledgement by itself, then together with that of its exchange, which is verified. */
export async function verifyAcknowledgement(
  evidence: Uint8Array,
  file: string,
  anchor: Anchor,
): Promise<ProvenAcknowledgement> {
  const other = await readNamedFile('--acknowledgement', file, MAX_EVIDENCE_BYTES + 1)
  const verified = verifyEvidence(other, anchor)
  if (!verified.ok) return verified
  const judged = judgeAcknowledgement(evidence, other)
  return judged.ok ? { ...judged, witnesses: verified.facts.ledger.witnesses } : judged
}

/** The same for people. */
export function acknowledgementLines(proven: ProvenAcknowledgement, language: Language): string[] {
  const say = sayIn(language)
  if (!proven.ok) {
    if ('step' in proven) return [say(WORDS.ofIt), ...failureLines(proven, language)]
    return [say(WORDS.not, { code: proven.code }), `  ${proven.message}`]
  }
  const { time, exchange, witnesses } = proven
  const first = witnesses
    .filter(({ isIndependent }) => isIndependent)
    .toSorted((a, b) => a.time.localeCompare(b.time))[0]
  const seen = first === undefined ? [] : [say(WORDS.seenBy, { time: first.time, branch: first.branch })]
  return [say(WORDS.acknowledged, { time, exchange }), ...seen]
}
