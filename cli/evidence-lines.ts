import type { EvidenceFacts, PartyFacts, VerifyResult, WitnessFacts } from '../src/evidence/verify-result.ts'
import type { Language } from './explain-lines.ts'

type Bilingual = Readonly<Record<Language, string>>

const WORDS = {
  verified: { en: 'verified', ar: 'مُثبت' },
  notProven: { en: 'not proven: step {step} failed ({code})', ar: 'لم يثبت: فشلت الخطوة {step} ({code})' },
  who: { en: 'who', ar: 'من' },
  what: { en: 'what', ar: 'ماذا' },
  when: { en: 'when', ar: 'متى' },
  agreement: { en: 'agreement', ar: 'الاتفاقية' },
  provenBy: { en: 'proven by', ar: 'الإثبات' },
  details: { en: 'details', ar: 'التفاصيل' },
  called: {
    en: '{consumer} ({client}) called {service} of {provider}',
    ar: 'استدعت {consumer} ({client}) الخدمة {service} لدى {provider}',
  },
  forUser: { en: 'for the user {user}', ar: 'باسم المستخدم {user}' },
  forPurpose: { en: 'for the purpose {purpose}', ar: 'لغرض {purpose}' },
  request: { en: '{method} {path}, {bytes} bytes', ar: '{method} {path}، {bytes} بايت' },
  answered: {
    en: 'answered with status {status}, {bytes} bytes',
    ar: 'والردّ بالحالة {status}، {bytes} بايت',
  },
  failed: { en: "refused by the provider's gateway: {error}", ar: 'ورفضتها بوابة مقدّم الخدمة: {error}' },
  unanswered: { en: 'no answer is recorded here', ar: 'لم يُسجَّل ردّ هنا' },
  openingOnly: {
    en: 'the answer came before the whole request: it does not confirm its body',
    ar: 'وصل الردّ قبل اكتمال الطلب، فهو لا يؤكد محتواه',
  },
  bodyMatches: {
    en: 'the body given here is the one that was signed',
    ar: 'المحتوى المقدَّم هنا هو الذي وُقّع عليه',
  },
  asked: { en: 'asked {time}', ar: 'الطلب {time}' },
  replied: { en: 'answered {time}', ar: 'الردّ {time}' },
  seenBy: {
    en: 'it existed by {time}, when {branch} saw it',
    ar: 'كان موجودًا في {time}، حين اطّلع عليه {branch}',
  },
  seal: { en: 'seal of {gateway}', ar: 'ختم {gateway}' },
  inLedger: { en: 'the ledger of {holder}', ar: 'سجل {holder}' },
  witness: { en: '{branch} at {time}', ar: '{branch} في {time}' },
  witnessWithParty: {
    en: '{branch} at {time} (in the house of one of the parties)',
    ar: '{branch} في {time} (في دار أحد الطرفين)',
  },
  noWitness: { en: 'no witness', ar: 'لا شاهد' },
  suspended: { en: '{member} was SUSPENDED at that time', ar: 'كانت عضوية {member} معلّقة في ذلك الوقت' },
  complete: {
    en: 'no revocation was left out, up to {size} entries of the directory',
    ar: 'لم يُغفل أيّ إلغاء حتى القيد {size} من الدليل',
  },
  incomplete: {
    en: 'a later revocation could be left out: give --directory to rule that out',
    ar: 'قد يكون إلغاء لاحق قد أُغفل: أضف ‎--directory لاستبعاد ذلك',
  },
} as const satisfies Record<string, Bilingual>

const KEY: Readonly<Record<'active' | 'revoked_later' | 'disputed', Bilingual>> = {
  active: { en: 'its key stands', ar: 'ومفتاحه قائم' },
  revoked_later: {
    en: 'its key was revoked afterwards, the seal counts',
    ar: 'أُلغي مفتاحه لاحقًا، والختم معتبر',
  },
  disputed: {
    en: 'DISPUTED: its key is said to have been unsafe already then',
    ar: 'محلّ نزاع: يقال إن مفتاحه لم يكن آمنًا حينها',
  },
}

const STANDING: Readonly<Record<EvidenceFacts['agreement']['standing'], Bilingual>> = {
  open: { en: 'none: the service is open to all members', ar: 'لا اتفاقية: الخدمة متاحة لجميع الأعضاء' },
  effective: { en: '{hash}, in force at that time', ar: '{hash}، سارية في ذلك الوقت' },
  not_yet_valid: { en: '{hash}, NOT YET valid at that time', ar: '{hash}، لم تكن قد بدأت في ذلك الوقت' },
  expired: { en: '{hash}, EXPIRED at that time', ar: '{hash}، كانت منتهية في ذلك الوقت' },
  superseded: {
    en: '{hash}, SUPERSEDED by another one at that time',
    ar: '{hash}، كانت قد حلّت محلّها اتفاقية أخرى',
  },
  suspended: { en: '{hash}, SUSPENDED at that time', ar: '{hash}، كانت معلّقة في ذلك الوقت' },
  revoked: { en: '{hash}, REVOKED at that time', ar: '{hash}، كانت ملغاة في ذلك الوقت' },
  unknown: { en: '{hash}, which the file does not show', ar: '{hash}، والملف لا يُظهرها' },
}

