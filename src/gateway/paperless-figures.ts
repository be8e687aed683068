import type { AnsweredCount } from '../evidence/answered-count.ts'
import type { Coefficient, PaperlessCoefficients, PerSheet } from './paperless-coefficients.ts'

/** An agreement that was signed in the period. */
export interface SignedAgreement {
  /** Content hash. */
  readonly agreement: string
  /** Pages of its document; absent when the document is not here. */
  readonly pages?: number
}

/** What the network really did. Every exchange and every agreement stands here once. */
export interface PaperlessCounts {
  readonly exchanges: readonly AnsweredCount[]
  readonly agreements: readonly SignedAgreement[]
}

/**
 * Savings as decimal numbers in text: `sheets` to a whole sheet, `hours` to a tenth, `dirham` to a fils, `trees` to a
 * thousandth. Each is rounded once, half upwards, from its exact value: rounded parts may miss a rounded sum by one.
 */
export interface Savings {
  readonly sheets: string
  readonly hours: string
  readonly dirham: string
  readonly trees: string
}

/** How the sheets of a part came about: `count` things, each so many sheets by these coefficients. */
export interface SheetsFrom {
  readonly what: 'exchanges' | 'pages' | 'agreements'
  /** Only of exchanges with this service; absent: of all services without a coefficient of their own. */
  readonly service?: string
  /** Whole number in text. */
  readonly count: string
  readonly times: readonly Coefficient[]
  /** Rounded as in {@link Savings}. */
  readonly sheets: string
}

/** One kind of saving with everything that it was worked out from. */
export interface KindFigures {
  readonly kind: 'exchanges' | 'agreements'
  /** Whole number in text. */
  readonly count: string
  readonly from: readonly SheetsFrom[]
  readonly perSheet: PerSheet
  readonly saved: Savings
}

/** Figures, each beside its coefficients, and their sum. */
export interface PaperlessFigures {
  readonly kinds: readonly KindFigures[]
  readonly saved: Savings
}

/** A fraction, exact. The denominator is positive. */
interface Fraction {
  readonly over: bigint
  readonly under: bigint
}

interface ExactSavings {
  readonly sheets: Fraction
  readonly hours: Fraction
  readonly dirham: Fraction
  readonly trees: Fraction
}

interface Source {
  readonly what: SheetsFrom['what']
  readonly service?: string
  readonly count: bigint
  readonly times: readonly Coefficient[]
}

interface Counted {
  readonly kind: KindFigures['kind']
  readonly count: bigint
  readonly sources: readonly Source[]
}

/** Coefficients have at most six decimals. */
const DECIMALS = 6
const MINUTES_PER_HOUR: Fraction = { over: 60n, under: 1n }
const NOTHING: Fraction = { over: 0n, under: 1n }

/** What was saved: pure, in fractions of whole numbers, rounded at the very end. */
export function paperlessFigures(
  counts: PaperlessCounts,
  coefficients: PaperlessCoefficients,
): PaperlessFigures {
  const parts = [
    figuresOf(exchangesOf(counts, coefficients), coefficients.exchanges),
    figuresOf(agreementsOf(counts, coefficients), coefficients.agreements),
  ]
  const sumOf = (name: keyof ExactSavings): Fraction => sum(parts.map(({ exact }) => exact[name]))
  return {
    kinds: parts.map(({ figures }) => figures),
    saved: rounded({
      sheets: sumOf('sheets'),
      hours: sumOf('hours'),
      dirham: sumOf('dirham'),
      trees: sumOf('trees'),
    }),
  }
}

/** One line for all services that go by the usual coefficient, and one for each that has its own. */
function exchangesOf({ exchanges }: PaperlessCounts, coefficients: PaperlessCoefficients): Counted {
  const { sheetsPerExchange, services } = coefficients.exchanges
  const own = new Map<string, bigint>()
  let others = 0n
  for (const { service, answered } of exchanges) {
    if (services[service] === undefined) others += BigInt(answered)
    else own.set(service, (own.get(service) ?? 0n) + BigInt(answered))
  }
  const sources = [...own].map(([service, count]): Source => {
    return { what: 'exchanges', service, count, times: [services[service] ?? sheetsPerExchange] }
  })
  return {
    kind: 'exchanges',
    count: exchanges.reduce((total, { answered }) => total + BigInt(answered), 0n),
    sources: [{ what: 'exchanges', count: others, times: [sheetsPerExchange] }, ...sources],
  }
}

function agreementsOf({ agreements }: PaperlessCounts, coefficients: PaperlessCoefficients): Counted {
  const { originals, pagesWithoutDocument } = coefficients.agreements
  const pages = agreements.reduce((total, agreement) => total + BigInt(agreement.pages ?? 0), 0n)
  const unknown = BigInt(agreements.filter(({ pages: known }) => known === undefined).length)
  return {
    kind: 'agreements',
    count: BigInt(agreements.length),
    sources: [
      { what: 'pages', count: pages, times: [originals] },
      { what: 'agreements', count: unknown, times: [pagesWithoutDocument, originals] },
    ],
  }
}

function figuresOf(
  { kind, count, sources }: Counted,
  { minutesPerSheet, dirhamPerSheet, sheetsPerTree }: PerSheet,
): { readonly figures: KindFigures; readonly exact: ExactSavings } {
  const sheets = sum(sources.map(sheetsOf))
  const exact = {
    sheets,
    hours: divided(times(sheets, exactValue(minutesPerSheet)), MINUTES_PER_HOUR),
    dirham: times(sheets, exactValue(dirhamPerSheet)),
    trees: divided(sheets, exactValue(sheetsPerTree)),
  }
  const figures: KindFigures = {
    kind,
    count: String(count),
    from: sources
      .filter((source) => source.count > 0n)
      .map((source) => ({ ...source, count: String(source.count), sheets: toText(sheetsOf(source), 0) })),
    perSheet: { minutesPerSheet, dirhamPerSheet, sheetsPerTree },
    saved: rounded(exact),
  }
  return { figures, exact }
}

function sheetsOf({ count, times: coefficients }: Source): Fraction {
  return coefficients.reduce<Fraction>((total, each) => times(total, exactValue(each)), {
    over: count,
    under: 1n,
  })
}

function exactValue({ value }: Coefficient): Fraction {
  const [whole = '0', decimals = ''] = String(value).split('.')
  return { over: BigInt(whole + decimals.padEnd(DECIMALS, '0')), under: 10n ** BigInt(DECIMALS) }
}

function times(a: Fraction, b: Fraction): Fraction {
  return { over: a.over * b.over, under: a.under * b.under }
}

function divided(a: Fraction, b: Fraction): Fraction {
  return { over: a.over * b.under, under: a.under * b.over }
}

function sum(all: readonly Fraction[]): Fraction {
  return all.reduce(
    (a, b) => ({ over: a.over * b.under + b.over * a.under, under: a.under * b.under }),
    NOTHING,
  )
}

function rounded({ sheets, hours, dirham, trees }: ExactSavings): Savings {
  return {
    sheets: toText(sheets, 0),
    hours: toText(hours, 1),
    dirham: toText(dirham, 2),
    trees: toText(trees, 3),
  }
}

/** A decimal number with so many decimals, half upwards; nothing here is negative. */
function toText({ over, under }: Fraction, decimals: number): string {
  const scaled = (over * 10n ** BigInt(decimals) * 2n + under) / (2n * under)
  const digits = String(scaled).padStart(decimals + 1, '0')
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
