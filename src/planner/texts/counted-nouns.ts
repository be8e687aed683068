export type Language = 'en' | 'ar'

/** A noun by the plural categories of its language; `{n}` stands for the number. */
type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string }

const NOUNS = {
  demand: {
    en: { one: '{n} demand', other: '{n} demands' },
    ar: {
      zero: 'لا طلبات سعة',
      one: 'طلب سعة واحد',
      two: 'طلبا سعة',
      few: '{n} طلبات سعة',
      many: '{n} طلب سعة',
      other: '{n} طلب سعة',
    },
  },
  entity: {
    en: { one: '{n} entity', other: '{n} entities' },
    ar: {
      zero: 'لا جهات',
      one: 'جهة واحدة',
      two: 'جهتان',
      few: '{n} جهات',
      many: '{n} جهة',
      other: '{n} جهة',
    },
  },
  failure: {
    en: { one: '{n} failure', other: '{n} failures' },
    ar: {
      zero: 'لا أعطال',
      one: 'عطل واحد',
      two: 'عطلان',
      few: '{n} أعطال',
      many: '{n} عطلًا',
      other: '{n} عطل',
    },
  },
  line: {
    en: { one: '{n} line', other: '{n} lines' },
    ar: {
      zero: 'لا خطوط',
      one: 'خطّ واحد',
      two: 'خطّان',
      few: '{n} خطوط',
      many: '{n} خطًّا',
      other: '{n} خطّ',
    },
  },
  pair: {
    en: { one: '{n} pair of branches', other: '{n} pairs of branches' },
    ar: {
      zero: 'لا أزواج من الفروع',
      one: 'زوج واحد من الفروع',
      two: 'زوجان من الفروع',
      few: '{n} أزواج من الفروع',
      many: '{n} زوجًا من الفروع',
      other: '{n} زوج من الفروع',
    },
  },
  service: {
    en: { one: '{n} service', other: '{n} services' },
    ar: {
      zero: 'لا خدمات',
      one: 'خدمة واحدة',
      two: 'خدمتان',
      few: '{n} خدمات',
      many: '{n} خدمة',
      other: '{n} خدمة',
    },
  },
  use: {
    en: { one: '{n} way to a service', other: '{n} ways to a service' },
    ar: {
      zero: 'لا صلات بخدمات',
      one: 'صلة واحدة بخدمة',
      two: 'صلتان بخدمات',
      few: '{n} صلات بخدمات',
      many: '{n} صلة بخدمات',
      other: '{n} صلة بخدمات',
    },
  },
} as const satisfies Record<string, Readonly<Record<Language, Forms>>>

/** What can be counted in a message. */
export type Noun = keyof typeof NOUNS

/** `3 lines`, «3 خطوط»: Arabic has six forms, and the noun stands in the nominative, as after a colon. */
export function counted(count: number, noun: Noun, language: Language): string {
  const forms: Forms = NOUNS[noun][language]
  const rule = new Intl.PluralRules(language).select(count)
  return (forms[rule] ?? forms.other).replace('{n}', formatNumber(count, language))
}

/** At most three decimals; digits are Latin in both languages, as they are on screens in the Emirates. */
export function formatNumber(value: number, language: Language): string {
  return new Intl.NumberFormat(`${language}-AE-u-nu-latn`, { maximumFractionDigits: 3 }).format(value)
}