/** A verified file for people: who, what, when, under which agreement, proven by whom; every fact follows below. */
export function evidenceLines(facts: EvidenceFacts, language: Language): string[] {
  const say = sayIn(language)
  const title = (name: 'who' | 'what' | 'when' | 'agreement' | 'provenBy'): string =>
    `${WORDS[name][language]}:`
  const block = (name: Parameters<typeof title>[0], lines: readonly string[]): string[] =>
    lines.map((line, place) => `  ${(place === 0 ? title(name) : '').padEnd(12)}${line}`)
  return [
    WORDS.verified[language],
    ...block('who', whoLines(facts, language, say)),
    ...block('what', whatLines(facts, say)),
    ...block('when', whenLines(facts, say)),
    ...block('agreement', [say(STANDING[facts.agreement.standing], { hash: facts.agreement.hash })]),
    ...block('provenBy', proofLines(facts, say)),
    '',
    `${WORDS.details[language]}:`,
    ...Object.entries(facts).map(
      ([name, value]) => `  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ]
}

/** A file that is not proven, for people. Step and code are the words of `docs/spec/evidence-file.md`, section 5. */
export function failureLines(
  { step, code, message }: Extract<VerifyResult, { ok: false }>,
  language: Language,
): string[] {
  return [sayIn(language)(WORDS.notProven, { step, code }), `  ${message}`]
}

/** A text with its values filled in. */
export type Say = (text: Bilingual, values?: Readonly<Record<string, string | number>>) => string

/** What a party signed may be meant to rewrite the reader's screen: control characters and those that turn the text. */
const UNSAFE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

/** In Arabic every value stands between directional isolates: identifiers and times keep their order. */
export function sayIn(language: Language): Say {
  return (text, values = {}) =>
    text[language].replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = String(values[name] ?? '–').replaceAll(UNSAFE, '\ufffd')
      return language === 'ar' ? `\u2066${value}\u2069` : value
    })
}

function whoLines({ consumer, provider, request }: EvidenceFacts, language: Language, say: Say): string[] {
  const { client, service, user, purpose } = request
  const parties = { consumer: consumer.name[language], provider: provider.name[language] }
  const suspended = [consumer, provider].filter(({ standing }) => standing === 'suspended')
  return [
    say(WORDS.called, { ...parties, client, service }),
    ...(user === undefined ? [] : [say(WORDS.forUser, { user })]),
    ...(purpose === undefined ? [] : [say(WORDS.forPurpose, { purpose })]),
    ...suspended.map(({ member }) => say(WORDS.suspended, { member })),
  ]
}

function whatLines({ request, answer }: EvidenceFacts, say: Say): string[] {
  const { method, query, bodyBytes } = request
  const path = query === undefined ? request.path : `${request.path}?${query}`
  const matches = (body: string): string[] => (body === 'matches' ? [say(WORDS.bodyMatches)] : [])
  const asked = [say(WORDS.request, { method, path, bytes: bodyBytes }), ...matches(request.body)]
  if (answer === null) return [...asked, say(WORDS.unanswered)]
  const { error, status, receivedOf } = answer
  return [
    ...asked,
    error === undefined
      ? say(WORDS.answered, { status, bytes: answer.bodyBytes })
      : say(WORDS.failed, { error }),
    ...matches(answer.body),
    ...(receivedOf === 'opening' ? [say(WORDS.openingOnly)] : []),
  ]
}

/** The parties' own words, then what an independent branch knows of it. */
function whenLines({ request, answer, ledger }: EvidenceFacts, say: Say): string[] {
  const first = ledger.witnesses
    .filter(({ isIndependent }) => isIndependent)
    .toSorted((a, b) => a.time.localeCompare(b.time))[0]
  return [
    say(WORDS.asked, { time: request.time }),
    ...(answer === null ? [] : [say(WORDS.replied, { time: answer.time })]),
    ...(first === undefined ? [] : [say(WORDS.seenBy, { time: first.time, branch: first.branch })]),
  ]
}

function proofLines({ consumer, provider, ledger, directory, holder }: EvidenceFacts, say: Say): string[] {
  const seal = ({ gateway, seal: its }: PartyFacts): string[] =>
    its === undefined ? [] : [`${say(WORDS.seal, { gateway })} (${say(KEY[its.key])})`]
  const witness = ({ branch, time, isIndependent }: WitnessFacts): string =>
    say(isIndependent ? WORDS.witness : WORDS.witnessWithParty, { branch, time })
  const witnesses = ledger.witnesses.length === 0 ? [say(WORDS.noWitness)] : ledger.witnesses.map(witness)
  return [
    ...seal(consumer),
    ...seal(provider),
    `${say(WORDS.inLedger, { holder })}: ${witnesses.join(' · ')}`,
    directory.complete ? say(WORDS.complete, { size: directory.size }) : say(WORDS.incomplete),
  ]
}
