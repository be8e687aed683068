import type { Coefficient } from '../src/gateway/paperless-coefficients.ts'
import type { KindFigures, PaperlessFigures, Savings, SheetsFrom } from '../src/gateway/paperless-figures.ts'
import { type Say, sayIn } from './evidence-lines.ts'
import type { Language } from './explain-lines.ts'
import { countedPaper, type PaperNoun } from './paperless-nouns.ts'

/** Figures that were worked out with the same coefficients, and whose they are. */
export interface PaperlessBlock {
  readonly gateways: readonly string[]
  readonly from?: string
  readonly until?: string
  readonly figures: PaperlessFigures
  /** Some records are not in the index yet. */
  readonly isBehind: boolean
  /** Older records were removed at the end of their retention. */
  readonly hasRemoved: boolean
}

const WORDS = {
  head: { en: 'paper saved by {gateways}', ar: 'الورق الموفَّر لدى {gateways}' },
  always: { en: 'in all the time of their evidence', ar: 'خلال مدة الأدلة كلها' },
  since: { en: 'from {from} on', ar: 'منذ {from}' },
  before: { en: 'before {until}', ar: 'قبل {until}' },
  between: { en: 'from {from} on, before {until}', ar: 'منذ {from} وقبل {until}' },
  exchanges: { en: 'Answered: {count}', ar: 'تبادلات مُجابة: {count}' },
  agreements: { en: 'Signed: {count}', ar: 'اتفاقيات موقّعة: {count}' },
  withService: { en: '{count} with {service}', ar: '{count} مع {service}' },
  source: { en: 'source: {source}', ar: 'المصدر: {source}' },
  eachExchange: { en: '{n} an exchange', ar: '{n} لكل تبادل' },
  eachAgreement: { en: '{n} an agreement', ar: '{n} لكل اتفاقية' },
  eachSheet: { en: '{n} a sheet', ar: '{n} لكل ورقة' },
  eachTree: { en: '{n} a tree', ar: '{n} لكل شجرة' },
  together: {
    en: 'Together, by the coefficients above: {saved}',
    ar: 'المجموع وفق المعاملات أعلاه: {saved}',
  },
  once: {
    en: "Counted at the consumer's side only, each exchange once. Every figure is rounded by itself, half upwards.",
    ar: 'العدّ لدى المستفيد وحده، فيُحسب كل تبادل مرة واحدة. ويُقرَّب كل رقم على حدة، والنصف إلى الأعلى.',
  },
  behind: {
    en: 'Newest exchanges are missing: the index has not seen all records yet.',
    ar: 'أحدث التبادلات غير محسوبة: الفهرس لم يشمل كل السجلات بعد.',
  },
  removed: {
    en: 'Older exchanges are missing: their evidence was removed at the end of its retention.',
    ar: 'التبادلات الأقدم غير محسوبة: أُزيلت أدلتها بانتهاء مدة حفظها.',
  },
} as const

/** Figures for people: every number with the coefficients that made it, and the source of each. */
export function paperlessLines(block: PaperlessBlock, language: Language): string[] {
  const say = sayIn(language)
  const { figures } = block
  const comma = language === 'ar' ? '، ' : ', '
  return [
    say(WORDS.head, { gateways: block.gateways.join(', ') }),
    `  ${periodText(block, say)}`,
    ...figures.kinds.flatMap((kind) => kindLines(kind, language)),
    plain(WORDS.together[language], 'saved', Object.values(savedTexts(figures.saved, language)).join(comma)),
    WORDS.once[language],
    ...(block.isBehind ? [WORDS.behind[language]] : []),
    ...(block.hasRemoved ? [WORDS.removed[language]] : []),
  ]
}

function periodText({ from, until }: PaperlessBlock, say: Say): string {
  if (from !== undefined)
    return until === undefined ? say(WORDS.since, { from }) : say(WORDS.between, { from, until })
  return until === undefined ? say(WORDS.always) : say(WORDS.before, { until })
}

function kindLines({ kind, count, from, perSheet, saved }: KindFigures, language: Language): string[] {
  const noun = kind === 'exchanges' ? 'exchange' : 'agreement'
  const head = plain(WORDS[kind][language], 'count', countedPaper(count, noun, language))
  // Nothing counted: no figure, so no coefficient either.
  if (from.length === 0) return [head]
  const texts = savedTexts(saved, language)
  const each = (coefficient: Coefficient, one: PaperNoun, words: 'eachSheet' | 'eachTree'): string =>
    withSource(
      plain(WORDS[words][language], 'n', valueText(coefficient, one, language)),
      coefficient,
      language,
    )
  return [
    head,
    `  ${texts.sheets}`,
    ...from.map((part) => `    ${partText(part, language)}`),
    `  ${texts.hours}`,
    `    ${texts.sheets} × ${each(perSheet.minutesPerSheet, 'minute', 'eachSheet')}`,
    `  ${texts.dirham}`,
    `    ${texts.sheets} × ${each(perSheet.dirhamPerSheet, 'dirham', 'eachSheet')}`,
    `  ${texts.trees}`,
    `    ${texts.sheets} ÷ ${each(perSheet.sheetsPerTree, 'sheet', 'eachTree')}`,
  ]
}

/** `1,234 exchanges × 1 sheet an exchange (source: …)`. */
function partText({ what, service, count, times, sheets }: SheetsFrom, language: Language): string {
  const noun = ({ exchanges: 'exchange', pages: 'page', agreements: 'agreement' } as const)[what]
  const counted = countedPaper(count, noun, language)
  const subject =
    service === undefined
      ? counted
      : plain(WORDS.withService[language], 'count', counted).replace('{service}', () =>
          named(service, language),
        )
  const factors = times.map((coefficient, place) => {
    const text =
      what === 'exchanges'
        ? plain(WORDS.eachExchange[language], 'n', valueText(coefficient, 'sheet', language))
        : what === 'agreements' && place === 0
          ? plain(WORDS.eachAgreement[language], 'n', valueText(coefficient, 'page', language))
          : valueText(coefficient, 'original', language)
    return ` × ${withSource(text, coefficient, language)}`
  })
  return `${subject}${factors.join('')} = ${countedPaper(sheets, 'sheet', language)}`
}

function savedTexts({ sheets, hours, dirham, trees }: Savings, language: Language): Savings {
  return {
    sheets: countedPaper(sheets, 'sheet', language),
    hours: countedPaper(hours, 'hour', language),
    dirham: countedPaper(dirham, 'dirham', language),
    trees: countedPaper(trees, 'tree', language),
  }
}

function valueText({ value }: Coefficient, noun: PaperNoun, language: Language): string {
  return countedPaper(String(value), noun, language)
}

function withSource(text: string, { source }: Coefficient, language: Language): string {
  return `${text} (${plain(WORDS.source[language], 'source', source[language])})`
}

/** An identifier, which keeps its order in every language. */
function named(id: string, language: Language): string {
  return sayIn(language)({ en: '{id}', ar: '{id}' }, { id })
}

/** Fills in a text that stands in the same language as the words around it, and so needs no isolate. */
function plain(text: string, name: string, value: string): string {
  return text.replace(`{${name}}`, () => value)
}
