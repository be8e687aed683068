import type { Language } from './explain-lines.ts'

/** A noun by the plural categories of its language; `{n}` stands for the number. */
type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string }

const NOUNS = {
  exchange: {
    en: { one: '{n} exchange', other: '{n} exchanges' },
    ar: {
      zero: 'لا تبادلات',
      one: 'تبادل واحد',
      two: 'تبادلان',
      few: '{n} تبادلات',
      many: '{n} تبادلًا',
      other: '{n} تبادل',
    },
  },
  agreement: {
    en: { one: '{n} agreement', other: '{n} agreements' },
    ar: {
      zero: 'لا اتفاقيات',
      one: 'اتفاقية واحدة',
      two: 'اتفاقيتان',
      few: '{n} اتفاقيات',
      many: '{n} اتفاقية',
      other: '{n} اتفاقية',
    },
  },
  page: {
    en: { one: '{n} page', other: '{n} pages' },
    ar: {
      zero: 'لا صفحات',
      one: 'صفحة واحدة',
      two: 'صفحتان',
      few: '{n} صفحات',
      many: '{n} صفحة',
      other: '{n} صفحة',
    },
  },
  original: {
    en: { one: '{n} original', other: '{n} originals' },
    ar: {
      zero: 'لا نسخ أصلية',
      one: 'نسخة أصلية واحدة',
      two: 'نسختان أصليتان',
      few: '{n} نسخ أصلية',
      many: '{n} نسخة أصلية',
      other: '{n} نسخة أصلية',
    },
  },
  sheet: {
    en: { one: '{n} sheet', other: '{n} sheets' },
    ar: {
      zero: 'لا أوراق',
      one: 'ورقة واحدة',
      two: 'ورقتان',
      few: '{n} أوراق',
      many: '{n} ورقة',
      other: '{n} ورقة',
    },
  },
  hour: {
    en: { one: '{n} hour', other: '{n} hours' },
    ar: {
      zero: 'لا ساعات',
      one: 'ساعة واحدة',
      two: 'ساعتان',
      few: '{n} ساعات',
      many: '{n} ساعة',
      other: '{n} ساعة',
    },
  },
  minute: {
    en: { one: '{n} minute', other: '{n} minutes' },
    ar: {
      zero: 'لا دقائق',
      one: 'دقيقة واحدة',
      two: 'دقيقتان',
      few: '{n} دقائق',
      many: '{n} دقيقة',
      other: '{n} دقيقة',
    },
  },
  dirham: {
    en: { one: '{n} dirham', other: '{n} dirhams' },
    ar: {
      zero: 'لا دراهم',
      one: 'درهم واحد',
      two: 'درهمان',
      few: '{n} دراهم',
      many: '{n} درهمًا',
      other: '{n} درهم',
    },
  },
  tree: {
    en: { one: '{n} tree', other: '{n} trees' },
    ar: {
      zero: 'لا أشجار',
      one: 'شجرة واحدة',
      two: 'شجرتان',
      few: '{n} أشجار',
      many: '{n} شجرة',
      other: '{n} شجرة',
    },
  },
} as const satisfies Record<string, Readonly<Record<Language, Forms>>>

/** What paperless figures count. */
export type PaperNoun = keyof typeof NOUNS

/**
 * `1,241 sheets`, «1,241 ورقة»: Arabic has six forms. The number is a decimal number in text and keeps every digit, but
 * zeros behind its last decimal; digits are Latin in both languages.
 */
export function countedPaper(number: string, noun: PaperNoun, language: Language): string {
  const plain = number.includes('.') ? number.replace(/\.?0+$/, '') : number
  const forms: Forms = NOUNS[noun][language]
  const rule = new Intl.PluralRules(language).select(Number(plain))
  return (forms[rule] ?? forms.other).replace('{n}', numberText(plain, language))
}

/** With groups of thousands, from its text: a double would lose digits. */
function numberText(number: string, language: Language): string {
  const format = new Intl.NumberFormat(`${language}-AE-u-nu-latn`, { maximumFractionDigits: 6 })
  return format.format(number as Intl.StringNumericLiteral)
}
