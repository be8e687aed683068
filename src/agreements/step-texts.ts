import { fillText } from './decision-texts.ts'
import type { ReasonDetails } from './decision-texts.ts'

/** What one step of the way says, and, when it fails, what can be done. */
interface StepText {
  readonly text: string
  readonly remedy?: string
}

const TEXTS = {
  agreement_allows: {
    en: { text: 'Agreement {agreement} allows it.' },
    ar: { text: 'تسمح به الاتفاقية {agreement}.' },
  },
  client_known: {
    en: {
      text: '{client} is a client of {consumer}; whether it may enter is set at the gateway of {consumer}.',
    },
    ar: { text: 'النظام {client} عميل لدى {consumer}، وبوابة الجهة {consumer} هي التي تحدد من يدخل منها.' },
  },
  client_not_registered: {
    en: {
      text: '{client} is not registered at {gateway}.',
      remedy: 'Check the spelling; the administrator of {gateway} registers the system.',
    },
    ar: {
      text: 'النظام {client} غير مسجّل في البوابة {gateway}.',
      remedy: 'تحقّق من الكتابة، أو يسجّل مسؤول البوابة {gateway} النظام.',
    },
  },
  client_registered: {
    en: { text: '{client} is registered at {gateway}.' },
    ar: { text: 'النظام {client} مسجّل في البوابة {gateway}.' },
  },
  gateway_away: {
    en: {
      text: 'No branch that was asked has {gateways} connected.',
      remedy: '{member} starts its gateway and checks that it reaches its branches.',
    },
    ar: {
      text: 'لا يوجد اتصال بين {gateways} وأيّ من الفروع التي سُئلت.',
      remedy: 'تشغّل الجهة {member} بوابتها وتتحقق من وصولها إلى فروعها.',
    },
  },
  gateway_enrolled: {
    en: { text: '{member} has {gateways}.' },
    ar: { text: 'لدى الجهة {member}: {gateways}.' },
  },
  gateway_missing: {
    en: {
      text: '{member} has no gateway in the directory.',
      remedy: '{member} enrols a gateway with a token of the operator.',
    },
    ar: {
      text: 'ليس للجهة {member} بوابة في الدليل.',
      remedy: 'تسجّل الجهة {member} بوابة برمز من مشغّل الشبكة.',
    },
  },
  limit_day: {
    en: { text: '{used} of {max} a day are used at {gateway} ({limit}); it begins anew at {resetsAt}.' },
    ar: {
      text: 'استُخدم {used} من {max} في اليوم لدى {gateway} ({limit})، ويبدأ العدّ من جديد في {resetsAt}.',
    },
  },
  limit_rate: {
    en: { text: 'At most {max} requests pass in one second.' },
    ar: { text: 'لا يمرّ أكثر من {max} طلبات في الثانية.' },
  },
  open_allows: {
    en: { text: '{provider} opens {service} to all members.' },
    ar: { text: 'تتيح الجهة {provider} الخدمة {service} لجميع الأعضاء.' },
  },
  path_failed: {
    en: {
      text: 'No path leads from {gateway} to {gateways}; tried: {tried}.',
      remedy:
        'The operator of the network checks the branches and lines that are named, then {member} its gateway.',
    },
    ar: {
      text: 'لا يوجد مسار من {gateway} إلى {gateways}، وجُرّب ما يلي: {tried}.',
      remedy: 'يفحص مشغّل الشبكة الفروع والخطوط المذكورة، ثم تفحص الجهة {member} بوابتها.',
    },
  },
  path_forbidden: {
    en: {
      text: 'No path that the agreement allows ({transit}) leads from {gateway} to {gateways}; tried: {tried}.',
      remedy:
        'The operator of the network checks the branches that are allowed and the lines between them; {consumer} and {provider} can agree on another constraint.',
    },
    ar: {
      text: 'لا يوجد مسار تسمح به الاتفاقية ({transit}) من {gateway} إلى {gateways}، وجُرّب ما يلي: {tried}.',
      remedy:
        'يفحص مشغّل الشبكة الفروع المسموح بها والخطوط بينها، وللجهتين {consumer} و{provider} أن تتفقا على قيد آخر.',
    },
  },
  path_no_branch: {
    en: {
      text: '{gateway} has no live connection to a branch.',
      remedy:
        'The administrator of {gateway} checks the way to its branches; otherwise their operator checks them.',
    },
    ar: {
      text: 'ليس للبوابة {gateway} اتصال قائم بأيّ فرع.',
      remedy: 'يفحص مسؤول البوابة {gateway} الطريق إلى فروعها، وإلا فليفحصها مشغّلها.',
    },
  },
  path_open: {
    en: { text: 'A session with {gateways} is open over {path}.' },
    ar: { text: 'توجد جلسة مفتوحة مع {gateways} عبر {path}.' },
  },
  path_own: {
    en: { text: 'Both ends are gateways of {member}.' },
    ar: { text: 'الطرفان بوابتان للجهة {member}.' },
  },
  path_silent: {
    en: {
      text: 'No answer came from {gateways} within {seconds} s.',
      remedy:
        '{member} checks that its gateway runs and answers, and the operator of the network the branches between.',
    },
    ar: {
      text: 'لم يصل ردّ من {gateways} خلال {seconds} ثوانٍ.',
      remedy: 'تتحقق الجهة {member} من أن بوابتها تعمل وتردّ، ويتحقق مشغّل الشبكة من الفروع بينهما.',
    },
  },
  service_published: {
    en: { text: '{provider} publishes {service}.' },
    ar: { text: 'تنشر الجهة {provider} الخدمة {service}.' },
  },
  works: {
    en: { text: 'allowed' },
    ar: { text: 'مسموح' },
  },
} as const satisfies Record<string, Record<'en' | 'ar', StepText>>

/** What can be said of a step on the way from a client to a service. */
export type StepCode = keyof typeof TEXTS

/** Everything there is to say. */
export const STEP_CODES: readonly StepCode[] = Object.freeze(Object.keys(TEXTS) as StepCode[])

/** A text in both languages of the network. */
export interface Bilingual {
  readonly en: string
  readonly ar: string
}

/** The words for a step in both languages; a step that fails has a remedy. */
export function renderStep(
  code: StepCode,
  details: ReasonDetails,
): { readonly text: Bilingual; readonly remedy?: Bilingual } {
  const { en, ar }: Record<'en' | 'ar', StepText> = TEXTS[code]
  const both = (english: string, arabic: string): Bilingual => ({
    en: fillText(english, details, 'en'),
    ar: fillText(arabic, details, 'ar'),
  })
  const text = both(en.text, ar.text)
  return en.remedy === undefined || ar.remedy === undefined
    ? { text }
    : { text, remedy: both(en.remedy, ar.remedy) }
}
