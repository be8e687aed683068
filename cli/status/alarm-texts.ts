import type { Language } from '../explain-lines.ts'

type Bilingual = Readonly<Record<Language, string>>

interface AlarmText {
  readonly effect: Bilingual
  readonly remedy: Bilingual
}

const NOTHING_YET: Bilingual = { en: 'exchanges go on', ar: 'تستمر التبادلات' }

/** What an alarm of a gateway affects and what to do: the table of docs/guides/operate.md in short. */
export const ALARM_TEXTS: Readonly<Record<string, AlarmText>> = {
  own_member_changed: {
    effect: {
      en: 'somebody may act in the name of this entity',
      ar: 'قد يتصرف أحدهم باسم هذه الجهة',
    },
    remedy: {
      en: 'look at the entry; if nobody here meant it, call the operator and revoke the key',
      ar: 'انظر في القيد؛ وإن لم يقصده أحد هنا فاتصل بالمشغّل وألغِ المفتاح',
    },
  },
  member_readmitted: {
    effect: { en: 'all former keys of that member are void', ar: 'بطلت كل مفاتيح ذلك العضو السابقة' },
    remedy: { en: 'it is public: ask why', ar: 'الأمر معلن: اسأل عن السبب' },
  },
  directory_forked: {
    effect: { en: 'the registry shows different pasts', ar: 'السجلّ يعرض ماضيين مختلفين' },
    remedy: {
      en: 'stop trusting the registry and keep both notes: they are the proof',
      ar: 'لا تثق بالسجلّ واحتفظ بالمذكرتين: هما الدليل',
    },
  },
  directory_stale: {
    effect: {
      en: "exchanges go on until the network's bound; changes do not arrive",
      ar: 'تستمر التبادلات حتى حدّ الشبكة؛ ولا تصل التغييرات',
    },
    remedy: { en: 'check the way to branches and registry', ar: 'افحص الطريق إلى الفروع والسجلّ' },
  },
  directory_unwitnessed: {
    effect: NOTHING_YET,
    remedy: {
      en: 'are the branches up? if they are, compare our checkpoint with theirs (/log/checkpoint)',
      ar: 'هل الفروع تعمل؟ إن كانت تعمل فقارن نقطة تحققنا بنقاطها (/log/checkpoint)',
    },
  },
  change_refused: {
    effect: { en: 'the entry has no effect', ar: 'لا أثر للقيد' },
    remedy: { en: "ask the registry's operator", ar: 'اسأل مشغّل السجلّ' },
  },
  evidence_unwritable: {
    effect: { en: 'new exchanges are refused there', ar: 'تُرفض التبادلات الجديدة هناك' },
    remedy: {
      en: 'free or replace its disk; it goes on by itself',
      ar: 'أفرغ قرصها أو بدّله؛ ثم تتابع وحدها',
    },
  },
  certificate_not_renewed: {
    effect: {
      en: 'nothing until its certificate ends, then no new link',
      ar: 'لا شيء حتى تنتهي شهادتها، ثم لا اتصال جديدًا',
    },
    remedy: { en: 'bring the registry back', ar: 'أعد السجلّ إلى العمل' },
  },
  agreement_not_verified: {
    effect: { en: 'that agreement allows nothing here', ar: 'لا تسمح تلك الاتفاقية هنا بشيء' },
    remedy: {
      en: 'look at its document with the other party, and sign anew',
      ar: 'انظر في مستندها مع الطرف الآخر، ثم وقّعاها من جديد',
    },
  },
  not_acknowledged: {
    effect: {
      en: 'those answers do not count as sent',
      ar: 'لا تُعدّ تلك الردود مُرسَلة',
    },
    remedy: {
      en: 'wusla evidence list --unacknowledged names them; ask the other party, or send the document in another way',
      ar: 'الأمر wusla evidence list --unacknowledged يسمّيها؛ اسأل الطرف الآخر أو أرسل المستند بطريقة أخرى',
    },
  },
  test_authority: {
    effect: { en: 'signed agreements allow nothing here', ar: 'لا تسمح الاتفاقيات الموقّعة هنا بشيء' },
    remedy: {
      en: 'take the test root out of the signing policy; in a network for trying out set testAuthorities in gateway.json',
      ar: 'أزل جذر الاختبار من سياسة التوقيع؛ وفي شبكة للتجربة اضبط testAuthorities في gateway.json',
    },
  },
  registry_unreachable: {
    effect: { en: 'a new agreement allows nothing here yet', ar: 'اتفاقية جديدة لا تسمح هنا بشيء بعد' },
    remedy: { en: 'bring the registry back', ar: 'أعد السجلّ إلى العمل' },
  },
}

/** For an alarm of a newer version. */
export const UNKNOWN_ALARM: AlarmText = {
  effect: { en: 'not known to this version', ar: 'لا يعرفه هذا الإصدار' },
  remedy: { en: 'see the events of the gateway', ar: 'انظر في أحداث البوابة' },
}
