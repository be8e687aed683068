import type { Command } from 'commander'
import { collect } from '../command-options.ts'
import { parseOperation } from '../operation.ts'
import { identifier, wholeNumber } from '../option-values.ts'
import { UsageError } from '../voice.ts'

/** The terms of a service agreement, as options say them. */
export interface TermsOptions {
  readonly file?: string
  readonly client?: string[]
  readonly operation?: string[]
  readonly titleEn?: string
  readonly titleAr?: string
  readonly purposeEn?: string
  readonly purposeAr?: string
  readonly purposeCode?: string[]
  readonly legalBasis?: string
  readonly requestsPerSecond?: number
  readonly requestsPerDay?: number
  readonly bytesPerDay?: number
  readonly dataClass?: string
  readonly days?: number
}

/** Both languages of the network. */
export interface BothLanguages {
  readonly en: string
  readonly ar: string
}

/** A hundred years. */
const MAX_DAYS = 36_500

/** What an agreement can say. */
const MAX_A_DAY = Number.MAX_SAFE_INTEGER

const DAY_MS = 86_400_000

/** Adds the options that say which calls are granted, to whom and what for. */
export function withUseOptions(command: Command): Command {
  return command
    .option('--client <id>', 'only this system of the consumer; may be repeated', collect)
    .option('--operation <"METHOD path">', 'an operation; may be repeated (default: "* /**")', collect)
    .option('--purpose-en <text>', 'what the data is used for, in English')
    .option('--purpose-ar <text>', 'the same in Arabic; both or neither')
    .option('--purpose-code <code>', 'or: a code that calls must name; may be repeated', collect)
    .option('--legal-basis <text>', 'the law or decision that allows it')
    .option('--data-class <class>', 'open, confidential, sensitive or secret (default: confidential)')
    .option('--days <number>', 'days of validity from now (default: 365)', wholeNumber(1, MAX_DAYS))
}

/** Adds what an agreement says beside its use: a content of one's own, a title, limits. */
export function withTermsOptions(command: Command): Command {
  return withUseOptions(
    command.option('--file <json>', 'the whole content as a file, instead of the options below'),
  )
    .option('--title-en <text>', 'title in English')
    .option('--title-ar <text>', 'title in Arabic')
    .option('--requests-per-second <number>', 'limit', wholeNumber(1, 1_000_000))
    .option('--requests-per-day <number>', 'limit of a day of UTC', wholeNumber(1, MAX_A_DAY))
    .option('--bytes-per-day <number>', 'limit of all bodies of a day of UTC', wholeNumber(1, MAX_A_DAY))
}

/** The option of who is granted. */
export function withConsumerOption(command: Command): Command {
  return command.option(
    '--consumer <member>',
    'who is granted (default: the member of --client)',
    identifier('member'),
  )
}

/** Both parties sign both languages: one text must not stand for the other. @throws UsageError when one is missing */
export function bothLanguages(
  option: string,
  en: string | undefined,
  ar: string | undefined,
): BothLanguages | undefined {
  if (en === undefined && ar === undefined) return undefined
  if (en === undefined || ar === undefined)
    throw new UsageError(
      `the agreement is signed in two languages, and ${option} was given in one`,
      `give ${option}-en and ${option}-ar, or neither`,
    )
  return { en, ar }
}

/** In words of both languages or in codes. @throws UsageError when both were given, or one language alone */
export function purposeOf(options: TermsOptions): BothLanguages | readonly string[] | undefined {
  const words = bothLanguages('--purpose', options.purposeEn, options.purposeAr)
  if (options.purposeCode !== undefined && words !== undefined)
    throw new UsageError(
      'a purpose is told in words or in codes',
      'leave out --purpose-code, or the other two',
    )
  return options.purposeCode ?? words
}

/** The limits that were given; `undefined` without any. */
export function limitsOf(options: TermsOptions): object | undefined {
  const { requestsPerSecond, requestsPerDay, bytesPerDay } = options
  const given = Object.entries({ requestsPerSecond, requestsPerDay, bytesPerDay }).filter(
    ([, limit]) => limit !== undefined,
  )
  return given.length === 0 ? undefined : Object.fromEntries(given)
}

/** The operations that were given, by default all. @throws UsageError */
export function operationsOf({ operation = ['* /**'] }: TermsOptions): object[] {
  return operation.map(parseOperation)
}

/** Validity from this minute on: people read it in the document. */
export function validityOf(days: number = 365): { readonly validFrom: string; readonly validUntil: string } {
  const now = Math.floor(Date.now() / 60_000) * 60_000
  return {
    validFrom: new Date(now).toISOString(),
    validUntil: new Date(now + days * DAY_MS).toISOString(),
  }
}
