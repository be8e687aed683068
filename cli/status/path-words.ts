import type { Language } from '../explain-lines.ts'

/** The words of `wusla path`. */
export const PATH_WORDS = {
  terms: { en: 'terms of {service}: {rule}', ar: 'شروط {service}: {rule}' },
  anyPath: { en: 'any path', ar: 'أي مسار' },
  avoid: { en: 'never over {branches}', ar: 'ليس عبر {branches} أبدًا' },
  only: { en: 'only over {branches}', ar: 'عبر {branches} فقط' },
  classes: { en: 'only over branches of class {classes}', ar: 'عبر فروع من الفئة {classes} فقط' },
  noAgreement: {
    en: 'no agreement in force grants {service} here; ask `wusla explain`',
    ar: 'لا اتفاقية سارية تمنح {service} هنا؛ اسأل `wusla explain`',
  },
  inUse: { en: 'in use: {path}', ar: 'المستعمل: {path}' },
  spare: { en: 'spare: {path}', ar: 'الاحتياط: {path}' },
  ending: { en: 'ending: {path}', ar: 'ينتهي: {path}' },
  notAllowed: {
    en: 'open, but the terms do not let it be used: {path}',
    ar: 'مفتوح ولا تسمح به الشروط: {path}',
  },
  session: {
    en: 'for {age}, round trip {rtt}, {streams} active, {sent} sent, {served} served',
    ar: 'منذ {age}، ذهاب وإياب {rtt}، جارية {streams}، أُرسل {sent}، خُدم {served}',
  },
  unmeasured: { en: 'not measured yet', ar: 'لم يُقس بعد' },
  noSession: {
    en: 'no session now; a request would open one over {path}',
    ar: 'لا جلسة الآن؛ وطلبٌ سيفتحها عبر {path}',
  },
  noPath: {
    en: 'NO PATH: no branch of ours knows an allowed way to it; calls wait, then fail with no_path',
    ar: 'لا مسار: لا يعرف أي من فروعنا طريقًا مسموحًا إليها؛ تنتظر الاستدعاءات ثم تفشل بالرمز no_path',
  },
  nextSpare: { en: 'no spare now; it would go over {path}', ar: 'لا احتياط الآن؛ وسيكون عبر {path}' },
  noSpare: {
    en: 'no spare: no way without the branches in use is known',
    ar: 'لا احتياط: لا يُعرف طريق بلا الفروع المستعملة',
  },
  why: { en: 'why: ', ar: 'السبب: ' },
  best: { en: 'the least costly of {count} ways', ar: 'الأقل كلفة من {count} طرق' },
  dearer: {
    en: 'a way that costs {more} less is not in use',
    ar: 'هناك طريق كلفته أقل بمقدار {more} وهو غير مستعمل',
  },
  cheapest: {
    en: 'the least costly way as a whole: {rtt} to {branch} and {cost} beyond it',
    ar: 'أقل الطرق كلفة بمجموعها: {rtt} إلى الفرع {branch} و{cost} بعده',
  },
  only1: { en: 'the only way known', ar: 'الطريق الوحيد المعروف' },
  peerOpened: { en: 'the other gateway opened it', ar: 'فتحته البوابة الأخرى' },
  weighing: { en: 'WAYS', ar: 'الطرق' },
  link: {
    en: 'our link to {branch} is {state} ({reason}) since {time}',
    ar: 'اتصالنا بالفرع {branch}: {state} ({reason}) منذ {time}',
  },
  unanswered: { en: '{branch} did not weigh: {detail}', ar: 'لم يزن الفرع {branch}: {detail}' },
  use: { en: 'use', ar: 'الاستعمال' },
  path: { en: 'path', ar: 'المسار' },
  cost: { en: 'cost', ar: 'الكلفة' },
  rtt: { en: 'rtt', ar: 'ذهاب وإياب' },
  free: { en: 'Mbit/s used/of', ar: 'ميغابت/ث مستعمل/من' },
  price: { en: 'AED/month', ar: 'درهم/شهر' },
  lines: { en: 'lines', ar: 'الخطوط' },
  risk: { en: 'shared risk', ar: 'خطر مشترك' },
  in_use: { en: 'in use', ar: 'مستعمل' },
  spareUse: { en: 'spare', ar: 'احتياط' },
  next: { en: 'next', ar: 'التالي' },
  next_spare: { en: 'next spare', ar: 'الاحتياط التالي' },
  possible: { en: 'possible', ar: 'ممكن' },
  forbidden: { en: 'FORBIDDEN', ar: 'ممنوع' },
} as const satisfies Record<string, Readonly<Record<Language, string>>>

/** A word of `wusla path` in one language, with what it names filled in. */
export function pathWord(
  name: keyof typeof PATH_WORDS,
  language: Language,
  facts: Readonly<Record<string, string | number>> = {},
): string {
  return PATH_WORDS[name][language].replaceAll(/\{(\w+)\}/g, (_, fact: string) => String(facts[fact] ?? ''))
}
