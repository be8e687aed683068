import { counted, formatNumber } from './counted-nouns.ts'
import type { Language, Noun } from './counted-nouns.ts'

export type { Language } from './counted-nouns.ts'

/** What a placeholder stands for: a name, a number, a number of something, or another message. */
export type Fact =
  string | number | { readonly count: number; readonly noun: Noun } | { readonly message: MessageCode }

export type Facts = Readonly<Record<string, Fact>>

const TEXTS = {
  avoided_cost: {
    en: 'Lines of their own would cost {aed} AED a month ({lines}, each as dear as the cheapest the entity has).',
    ar: 'لو مدّت كلّ جهة خطًّا خاصًّا بها لبلغت الكلفة {aed} درهم شهريًّا ({lines}، كلٌّ منها بكلفة أرخص خطّ لدى الجهة).',
  },
  capacity_unknown: {
    en: 'Of the lines in use, these have no stated capacity, so nobody checked whether they are wide enough: {lines}.',
    ar: 'من الخطوط المستخدمة ما لم تُذكر سعته، فلم يُتحقَّق من كفايته: {lines}.',
  },
  demand_blocked: {
    en: 'The demand from {from} to {to} has no path: {obstacle}.',
    ar: 'لا مسار للحركة من {from} إلى {to}: {obstacle}.',
  },
  design_gap: {
    en: 'Cost {cost}. No network costs less than {bound}: this one is at most {percent} % too dear.',
    ar: 'الكلفة {cost}. لا شبكة كلفتها أقلّ من {bound}: قد تزيد كلفة هذه الشبكة بما لا يتجاوز {percent}%.',
  },
  design_optimal: {
    en: 'Cost {cost}. Proven: no network costs less.',
    ar: 'الكلفة {cost}. ثبت أنه لا شبكة أقلّ كلفة.',
  },
  design_survives_branch: {
    en: 'Everything is carried when any one line, shared-risk group or branch fails.',
    ar: 'يستمرّ نقل كلّ شيء عند تعطّل أيّ خطّ أو مجموعة مخاطر مشتركة أو فرع واحد.',
  },
  design_survives_line: {
    en: 'Everything is carried when any one line or shared-risk group fails.',
    ar: 'يستمرّ نقل كلّ شيء عند تعطّل أيّ خطّ واحد أو مجموعة مخاطر مشتركة.',
  },
  design_survives_none: {
    en: 'Nothing is said of failures: ask with {flag}.',
    ar: 'لا يُراعى أيّ عطل: للمراعاة استخدم {flag}.',
  },
  existing_lines_suffice: {
    en: 'No extra line cost: the existing lines carry everything.',
    ar: 'لا كلفة إضافية في خطوط الاتصال: الخطوط القائمة تحمل كلّ شيء.',
  },
  failure_fills_line: {
    en: 'When {id} fails, line {line} has to carry {percent} % of its capacity.',
    ar: 'عند تعطّل {id} يُطلب من الخطّ {line} أن يحمل {percent}% من سعته.',
  },
  fullest_line: {
    en: 'The fullest line is {line}, at {percent} % of its capacity.',
    ar: 'أكثر الخطوط امتلاءً هو {line} بنسبة {percent}% من سعته.',
  },
  installed_line: {
    en: 'Line {line} has been there since {since} and is paid for already.',
    ar: 'الخطّ {line} قائم منذ {since} وكلفته مدفوعة أصلًا.',
  },
  line_filled: {
    en: 'Line {line} would have to carry {mbps} Mbit/s and takes {capacity}: {lines} more of its kind cost {aed} AED a month.',
    ar: 'على الخطّ {line} أن يحمل {mbps} ميغابت/ث وسعته {capacity}: يلزم المزيد من نوعه ({lines}) بكلفة {aed} درهم شهريًّا.',
  },
  line_filled_unpriced: {
    en: 'Line {line} would have to carry {mbps} Mbit/s and takes {capacity}: {lines} more of its kind, whose price nobody has stated.',
    ar: 'على الخطّ {line} أن يحمل {mbps} ميغابت/ث وسعته {capacity}: يلزم المزيد من نوعه ({lines}) ولم تُذكر كلفته.',
  },
  new_line: {
    en: 'Line {line} is new and costs {aed} AED a month.',
    ar: 'الخطّ {line} جديد وكلفته {aed} درهم شهريًّا.',
  },
  new_line_unpriced: {
    en: 'Line {line} is new and nobody has stated its price.',
    ar: 'الخطّ {line} جديد ولم تُذكر كلفته.',
  },
  no_demand: {
    en: 'No line is added, so there is no extra line cost. No demand is stated: whether the lines are wide enough was not checked.',
    ar: 'لا يُضاف أيّ خطّ، فلا كلفة إضافية في خطوط الاتصال. ولم تُذكر أحجام الحركة، فلم يُتحقَّق من كفاية السعة.',
  },
  nothing_changes: {
    en: 'Nothing changes for anybody.',
    ar: 'لا يتغيّر شيء لدى أيّ جهة.',
  },
  point_added: {
    en: '{id} becomes a single point of failure.',
    ar: 'يصبح {id} نقطة عطل وحيدة.',
  },
  point_removed: {
    en: '{id} is no longer a single point of failure.',
    ar: 'لم يعد {id} نقطة عطل وحيدة.',
  },
  services_gained: {
    en: 'Newly within reach: {services}; who gains: {entities}.',
    ar: 'في المتناول حديثًا: {services}؛ المستفيد: {entities}.',
  },
  services_lost: {
    en: 'No longer within reach: {services}; who loses: {entities}.',
    ar: 'لم يعد في المتناول: {services}؛ المتضرّر: {entities}.',
  },
  still_unreached: {
    en: '{entity} may use {service}, but cannot reach it: {obstacle}.',
    ar: 'يُسمح للجهة {entity} باستخدام {service} ولكن لا سبيل إليها: {obstacle}.',
  },
  obstacle_no_gateway: {
    en: 'one of the two has no gateway on the network',
    ar: 'ليس لإحدى الجهتين بوّابة ربط على الشبكة',
  },
  obstacle_not_connected: {
    en: 'no lines lead there',
    ar: 'لا خطوط تصل إليها',
  },
  obstacle_not_granted: {
    en: 'no agreement allows it',
    ar: 'لا اتفاقية تسمح بها',
  },
  obstacle_transit: {
    en: 'every path leads through a branch that the agreement rules out',
    ar: 'كلّ مسار يمرّ بفرع تستبعده الاتفاقية',
  },
  heading_branches: { en: 'Branches to commission', ar: 'الفروع المطلوب تشغيلها' },
  heading_cost: { en: 'Line cost', ar: 'كلفة الخطوط' },
  heading_failures: { en: 'What one failure takes away', ar: 'ما يُفقد عند عطل واحد' },
  heading_gained: { en: 'Services that come within reach', ar: 'الخدمات التي تصبح في المتناول' },
  heading_leased: { en: 'Lines to lease', ar: 'الخطوط المطلوب استئجارها' },
  heading_lines: { en: 'Lines in use', ar: 'الخطوط المستخدمة' },
  heading_lost: { en: 'Services that are lost', ar: 'الخدمات المفقودة' },
  heading_moved: { en: 'Services on another path', ar: 'الخدمات التي يتغيّر مسارها' },
  heading_points: { en: 'Single points of failure', ar: 'نقاط العطل الوحيدة' },
  heading_reasons: { en: 'Why', ar: 'الأسباب' },
  heading_reach: { en: 'Services within reach', ar: 'الخدمات في المتناول' },
  latency: { en: '{ms} ms', ar: 'الزمن {ms} مث' },
  latency_unknown: { en: 'latency unknown', ar: 'الزمن غير معروف' },
  legend_chosen: { en: 'chosen', ar: 'مختار' },
  legend_full: { en: 'more than it can carry', ar: 'فوق ما يحمله' },
  legend_new: { en: 'new', ar: 'جديد' },
  legend_plain: { en: 'existing', ar: 'قائم' },
  legend_weak: { en: 'single point of failure', ar: 'نقطة عطل وحيدة' },
  legend_unused: { en: 'not needed', ar: 'لا حاجة إليه' },
  picture_design: { en: 'where lines should go', ar: 'أين تُمدّ الخطوط' },
  picture_impact: { en: 'impact study', ar: 'دراسة الأثر' },
  row_cost: {
    en: 'before {before}, after {after}, extra {extra} AED a month',
    ar: 'قبل: {before}، بعد: {after}، إضافي: {extra} درهم شهريًّا',
  },
  row_cost_unpriced: {
    en: 'prices are not known of: {lines}',
    ar: 'لم تُذكر كلفة: {lines}',
  },
  row_designed: {
    en: '{line}: {ends}, {modules}, capacity {capacity}, load {load}, cost {cost}',
    ar: '{line}: {ends}، {modules}، السعة {capacity}، الحمل {load}، الكلفة {cost}',
  },
  row_failure: {
    en: '{id}: lost {uses}, {demands}; parted {pairs}; overfull {lines}',
    ar: '{id}: المفقود {uses}، {demands}؛ المنفصل {pairs}؛ الممتلئ {lines}',
  },
  row_failures: {
    en: '{failures} looked at, {harmful} of them do harm',
    ar: 'دُرس {failures}، والضارّ منها {harmful}',
  },
  row_line: { en: '{line}: {mbps} Mbit/s', ar: '{line}: {mbps} ميغابت/ث' },
  row_line_use: {
    en: '{line}: {mbps} of {capacity} Mbit/s, {percent} %',
    ar: '{line}: {mbps} من {capacity} ميغابت/ث، {percent}%',
  },
  row_more: { en: '… and {count} more (all of them with {flag})', ar: '… و{count} غيرها (كلّها مع {flag})' },
  row_moved: {
    en: '{entity} → {service}: {hopsBefore} → {hopsAfter} hops, {before} → {after}',
    ar: '{entity} ← {service}: القفزات {hopsBefore} ← {hopsAfter}، {before} ← {after}',
  },
  row_points: {
    en: 'lines: before {linesBefore}, after {linesAfter}; branches: before {branchesBefore}, after {branchesAfter}',
    ar: 'الخطوط: قبل {linesBefore}، بعد {linesAfter}؛ الفروع: قبل {branchesBefore}، بعد {branchesAfter}',
  },
  row_reached: {
    en: '{entity} → {service}: {hops} hops, {latency}, over {path}',
    ar: '{entity} ← {service}: القفزات {hops}، {latency}، عبر {path}',
  },
  unknown: { en: 'unknown', ar: 'غير معروف' },
} as const satisfies Record<string, Readonly<Record<Language, string>>>

/** A message of the planner. */
export type MessageCode = keyof typeof TEXTS

/**
 * A message in one language. Names stand between isolating marks in Arabic, since their letters run the other way and
 * would otherwise drag the words around them along.
 */
export function say(code: MessageCode, facts: Facts, language: Language): string {
  return TEXTS[code][language].replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const fact = facts[name] ?? '–'
    if (typeof fact === 'number') return formatNumber(fact, language)
    if (typeof fact === 'object') {
      return 'message' in fact ? say(fact.message, {}, language) : counted(fact.count, fact.noun, language)
    }
    return language === 'ar' && !isArabic(fact) ? `\u2066${fact}\u2069` : fact
  })
}

function isArabic(text: string): boolean {
  return /\p{Script=Arabic}/u.test(text)
}
