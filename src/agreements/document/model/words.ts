import type { Bilingual } from '../../agreement.ts'

/** What the document says of itself, whatever the template. Terms of the network's vocabulary. */
export const WORDS = {
  network: { ar: 'الشبكة', en: 'Network' },
  provider: { ar: 'الجهة المقدِّمة', en: 'Provider' },
  consumer: { ar: 'الجهة المستفيدة', en: 'Consumer' },
  operator: { ar: 'مشغّل الشبكة', en: 'Network operator' },
  host: { ar: 'الجهة المستضيفة', en: 'Host' },
  member: { ar: 'الجهة المنضمّة', en: 'Member' },
  validity: { ar: 'مدّة السريان', en: 'Validity' },
  supersedes: { ar: 'تحلّ محلّ الاتفاقية', en: 'Takes the place of agreement' },
  template: { ar: 'قالب النصّ', en: 'Template of the text' },
  permission: { ar: 'الإذن', en: 'Permission' },
  service: { ar: 'الخدمة', en: 'Service' },
  operations: {
    ar: 'العمليات (الطريقة والمسار؛ العلامة * تعني أيًّا كان)',
    en: 'Operations (method and path; * stands for anything)',
  },
  clients: { ar: 'الأنظمة المأذون لها', en: 'Permitted systems' },
  allClients: {
    ar: 'الجهة المستفيدة نفسها وجميع أنظمتها',
    en: 'the consumer itself and each of its systems',
  },
  kinds: { ar: 'أنواع التبادل', en: 'Kinds of exchange' },
  purpose: { ar: 'الغرض', en: 'Purpose' },
  purposeCodes: { ar: 'رموز الغرض', en: 'Purpose codes' },
  legalBasis: { ar: 'السند القانوني', en: 'Legal basis' },
  dataClass: { ar: 'تصنيف البيانات', en: 'Data classification' },
  limits: { ar: 'حدّ المعدّل والحصّة', en: 'Rate limit and quota' },
  hours: { ar: 'أوقات الاستخدام', en: 'Hours of use' },
  transitAvoid: { ar: 'فروع لا يجوز المرور بها', en: 'Branches that must not be passed' },
  transitOnly: { ar: 'فروع لا يجوز المرور إلا بها', en: 'The only branches that may be passed' },
  transitClasses: {
    ar: 'فئات الفروع التي لا يجوز المرور إلا بها',
    en: 'The only classes of branches that may be passed',
  },
  retention: { ar: 'حفظ مضمون الرسائل', en: 'Retention of payloads' },
  retained: { ar: 'يُحفظ', en: 'kept' },
  notRetained: { ar: 'لا يُحفظ؛ تُحفظ أدلّة الإثبات وحدها', en: 'not kept; evidence alone is kept' },
  acknowledgement: { ar: 'الإقرار بالاستلام', en: 'Acknowledgement of receipt' },
  required: { ar: 'مطلوب', en: 'required' },
  notRequired: { ar: 'غير مطلوب', en: 'not required' },
  branches: { ar: 'فروع الشبكة المستخدمة', en: 'Branches used' },
  lines: { ar: 'خطوط الربط المستخدمة وكلفتها', en: 'Lines used and their cost' },
  noLines: { ar: 'لا خطوط مذكورة', en: 'no lines named' },
  extraLineCost: { ar: 'الكلفة الإضافية للخطوط', en: 'Extra line cost' },
  noExtraCost: { ar: 'لا شيء: تكفي الخطوط القائمة', en: 'none: existing lines carry it' },
  branch: { ar: 'فرع الشبكة', en: 'Branch' },
  site: { ar: 'الموقع', en: 'Site' },
  hostedServices: { ar: 'الخدمات المقدَّمة هناك', en: 'Services reached there' },
} as const satisfies Record<string, Bilingual>

export const KINDS = {
  api: { ar: 'طلب وردّ', en: 'request and response' },
  events: { ar: 'أحداث', en: 'events' },
  files: { ar: 'ملفّات', en: 'files' },
  stream: { ar: 'تدفّق بيانات', en: 'byte streams' },
} as const satisfies Record<string, Bilingual>

export const DATA_CLASSES = {
  open: { ar: 'مفتوحة', en: 'open' },
  confidential: { ar: 'خاصّة', en: 'confidential' },
  sensitive: { ar: 'حسّاسة', en: 'sensitive' },
  secret: { ar: 'سرّية', en: 'secret' },
} as const satisfies Record<string, Bilingual>

export const LIMITS = {
  requestsPerSecond: { ar: 'أقصى عدد للطلبات في الثانية', en: 'Requests a second, at most' },
  requestsPerDay: { ar: 'أقصى عدد للطلبات في اليوم', en: 'Requests a day, at most' },
  bytesPerDay: { ar: 'أقصى عدد للبايتات في اليوم', en: 'Bytes a day, at most' },
} as const satisfies Record<string, Bilingual>

/** From Monday, as ISO 8601 counts. */
export const DAYS: readonly Bilingual[] = [
  { ar: 'الاثنين', en: 'Monday' },
  { ar: 'الثلاثاء', en: 'Tuesday' },
  { ar: 'الأربعاء', en: 'Wednesday' },
  { ar: 'الخميس', en: 'Thursday' },
  { ar: 'الجمعة', en: 'Friday' },
  { ar: 'السبت', en: 'Saturday' },
  { ar: 'الأحد', en: 'Sunday' },
]

/** As used in the Emirates. Fixed here: the names that a runtime gives change with its version. */
export const MONTHS: readonly Bilingual[] = [
  { ar: 'يناير', en: 'January' },
  { ar: 'فبراير', en: 'February' },
  { ar: 'مارس', en: 'March' },
  { ar: 'أبريل', en: 'April' },
  { ar: 'مايو', en: 'May' },
  { ar: 'يونيو', en: 'June' },
  { ar: 'يوليو', en: 'July' },
  { ar: 'أغسطس', en: 'August' },
  { ar: 'سبتمبر', en: 'September' },
  { ar: 'أكتوبر', en: 'October' },
  { ar: 'نوفمبر', en: 'November' },
  { ar: 'ديسمبر', en: 'December' },
]
