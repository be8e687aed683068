/** What a reason says, and what can be done, in one language. `{name}` stands for a detail of that name. */
interface ReasonText {
  readonly reason: string
  readonly remedy: string
}

const TEXTS = {
  client_not_granted: {
    en: {
      reason: 'Agreement {agreement} covers {service}, but not for {client}.',
      remedy: '{consumer} and {provider} sign an agreement that names this system.',
    },
    ar: {
      reason: 'تشمل الاتفاقية {agreement} الخدمة {service}، ولكن ليس للنظام {client}.',
      remedy: 'توقّع الجهتان {consumer} و{provider} اتفاقية تذكر هذا النظام.',
    },
  },
  content_missing: {
    en: {
      reason: 'Agreement {agreement} is in the directory, but its content is not held here.',
      remedy:
        '{consumer} or {provider} hands the signed content to this gateway; nothing needs to be signed again.',
    },
    ar: {
      reason: 'الاتفاقية {agreement} مسجّلة في الدليل، لكن نصّها غير محفوظ هنا.',
      remedy:
        'تسلّم الجهة {consumer} أو الجهة {provider} النص الموقّع إلى هذه البوابة، ولا حاجة إلى توقيع جديد.',
    },
  },
  data_class_too_high: {
    en: {
      reason:
        'Agreement {agreement} grants this as {classEn} data, and {setBy} lets {highestEn} data through here at most.',
      remedy:
        '{setBy} raises the highest class of the service or of the mapped port, if this place may carry such data.',
    },
    ar: {
      reason:
        'تمنح الاتفاقية {agreement} هذه البيانات بتصنيف «{classAr}»، والجهة {setBy} لا تسمح هنا بما يتجاوز تصنيف «{highestAr}».',
      remedy: 'ترفع الجهة {setBy} أعلى تصنيف للخدمة أو للمنفذ المخصّص، إن جاز أن تمرّ به هذه البيانات.',
    },
  },
  expired: {
    en: {
      reason: 'Agreement {agreement} ended at {validUntil}.',
      remedy: '{consumer} and {provider} sign a new agreement.',
    },
    ar: {
      reason: 'انتهت الاتفاقية {agreement} في {validUntil}.',
      remedy: 'توقّع الجهتان {consumer} و{provider} اتفاقية جديدة.',
    },
  },
  kind_not_granted: {
    en: {
      reason:
        'What {consumer} may do with {service} ({agreement}) does not include exchanges of kind {kind}.',
      remedy:
        'Use the service as it is granted, or {consumer} and {provider} sign an agreement for this kind.',
    },
    ar: {
      reason: 'ما يُسمح به للجهة {consumer} من الخدمة {service} ({agreement}) لا يشمل التبادل من نوع {kind}.',
      remedy: 'استخدم الخدمة كما هي ممنوحة، أو توقّع الجهتان {consumer} و{provider} اتفاقية لهذا النوع.',
    },
  },
  member_suspended: {
    en: {
      reason: '{suspended} is suspended from the network.',
      remedy: 'The operator of the network lifts the suspension.',
    },
    ar: {
      reason: 'عضوية الجهة {suspended} في الشبكة معلّقة.',
      remedy: 'يرفع مشغّل الشبكة التعليق.',
    },
  },
  no_agreement: {
    en: {
      reason: 'There is no agreement that lets {consumer} use the services of {provider}.',
      remedy: '{consumer} proposes an agreement for {service}, and {provider} accepts it.',
    },
    ar: {
      reason: 'لا توجد اتفاقية تسمح للجهة {consumer} باستخدام خدمات الجهة {provider}.',
      remedy: 'تقترح الجهة {consumer} اتفاقية للخدمة {service}، وتقبلها الجهة {provider}.',
    },
  },
  not_open: {
    en: {
      reason: 'The call relies on {service} being open to all members, and it is not.',
      remedy: 'Call again when the directory is fresh at both ends; otherwise {provider} opens the service.',
    },
    ar: {
      reason: 'يعتمد الطلب على أن الخدمة {service} متاحة لجميع الأعضاء، وهي ليست كذلك.',
      remedy: 'أعد المحاولة بعد تحديث الدليل لدى الطرفين، وإلا فلتُتِح الجهة {provider} الخدمة للجميع.',
    },
  },
  not_yet_valid: {
    en: {
      reason: 'Agreement {agreement} begins at {validFrom}.',
      remedy: 'Wait until then, or {consumer} and {provider} sign an agreement that begins earlier.',
    },
    ar: {
      reason: 'تبدأ الاتفاقية {agreement} في {validFrom}.',
      remedy: 'انتظر حتى ذلك الحين، أو توقّع الجهتان {consumer} و{provider} اتفاقية تبدأ قبل ذلك.',
    },
  },
  not_verified: {
    en: {
      reason:
        'Agreement {agreement} is in the directory, but its signed document was not verified here: step {step}, {failure}.',
      remedy:
        'Wait a moment if the step is pending or fetch; else {consumer} and {provider} look at the alarm agreement_not_verified of this gateway and sign again.',
    },
    ar: {
      reason:
        'الاتفاقية {agreement} مسجّلة في الدليل، لكن مستندها الموقّع لم يُتحقَّق منه هنا: الخطوة {step}، {failure}.',
      remedy:
        'انتظر قليلًا إن كانت الخطوة pending أو fetch، وإلا فلتراجع الجهتان {consumer} و{provider} تنبيه agreement_not_verified في هذه البوابة وتوقّعا من جديد.',
    },
  },
  operation_not_granted: {
    en: {
      reason: 'What {consumer} may do with {service} ({agreement}) does not include {method} {path}.',
      remedy: '{consumer} and {provider} sign an agreement that includes this operation.',
    },
    ar: {
      reason:
        'ما يُسمح به للجهة {consumer} من الخدمة {service} ({agreement}) لا يشمل العملية {method} {path}.',
      remedy: 'توقّع الجهتان {consumer} و{provider} اتفاقية تشمل هذه العملية.',
    },
  },
  outside_hours: {
    en: {
      reason:
        'By agreement {agreement} it may be used on {daysEn} from {from} to {until} by the clock of {timeZone}, and not at this time.',
      remedy:
        'Call again within these hours, which begin next at {opensAt}, or {consumer} and {provider} sign an agreement with other hours.',
    },
    ar: {
      reason:
        'وفق الاتفاقية {agreement} يُسمح بالاستخدام في أيام {daysAr} من الساعة {from} إلى {until} بتوقيت {timeZone}، وليس في هذا الوقت.',
      remedy:
        'أعد المحاولة خلال هذه الساعات، وأقربها يبدأ في {opensAt}، أو توقّع الجهتان {consumer} و{provider} اتفاقية بساعات أخرى.',
    },
  },
  purpose_not_granted: {
    en: {
      reason: 'Agreement {agreement} does not grant the purpose {purpose}; it grants {purposes}.',
      remedy:
        'Send Wusla-Purpose with one of {purposes} where the call is for that, or {consumer} and {provider} sign an agreement with this purpose.',
    },
    ar: {
      reason: 'لا تمنح الاتفاقية {agreement} الغرض {purpose}، بل تمنح {purposes}.',
      remedy:
        'أرسل الترويسة Wusla-Purpose بأحد الأغراض {purposes} إن كان الطلب لأجله، أو توقّع الجهتان {consumer} و{provider} اتفاقية تشمل هذا الغرض.',
    },
  },
  purpose_required: {
    en: {
      reason: 'Agreement {agreement} asks what the call is for: one of {purposes}.',
      remedy: 'The calling system of {consumer} sends the header Wusla-Purpose with one of {purposes}.',
    },
    ar: {
      reason: 'تطلب الاتفاقية {agreement} بيان غرض الطلب، وهو أحد ما يلي: {purposes}.',
      remedy: 'يرسل نظام الجهة {consumer} الترويسة Wusla-Purpose بأحد الأغراض {purposes}.',
    },
  },
  quota_exceeded: {
    en: {
      reason: 'Agreement {agreement} allows {max} on one day ({limit}), and {used} are used.',
      remedy:
        'Call again from {resetsAt}, or {consumer} and {provider} sign an agreement with a higher limit.',
    },
    ar: {
      reason: 'تسمح الاتفاقية {agreement} بـ {max} في اليوم ({limit})، وقد استُخدم منها {used}.',
      remedy: 'أعد المحاولة ابتداءً من {resetsAt}، أو توقّع الجهتان {consumer} و{provider} اتفاقية بحدّ أعلى.',
    },
  },
  rate_exceeded: {
    en: {
      reason: 'Agreement {agreement} allows {max} requests in one second, and no more pass now.',
      remedy:
        'Spread the calls and call again in a second, or {consumer} and {provider} sign an agreement with a higher limit.',
    },
    ar: {
      reason: 'تسمح الاتفاقية {agreement} بـ {max} طلبات في الثانية، ولا يمرّ المزيد الآن.',
      remedy:
        'باعد بين الطلبات وأعد المحاولة بعد ثانية، أو توقّع الجهتان {consumer} و{provider} اتفاقية بحدّ أعلى.',
    },
  },
  revoked: {
    en: {
      reason: 'Agreement {agreement} was revoked.',
      remedy: 'A revocation is final: {consumer} and {provider} sign a new agreement.',
    },
    ar: {
      reason: 'أُلغيت الاتفاقية {agreement}.',
      remedy: 'الإلغاء نهائي: توقّع الجهتان {consumer} و{provider} اتفاقية جديدة.',
    },
  },
  service_not_granted: {
    en: {
      reason: 'Agreement {agreement} does not cover {service}.',
      remedy: '{consumer} and {provider} sign an agreement that covers this service.',
    },
    ar: {
      reason: 'لا تشمل الاتفاقية {agreement} الخدمة {service}.',
      remedy: 'توقّع الجهتان {consumer} و{provider} اتفاقية تشمل هذه الخدمة.',
    },
  },
  superseded: {
    en: {
      reason: 'Agreement {supersededBy} took the place of agreement {agreement} at {validUntil}.',
      remedy:
        'Rely on what {supersededBy} grants, or {consumer} and {provider} sign an agreement that covers this call.',
    },
    ar: {
      reason: 'حلّت الاتفاقية {supersededBy} محلّ الاتفاقية {agreement} في {validUntil}.',
      remedy:
        'اعتمد على ما تمنحه الاتفاقية {supersededBy}، أو توقّع الجهتان {consumer} و{provider} اتفاقية تشمل هذا الطلب.',
    },
  },
  suspended: {
    en: {
      reason: 'Agreement {agreement} is suspended.',
      remedy: 'It can be resumed by {suspendedBy}.',
    },
    ar: {
      reason: 'الاتفاقية {agreement} معلّقة.',
      remedy: 'يمكن استئنافها من قبل {suspendedBy}.',
    },
  },
  unknown_agreement: {
    en: {
      reason: 'The call relies on agreement {agreement}, which does not bind {consumer} and {provider} here.',
      remedy:
        'Call again when the directory is fresh at both ends; {consumer} checks which agreement it uses.',
    },
    ar: {
      reason: 'يعتمد الطلب على الاتفاقية {agreement}، وهي لا تربط هنا بين الجهتين {consumer} و{provider}.',
      remedy:
        'أعد المحاولة بعد تحديث الدليل لدى الطرفين، وتتحقق الجهة {consumer} من الاتفاقية التي تستخدمها.',
    },
  },
  unknown_client: {
    en: {
      reason: 'The network knows no client {client}.',
      remedy: 'Check the spelling; {consumer} registers the system.',
    },
    ar: {
      reason: 'لا تعرف الشبكة العميل {client}.',
      remedy: 'تحقّق من الكتابة، أو تسجّل الجهة {consumer} النظام.',
    },
  },
  unknown_service: {
    en: {
      reason: 'The network knows no service {service}.',
      remedy: 'Check the spelling in the catalogue; {provider} publishes the service.',
    },
    ar: {
      reason: 'لا تعرف الشبكة الخدمة {service}.',
      remedy: 'تحقّق من الكتابة في الفهرس، أو تنشر الجهة {provider} الخدمة.',
    },
  },
} as const satisfies Record<string, Record<'en' | 'ar', ReasonText>>

/** Why a call is refused. `docs/spec/agreement.md` section 6 says when each one is given. */
export type ReasonCode = keyof typeof TEXTS

/** Facts that the texts name. */
export type ReasonDetails = Readonly<Record<string, string>>

/** Every reason there is. */
export const REASON_CODES: readonly ReasonCode[] = Object.freeze(Object.keys(TEXTS) as ReasonCode[])

/**
 * The words for a reason: what is so, and who can change it. In Arabic every detail stands between directional
 * isolates, so that identifiers keep their order in a text that runs from right to left.
 */
export function renderReason(reason: ReasonCode, details: ReasonDetails, language: 'en' | 'ar'): ReasonText {
  const texts: ReasonText = TEXTS[reason][language]
  return {
    reason: fillText(texts.reason, details, language),
    remedy: fillText(texts.remedy, details, language),
  }
}

/** Puts details into a text; one that is missing becomes a dash. What a detail holds is never read as a placeholder. */
export function fillText(text: string, details: ReasonDetails, language: 'en' | 'ar'): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = details[name] ?? '–'
    return language === 'ar' ? `\u2066${value}\u2069` : value
  })
}
