import type { Language } from '../explain-lines.ts'

type Bilingual = Readonly<Record<Language, string>>

/** What a problem says, what it affects, and what to do. `{name}` stands for a fact. */
interface ProblemText {
  readonly what: Bilingual
  readonly effect: Bilingual
  readonly remedy: Bilingual
}

/** Kinds of problems that `wusla status` finds. */
export type ProblemCode =
  | 'gateway_cut_off'
  | 'gateway_without_branch'
  | 'branch_silent'
  | 'gateway_silent'
  | 'registry_silent'
  | 'evidence_unhealthy'
  | 'gateway_alarm'
  | 'branch_alarm'
  | 'branch_link_down'
  | 'gateway_link_down'
  | 'branch_draining'
  | 'witness_failing'
  | 'no_spare'

/** Whether gateways are cut off by a branch that is gone. */
export const CUT_OFF_TEXTS: Readonly<Record<'some' | 'none', Bilingual>> = {
  some: {
    en: 'CUT OFF, for want of another branch: {cut}',
    ar: 'وانقطعت تمامًا، إذ لا فرع آخر لها: {cut}',
  },
  none: { en: 'all of them have another branch that works', ar: 'ولكلٍّ منها فرع آخر يعمل' },
}

/** How a connection failed, in words. */
export const REASON_TEXTS: Readonly<Record<string, Bilingual>> = {
  connection_refused: { en: 'connection refused', ar: 'رُفض الاتصال' },
  no_answer_in_time: { en: 'no answer in time', ar: 'لا ردّ في المهلة' },
  unknown_host: { en: 'no such host', ar: 'لا يوجد مضيف بهذا الاسم' },
  not_allowed: { en: 'it does not take our token', ar: 'لا يقبل رمز الدخول' },
  not_understood: {
    en: 'what answers there gives no status that this release reads',
    ar: 'ما يجيب هناك لا يعطي حالةً يقرؤها هذا الإصدار',
  },
  failed: { en: 'the request failed', ar: 'فشل الطلب' },
}

