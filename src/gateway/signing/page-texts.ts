import type { Bilingual } from '../../agreements/agreement.ts'

/** What the pages of the signing say: Arabic, English. */
export const PAGE_TEXTS = {
  title: { ar: 'توقيع الاتفاقيات', en: 'Signing agreements' },
  signed: { ar: 'تم التوقيع', en: 'Signed' },
  waitingForSecond: {
    ar: 'تم توقيعك، ويلزم توقيع مسؤول ثانٍ من الجهة نفسها خلال 19 دقيقة',
    en: 'You have signed; a second official of the same entity has to sign within 19 minutes',
  },
  notSigned: { ar: 'لم يتم التوقيع', en: 'Not signed' },
  finished: {
    ar: 'اكتمل التوقيع. يمكنك إغلاق هذه الصفحة.',
    en: 'The signing is complete. You can close this page.',
  },
  partly: {
    ar: 'اكتمل توقيع بعض الاتفاقيات فقط. يمكنك إغلاق هذه الصفحة.',
    en: 'Only some of the agreements were signed. You can close this page.',
  },
  failed: { ar: 'لم يكتمل التوقيع.', en: 'The signing was not completed.' },
  waiting: {
    ar: 'يجري التحقق من التوقيع. تُحدَّث هذه الصفحة تلقائيًا.',
    en: 'The signature is being verified. This page renews itself.',
  },
  'waiting-for-login': {
    ar: 'بانتظار تسجيل الدخول بالهوية الرقمية في هذا المتصفح.',
    en: 'Waiting for the login with the digital identity in this browser.',
  },
  'unknown-link': {
    ar: 'هذا الرابط غير صالح: استُخدم من قبل أو انتهت صلاحيته. اطلب رابطًا جديدًا ممن أرسله إليك.',
    en: 'This link is not valid: it was used before or has expired. Ask whoever sent it for a new one.',
  },
  'unknown-browser': {
    ar: 'لا يوجد توقيع جارٍ في هذا المتصفح. افتح الرابط الذي وصلك في المتصفح نفسه.',
    en: 'No signing is under way in this browser. Open the link that you were sent, and stay in the same browser.',
  },
  other: {
    ar: 'حدث خطأ. أبلغ مشغّل البوابة بالرمز أدناه.',
    en: 'Something went wrong. Tell the operator of the gateway the code below.',
  },
} as const satisfies Readonly<Record<string, Bilingual>>

