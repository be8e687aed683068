import type { Language } from '../explain-lines.ts'
import { ALARM_TEXTS, UNKNOWN_ALARM } from './alarm-texts.ts'
import type { Fact, Problem } from './find-problems.ts'
import { CUT_OFF_TEXTS, PROBLEM_TEXTS, REASON_TEXTS } from './problem-texts.ts'

/** A problem in one language. */
export interface ToldProblem {
  readonly what: string
  readonly effect: string
  readonly remedy: string
}

/**
 * The words of a problem.
 *
 * @param nameOf - how an identifier is written. Default: as it is
 */
export function tellProblem(
  { code, facts }: Problem,
  language: Language,
  nameOf: (id: string) => string = (id) => id,
): ToldProblem {
  const { what, effect, remedy } = PROBLEM_TEXTS[code]
  const alarm = ALARM_TEXTS[String(facts['alarm'])] ?? UNKNOWN_ALARM
  const { cut } = facts
  const words: Readonly<Record<string, string>> = {
    reason: REASON_TEXTS[String(facts['reason'])]?.[language] ?? String(facts['reason']),
    alarmEffect: alarm.effect[language],
    alarmRemedy: alarm.remedy[language],
    cutOff: CUT_OFF_TEXTS[typeof cut === 'object' && cut.length > 0 ? 'some' : 'none'][language],
    // Sentences of an actor, which isolated what they name.
    en: String(facts['en']),
    ar: String(facts['ar']),
  }
  const spell = (fact: Fact): string => {
    if (typeof fact === 'object') return fact.map(nameOf).join(language === 'ar' ? '، ' : ', ')
    return language === 'ar' && typeof fact === 'string' ? `\u2066${fact}\u2069` : String(fact)
  }
  const named = (name: string): string | undefined => {
    const fact = facts[name]
    return fact === undefined ? undefined : spell(fact)
  }
  // A word may name facts itself.
  const fill = (text: string): string =>
    insert(
      insert(text, (name) => words[name]),
      named,
    )
  return { what: fill(what[language]), effect: fill(effect[language]), remedy: fill(remedy[language]) }
}

function insert(text: string, valueOf: (name: string) => string | undefined): string {
  return text.replaceAll(/\{(\w+)\}/g, (place, name: string) => valueOf(name) ?? place)
}
