import {
  type DirectoryFacts,
  DOCUMENT_FAILURES,
  type DocumentFacts,
  type DocumentResult,
  type SignatureFacts,
} from '../src/agreements/signed-document-result.ts'
import { DOCUMENT_FAILURES_IN_ARABIC } from './document-failures.ts'
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
  underMandate: {
    en: 'as {office} of {member}, under mandate {mandate}',
    ar: 'بصفة {office} لدى {member}، بموجب التفويض {mandate}',
  },
  supersededBy: {
    en: 'another agreement takes its place: {agreement}',
    ar: 'تحلّ محلّها اتفاقية أخرى: {agreement}',
  },
  policy: {
    en: 'roots and level by the signing policy of the network',
    ar: 'الجذور والمستوى وفق سياسة التوقيع في الشبكة',
  },
  testNetwork: {
    en: 'THIS NETWORK BELIEVES TEST AUTHORITIES: it is a network for trying out, and nothing here binds anybody',
    ar: 'هذه الشبكة تثق بجهات تصديق للاختبار: هي شبكة للتجربة، ولا شيء هنا مُلزم لأحد',
  },
  checkpoint: {
    en: 'by the directory as it stood with {size} entries, in its log',
    ar: 'وفق الدليل حين كان عدد قيوده {size}، والقيود مثبتة في سجله',
  },
  seen: { en: 'seen by {branch} at {time}', ar: 'شهده الفرع {branch} في {time}' },
  complete: {
    en: 'all entries were given: nothing up to that point was left out',
    ar: 'أُعطيت القيود كلها: لم يُترك شيء منها حتى تلك النقطة',
  },
  sealed: { en: 'sealed by {members}', ar: 'مختومة من {members}' },
  stands: {
    en: 'by {entries} entries of the directory that were given',
    ar: 'وفق القيود المعطاة من الدليل، وعددها {entries}',
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
    en: 'whether it is qualified was not checked: no policy of qualified certificates is known',
    ar: 'لم يُتحقق من كونه مؤهَّلًا: لا تُعرف سياسة للشهادات المؤهَّلة',
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
  seals: {
    en: 'seals of the members (the document carries no proof)',
    ar: 'أختام الأعضاء (لا يحمل المستند إثباتًا)',
  },
  mandates: {
    en: 'mandates of the officials (the document carries no proof)',
    ar: 'تفويضات الموقّعين (لا يحمل المستند إثباتًا)',
  },
  standing: {
    en: 'status in the network (the document carries no proof)',
    ar: 'الحالة في الشبكة (لا يحمل المستند إثباتًا)',
  },
  completeness: {
    en: 'whether a later or withheld entry ended a mandate or the agreement, or changed the policy: that takes all entries (--directory)',
    ar: 'هل أنهى قيدٌ لاحق أو محجوب تفويضًا أو الاتفاقية أو غيّر السياسة: يلزم لذلك كل القيود (‎--directory)',
  },
}

/** How an agreement stands, for people. */
const STANDING: Readonly<Record<DirectoryFacts['standing'], Bilingual>> = {
  effective: { en: 'IN FORCE', ar: 'سارية' },
  not_yet_valid: { en: 'agreed, NOT YET in force', ar: 'متفق عليها ولم تبدأ بعد' },
  expired: { en: 'EXPIRED', ar: 'منتهية' },
  superseded: { en: 'SUPERSEDED by another agreement', ar: 'حلّت محلّها اتفاقية أخرى' },
  suspended: { en: 'SUSPENDED', ar: 'معلّقة' },
  revoked: { en: 'TERMINATED', ar: 'ملغاة' },
}

/** A verified document for people: what was agreed, who signed it and when, and what was not looked at. */
export function documentLines(facts: DocumentFacts, language: Language): string[] {
  const say = sayIn(language)
  const block = (
    name: 'what' | 'who' | 'archived' | 'status' | 'notChecked',
    lines: readonly string[],
  ): string[] =>
    lines.map((line, place) => `  ${(place === 0 ? `${WORDS[name][language]}:` : '').padEnd(13)} ${line}`)
  const { agreement, parties, title, validFrom, validUntil } = facts
  const between = parties.map(({ member, role }) => `${member} (${role})`).join(', ')
  return [
    WORDS.verified[language],
    ...block('what', [
      title[language],
      say(WORDS.agreement, { agreement, parties: between }),
      say(WORDS.validity, { from: validFrom, until: validUntil }),
    ]),
    ...facts.signatures.flatMap((each) => block('who', signatureLines(each, say, language))),
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
  const { standing, sealedBy, entries, supersededBy, policy, checkpoint, isComplete } = inDirectory
  return [
    say(STANDING[standing]),
    ...(supersededBy === undefined ? [] : [say(WORDS.supersededBy, { agreement: supersededBy })]),
    say(WORDS.sealed, { members: sealedBy.join(', ') }),
    ...(policy === undefined ? [] : [say(WORDS.policy)]),
    ...(policy?.testAuthorities === true ? [say(WORDS.testNetwork)] : []),
    say(WORDS.stands, { entries }),
    ...(checkpoint === undefined ? [] : [say(WORDS.checkpoint, { size: checkpoint.size })]),
    ...(checkpoint?.witnesses ?? []).map(({ branch, time }) => say(WORDS.seen, { branch, time })),
    ...(isComplete ? [say(WORDS.complete)] : []),
  ]
}

function signatureLines(facts: SignatureFacts, say: Say, language: Language): string[] {
  const {
    signer,
    time,
    timeAuthority: authority,
    party,
    issuer,
    level,
    revocation,
    testAuthority,
    mandate,
  } = facts
  const place = party === undefined ? say(WORDS.invisible) : say(WORDS.for, { party })
  return [
    say(WORDS.signed, { signer, time, authority }),
    mandate === undefined ? place : say(WORDS.underMandate, { ...mandate, office: mandate.office[language] }),
    say(LEVEL[level]),
    `${say(WORDS.certificate, { issuer })}${language === 'ar' ? '،' : ','} ${say(REVOCATION[revocation])}`,
    ...(testAuthority ? [say(WORDS.test)] : []),
  ]
}

/** A document that is not proven, for people. Step and code are the words of `docs/spec/agreement-document.md`. */
export function documentFailureLines(
  { step, code, message }: Extract<DocumentResult, { ok: false }>,
  language: Language,
): string[] {
  const say = sayIn(language)
  // What it was about follows in the verifier's message, in the words of the file.
  const about = message.slice(DOCUMENT_FAILURES[code].length)
  const arabic = DOCUMENT_FAILURES_IN_ARABIC[code] + (about === '' ? '' : ` \u2066${about.trim()}\u2069`)
  return [say(WORDS.notProven, { step, code }), `  ${language === 'ar' ? arabic : message}`]
}
