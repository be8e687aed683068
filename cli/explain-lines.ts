/** A language of the network. */
export type Language = 'en' | 'ar'

type Bilingual = Readonly<Record<Language, string>>

/** What a gateway's admin API answers to `POST /v1/explain`, as far as people read it. */
export interface Explained {
  readonly allowed: boolean
  readonly agreement?: string
  readonly text: Bilingual
  readonly remedy?: Bilingual
  readonly changedBy?: readonly string[]
  readonly steps: readonly { readonly step: string; readonly ok: boolean; readonly text: Bilingual }[]
}

const WORDS = {
  allowed: { en: 'allowed', ar: 'مسموح' },
  refused: { en: 'refused', ar: 'مرفوض' },
  remedy: { en: 'remedy', ar: 'الحل' },
  changedBy: { en: 'who can change it', ar: 'من يستطيع تغيير ذلك' },
  operator: { en: 'the operator of the network', ar: 'مشغّل الشبكة' },
  yes: { en: 'ok', ar: 'نعم' },
  no: { en: 'no', ar: 'لا' },
  client: { en: 'client', ar: 'العميل' },
  agreement: { en: 'agreement', ar: 'الاتفاقية' },
  service: { en: 'service', ar: 'الخدمة' },
  limit: { en: 'limit', ar: 'الحد' },
  gateway: { en: 'gateway', ar: 'البوابة' },
  path: { en: 'path', ar: 'المسار' },
} as const satisfies Record<string, Bilingual>

/** An explanation for people, in one language: the verdict, the way out, and every step. */
export function explainLines(answer: Explained, language: Language): string[] {
  const word = (name: keyof typeof WORDS): string => WORDS[name][language]
  const { allowed, text, remedy, changedBy = [], steps } = answer
  const verdict = allowed ? word('allowed') : `${word('refused')}: ${text[language]}`
  const others = changedBy.length === 0 ? word('operator') : changedBy.map(isolate(language)).join(', ')
  return [
    verdict,
    ...(remedy === undefined ? [] : [`${word('remedy')}: ${remedy[language]}`]),
    ...(allowed ? [] : [`${word('changedBy')}: ${others}`]),
    ...steps.map(({ step, ok, text: said }) => {
      const name = step in WORDS ? word(step as keyof typeof WORDS) : step
      return `  ${word(ok ? 'yes' : 'no').padEnd(3)} ${name}: ${said[language]}`
    }),
  ]
}

/** Identifiers keep their order in a text that runs from right to left. */
function isolate(language: Language): (id: string) => string {
  return (id) => (language === 'ar' ? `\u2066${id}\u2069` : id)
}
