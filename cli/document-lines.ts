import type {
  DocumentFacts,
  DocumentResult,
  SignatureFacts,
} from '../src/agreements/signed-document-result.ts'
import { type Say, sayIn } from './evidence-lines.ts'
import type { Language } from './explain-lines.ts'

type Bilingual = Readonly<Record<Language, string>>

const WORDS = {
  verified: { en: 'verified', ar: 'مُثبت' },
  notProven: { en: 'not proven: step {step} failed ({code})', ar: 'لم يثبت: فشلت الخطوة {step} ({code})' },
  what: { en: 'what', ar: 'ماذا' },
  who: { en: 'who', ar: 'من' },
  archived: { en: 'archived', ar: 'الحفظ' },
  status: { en: 'status', ar: 'الحالة' },
  sealed: { en: 'sealed by {members}', ar: 'مختومة من {members}' },
  stands: {
    en: '{standing} now, by the {entries} entries given',
    ar: '{standing} الآن، وفق القيود المعطاة وعددها {entries}',
  },
  notChecked: { en: 'not checked', ar: 'لم يُتحقق منه' },
  details: { en: 'details', ar: 'التفاصيل' },
  agreement: { en: 'agreement {agreement} between {parties}', ar: 'الاتفاقية {agreement} بين {parties}' },
  validity: { en: 'from {from} until {until}', ar: 'من {from} حتى {until}' },
  signed: { en: '{signer} at {time}, by {authority}', ar: '{signer} في {time}، بختم زمني من {authority}' },
  for: { en: 'in the place of {party}', ar: 'في موضع توقيع {party}' },
  invisible: {
    en: 'in no visible place: the document does not say for whom',
    ar: 'دون موضع ظاهر: لا يذكر المستند عمّن وُقّع',
  },
  certificate: { en: 'certificate of {issuer}', ar: 'شهادة صادرة عن {issuer}' },
  test: {
    en: 'a TEST authority: it proves nothing outside of a test',
    ar: 'جهة تصديق للاختبار: لا تُثبت شيئًا خارج الاختبار',
  },
  archivedAt: { en: '{time}', ar: '{time}' },
} as const satisfies Record<string, Bilingual>

const LEVEL: Readonly<Record<SignatureFacts['level'], Bilingual>> = {
  qualified: { en: 'qualified signature', ar: 'توقيع مؤهَّل' },
  not_qualified: { en: 'NOT a qualified signature', ar: 'توقيع غير مؤهَّل' },
  unknown: {
    en: 'whether it is qualified was not checked: no --qualified-policy was given',
    ar: 'لم يُتحقق من كونه مؤهَّلًا: لم يُعطَ ‎--qualified-policy',
  },
}

const REVOCATION: Readonly<Record<SignatureFacts['revocation'], Bilingual>> = {
  good: { en: 'not revoked at that time', ar: 'ولم تكن ملغاة حينها' },
  revoked_later: { en: 'revoked AFTERWARDS; the signature counts', ar: 'أُلغيت لاحقًا، والتوقيع معتبر' },
  not_checked: {
    en: 'revocation not checked: the document carries no answer about it',
    ar: 'ولم يُتحقق من إلغائها: لا يحمل المستند جوابًا عنها',
  },
}

const NOT_CHECKED: Readonly<Record<DocumentFacts['notChecked'][number], Bilingual>> = {
  seals: { en: 'seals of the members (no package given)', ar: 'أختام الأعضاء (لم تُعطَ حزمة)' },
  mandates: { en: 'mandates of the officials (no package given)', ar: 'تفويضات الموقّعين (لم تُعطَ حزمة)' },
  standing: { en: 'status in the network (no package given)', ar: 'الحالة في الشبكة (لم تُعطَ حزمة)' },
}

/** A verified document for people: what was agreed, who signed it and when, and what was not looked at. */
export function documentLines(facts: DocumentFacts, language: Language): string[] {
  const say = sayIn(language)
  const block = (
    name: 'what' | 'who' | 'archived' | 'status' | 'notChecked',
    lines: readonly string[],
  ): string[] =>
    lines.map((line, place) => `  ${(place === 0 ? `${WORDS[name][language]}:` : '').padEnd(14)}${line}`)
  const { agreement, parties, title, validFrom, validUntil } = facts
  const between = parties.map(({ member, role }) => `${member} (${role})`).join(', ')
  return [
    WORDS.verified[language],
    ...block('what', [
      title[language],
      say(WORDS.agreement, { agreement, parties: between }),
      say(WORDS.validity, { from: validFrom, until: validUntil }),
    ]),
    ...facts.signatures.flatMap((each) => block('who', signatureLines(each, say))),
    ...block(
      'archived',
      facts.archiveTimes.map((time) => say(WORDS.archivedAt, { time })),
    ),
    ...block('status', statusLines(facts, say)),
    ...block(
      'notChecked',
      facts.notChecked.map((each) => NOT_CHECKED[each][language]),
    ),
    '',
    `${WORDS.details[language]}:`,
    ...Object.entries(facts).map(
      ([name, value]) => `  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ]
}

function statusLines({ inDirectory }: DocumentFacts, say: Say): string[] {
  if (inDirectory === undefined) return []
  const { standing, sealedBy, entries } = inDirectory
  return [say(WORDS.sealed, { members: sealedBy.join(', ') }), say(WORDS.stands, { standing, entries })]
}

function signatureLines(facts: SignatureFacts, say: Say): string[] {
  const { signer, time, timeAuthority: authority, party, issuer, level, revocation, testAuthority } = facts
  return [
    say(WORDS.signed, { signer, time, authority }),
    party === undefined ? say(WORDS.invisible) : say(WORDS.for, { party }),
    say(LEVEL[level]),
    `${say(WORDS.certificate, { issuer })}, ${say(REVOCATION[revocation])}`,
    ...(testAuthority ? [say(WORDS.test)] : []),
  ]
}

/** A document that is not proven, for people. Step and code are the words of `docs/spec/agreement-document.md`. */
export function documentFailureLines(
  { step, code, message }: Extract<DocumentResult, { ok: false }>,
  language: Language,
): string[] {
  return [sayIn(language)(WORDS.notProven, { step, code }), `  ${message}`]
}