/** Why nothing was signed, for the official: what the person can do about it. Other codes show `other`. */
const FAILURES: Readonly<Record<string, Bilingual>> = {
  already_signed: {
    ar: 'وقّعت جهتك هذه الاتفاقية من قبل.',
    en: 'Your entity has signed this agreement already.',
  },
  assurance_too_low: {
    ar: 'مستوى التحقق من حسابك لا يسمح بهذا التوقيع. ارفع مستوى الحساب لدى مزوّد الهوية الرقمية.',
    en: 'Your account is not verified strongly enough for this signature. Raise it with the provider of the digital identity.',
  },
  certificate_revoked: {
    ar: 'شهادة التوقيع الخاصة بك ملغاة. تواصل مع مزوّد الهوية الرقمية.',
    en: 'Your signing certificate is revoked. Contact the provider of the digital identity.',
  },
  identity_attempt_unknown: {
    ar: 'هذا الرد لا يخصّ تسجيل دخول بدأ هنا. افتح الرابط الذي وصلك وأكمل في المتصفح نفسه.',
    en: 'This answer belongs to no login that was begun here. Open the link that you were sent, and stay in the same browser.',
  },
  identity_number_missing: {
    ar: 'لا يحمل حسابك رقم هوية، ولا يمكن التوقيع به.',
    en: 'Your account carries no identity number, so it cannot sign.',
  },
  identity_provider_answer_invalid: {
    ar: 'أجاب مزوّد الهوية الرقمية إجابة غير متوقعة. أبلغ مشغّل البوابة بالرمز أدناه.',
    en: 'The provider of the digital identity gave an answer that was not expected. Tell the operator of the gateway the code below.',
  },
  identity_provider_refused: {
    ar: 'رفض مزوّد الهوية الرقمية طلبات هذه البوابة. أبلغ مشغّلها بالرمز أدناه.',
    en: 'The provider of the digital identity refuses the requests of this gateway. Tell its operator the code below.',
  },
  identity_provider_unreachable: {
    ar: 'خدمة الهوية الرقمية لا تستجيب. حاول بعد دقائق.',
    en: 'The digital identity does not answer. Try again in a few minutes.',
  },
  login_cancelled: { ar: 'أُلغي تسجيل الدخول.', en: 'The login was cancelled.' },
  login_refused: {
    ar: 'لم يقبل مزوّد الهوية الرقمية تسجيل الدخول.',
    en: 'The provider of the digital identity did not log you in.',
  },
  mandate_expired: {
    ar: 'تفويضك بالتوقيع غير سارٍ في هذا الوقت. يمنح مالك العضوية تفويضًا جديدًا.',
    en: 'Your mandate to sign is not valid at this time. The owner of the membership grants a new one.',
  },
  mandate_missing: {
    ar: 'ليس لديك تفويض بالتوقيع عن هذه الجهة. يمنح مالك العضوية تفويضًا.',
    en: 'You have no mandate to sign for this entity. The owner of the membership grants one.',
  },
  mandate_out_of_scope: {
    ar: 'تفويضك لا يشمل هذه الاتفاقية: نوعها أو تصنيف بياناتها أو كلفتها.',
    en: 'Your mandate does not reach as far as this agreement: its kind, its class of data or its cost.',
  },
  conflict: {
    ar: 'لم تعد هذه الاتفاقية بانتظار التوقيع: رُفضت أو سُحبت أو حلّت محلها أخرى أو انتهت مدتها. أبلغ من أرسل إليك الرابط.',
    en: 'This agreement no longer waits for signatures: it was refused, withdrawn, countered, or is past its validity. Tell whoever sent you the link.',
  },
  registry_unreachable: {
    ar: 'سجل الشبكة لا يستجيب. حاول بعد دقائق.',
    en: 'The registry of the network does not answer. Try again in a few minutes.',
  },
  revocation_unavailable: {
    ar: 'لم تُجب جهة إصدار الشهادات عن حالة شهادة التوقيع، ولم تُحفظ الوثيقة. حاول بعد دقائق.',
    en: 'The certification authority did not tell the status of the signing certificate, and the document was not kept. Try again in a few minutes.',
  },
  second_signer_is_first: {
    ar: 'يجب أن يوقّع مسؤول آخر من الجهة: لقد وقّعت أنت أولًا.',
    en: 'Another official of the entity has to sign: you were the first one.',
  },
  signed_by_another_person: {
    ar: 'وقّع شخص آخر غير من سجّل الدخول. لا يُستخدم هذا التوقيع.',
    en: 'Another person signed than the one who logged in. This signature is not used.',
  },
  signed_document_refused: {
    ar: 'لم يجتز المستند الموقّع التحقق، ولا يُستخدم. أبلغ مشغّل البوابة.',
    en: 'The signed document did not pass verification and is not used. Tell the operator of the gateway.',
  },
  signing_cancelled: {
    ar: 'أُلغي التوقيع. لم يُوقَّع شيء.',
    en: 'The signing was cancelled. Nothing was signed.',
  },
  signing_failed: {
    ar: 'تعذّر التوقيع لدى مزوّد الهوية الرقمية. أعد المحاولة لاحقًا.',
    en: 'The provider of the digital identity could not sign. Try again later.',
  },
  signing_in_progress: {
    ar: 'تقوم الجهة الأخرى بالتوقيع الآن. حاول بعد قليل.',
    en: 'The other party is signing at this moment. Try again in a little while.',
  },
  signing_incomplete: {
    ar: 'لم يوقّع مزوّد الهوية الرقمية هذا المستند. وقّعه مرة أخرى.',
    en: 'The provider of the digital identity did not sign this document. Sign it again.',
  },
  signing_process_gone: {
    ar: 'لم يعد مزوّد الهوية الرقمية يحتفظ بهذا التوقيع. اطلب رابطًا جديدًا وابدأ من جديد.',
    en: 'The provider of the digital identity no longer has this signing. Ask for a new link and begin again.',
  },
  signing_timed_out: {
    ar: 'انتهت المهلة. اطلب رابطًا جديدًا وابدأ من جديد.',
    en: 'The time is over. Ask for a new link and begin again.',
  },
}

/** The codes that have words of their own on the pages. */
export const FAILURES_WITH_WORDS: readonly string[] = Object.keys(FAILURES)

/** What a failure says to the official. */
export function failureText(code: string): Bilingual {
  return (Object.hasOwn(FAILURES, code) ? FAILURES[code] : undefined) ?? PAGE_TEXTS.other
}