export const PROBLEM_TEXTS: Readonly<Record<ProblemCode, ProblemText>> = {
  gateway_cut_off: {
    what: { en: 'no link to any branch ({names})', ar: 'لا اتصال بأي فرع ({names})' },
    effect: {
      en: 'the entity can neither call nor be called over branches; calls wait, then fail with no_path',
      ar: 'لا تستطيع الجهة أن تستدعي أو تُستدعى عبر الفروع؛ تنتظر الاستدعاءات ثم تفشل بالرمز no_path',
    },
    remedy: {
      en: 'check the network of the gateway first; if branches are silent above, bring one back',
      ar: 'افحص شبكة البوابة أولًا؛ وإن كانت فروع أعلاه صامتة فأعد أحدها',
    },
  },
  gateway_without_branch: {
    what: {
      en: 'the directory has no branch for it any more: its home branches are retired',
      ar: 'لم يبقَ لها فرع في الدليل: أُحيلت فروعها الأصلية إلى التقاعد',
    },
    effect: {
      en: 'the entity can neither call nor be called over branches; calls wait, then fail with no_path',
      ar: 'لا تستطيع الجهة أن تستدعي أو تُستدعى عبر الفروع؛ تنتظر الاستدعاءات ثم تفشل بالرمز no_path',
    },
    remedy: {
      en: 'register a line from it to a branch in office (`wusla line register`)',
      ar: 'سجّل خطّ ربط منها إلى فرع قائم (`wusla line register`)',
    },
  },
  branch_silent: {
    what: { en: 'the branch does not answer: {reason} ({url})', ar: 'الفرع لا يردّ: {reason} ({url})' },
    effect: {
      en: '{lost} of the {homes} gateways that answered and use it lost it; {cutOff}',
      ar: 'فقدته {lost} من {homes} بوابات ردّت وتستعمله؛ {cutOff}',
    },
    remedy: {
      en: 'start it again (`wusla branch run --dir …`); if it runs, look at its machine and lines',
      ar: 'شغّله من جديد (`wusla branch run --dir …`)؛ وإن كان يعمل فافحص جهازه وخطوطه',
    },
  },
  gateway_silent: {
    what: { en: 'the gateway does not answer: {reason} ({url})', ar: 'البوابة لا تردّ: {reason} ({url})' },
    effect: {
      en: '{seen} of {asked} branches that answered still see it; if none does, its entity is off the network',
      ar: 'ما زال يراها {seen} من {asked} فروع ردّت؛ وإن لم يرها أي فرع فجهتها خارج الشبكة',
    },
    remedy: {
      en: 'start it again (`wusla gateway run --dir …`); if branches see it, only its admin API is out of reach',
      ar: 'شغّلها من جديد (`wusla gateway run --dir …`)؛ وإن كانت الفروع تراها فواجهة الإدارة وحدها بعيدة المنال',
    },
  },
  registry_silent: {
    what: { en: 'the registry does not answer: {reason} ({url})', ar: 'السجلّ لا يردّ: {reason} ({url})' },
    effect: {
      en: 'exchanges go on; nothing new is admitted, agreed or revoked until it is back',
      ar: 'تستمر التبادلات؛ ولا قبول ولا اتفاق ولا إلغاء جديدًا حتى يعود',
    },
    remedy: {
      en: 'start it again (`wusla registry run --dir …`) before the certificates of a day run out',
      ar: 'شغّله من جديد (`wusla registry run --dir …`) قبل أن تنتهي شهادات اليوم',
    },
  },
  evidence_unhealthy: {
    what: { en: 'the evidence cannot be written', ar: 'لا يمكن كتابة الأدلة' },
    effect: { en: 'new exchanges are refused there', ar: 'تُرفض التبادلات الجديدة هناك' },
    remedy: {
      en: 'free or replace its disk; it goes on by itself',
      ar: 'أفرغ قرصها أو بدّله؛ ثم تتابع وحدها',
    },
  },
  gateway_alarm: {
    what: { en: 'alarm {alarm}: {detail}', ar: 'إنذار {alarm}: {detail}' },
    effect: { en: '{alarmEffect}', ar: '{alarmEffect}' },
    remedy: { en: '{alarmRemedy}', ar: '{alarmRemedy}' },
  },
  branch_alarm: {
    what: { en: 'alarm {alarm}: {en}', ar: 'إنذار {alarm}: {ar}' },
    effect: { en: 'exchanges over a full line become slow', ar: 'تبطؤ التبادلات على خط ممتلئ' },
    remedy: {
      en: 'see who fills it (`wusla branch status`), and what another line would do (`wusla plan impact`)',
      ar: 'انظر من يملؤه (`wusla branch status`) وما أثر خط آخر (`wusla plan impact`)',
    },
  },
  branch_link_down: {
    what: {
      en: 'the link to {far} is down, and both branches answer',
      ar: 'الاتصال بالفرع {far} مقطوع، والفرعان يردّان',
    },
    effect: {
      en: 'paths go around it where there is another line',
      ar: 'تلتفّ المسارات حوله حيث يوجد خط آخر',
    },
    remedy: {
      en: 'check the line between the two data centres and the control ports of both branches',
      ar: 'افحص الخط بين مركزي البيانات ومنفذ التحكم في الفرعين',
    },
  },
  gateway_link_down: {
    what: {
      en: 'its link to {branch} is not up ({reason})',
      ar: 'اتصالها بالفرع {branch} غير قائم ({reason})',
    },
    effect: { en: 'its exchanges use its other branches', ar: 'تستعمل تبادلاتها فروعها الأخرى' },
    remedy: {
      en: 'the branch answers: check the line between the two and the firewall of the entity',
      ar: 'الفرع يردّ: افحص الخط بينهما وجدار الحماية لدى الجهة',
    },
  },
  branch_draining: {
    what: { en: 'the branch is leaving in order', ar: 'الفرع يغادر بانتظام' },
    effect: { en: 'nothing new is opened through it', ar: 'لا يُفتح عبره شيء جديد' },
    remedy: { en: 'nothing, if it was meant', ar: 'لا شيء، إن كان مقصودًا' },
  },
  witness_failing: {
    what: {
      en: 'the branch does not cosign the directory ({detail})',
      ar: 'الفرع لا يوقّع على الدليل ({detail})',
    },
    effect: {
      en: 'one witness less; with none left gateways raise directory_unwitnessed',
      ar: 'شاهد أقل؛ وإن لم يبق شاهد أطلقت البوابات directory_unwitnessed',
    },
    remedy: {
      en: 'can the registry reach its HTTP address? if it is "ahead", call the operator of the registry at once',
      ar: 'هل يصل السجلّ إلى عنوان HTTP له؟ وإن كان "ahead" فاتصل بمشغّل السجلّ فورًا',
    },
  },
  no_spare: {
    what: {
      en: 'no spare session to {count}: {names}',
      ar: 'لا جلسة احتياطية إلى {count}: {names}',
    },
    effect: {
      en: 'losing the path in use would be noticed there',
      ar: 'سيُلاحظ هناك فقدان المسار المستعمل',
    },
    remedy: {
      en: 'see `wusla path` for why; another branch or line gives one (`wusla plan impact`)',
      ar: 'السبب في `wusla path`؛ وفرع أو خط آخر يوفرها (`wusla plan impact`)',
    },
  },
}
