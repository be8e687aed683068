import { tableLines, wrapped } from '../text-table.ts'
import type { Language } from '../explain-lines.ts'
import type { NetworkReading } from './actor-status.ts'
import type { Problem } from './find-problems.ts'
import { type PAGE_WORDS, pageWord } from './page-words.ts'
import { ageText, clockText, shortId, type Spelling } from './spell.ts'
import { branchTable, gatewayTable, lineTable, type PageTable, sessionTable } from './status-tables.ts'
import { tellProblem } from './tell-problem.ts'

/** The page for people: what is wrong first, then everything that answered. */
export function statusPage(
  reading: NetworkReading,
  problems: readonly Problem[],
  language: Language,
): string[] {
  const spelling: Spelling = { language, nowMs: Date.parse(reading.time) }
  const isOf = (level: Problem['level']): Problem[] => problems.filter((problem) => problem.level === level)
  return [
    headLine(reading, problems, spelling),
    ...section('wrong', problemLines(isOf('wrong'), spelling), language),
    ...section('notice', problemLines(isOf('notice'), spelling), language),
    ...section('registry', registryLines(reading, spelling), language),
    ...[branchTable, lineTable, gatewayTable, sessionTable].flatMap((make) => {
      const { head, columns, rows }: PageTable = make(reading, spelling)
      return section(head, tableLines(columns, rows), language)
    }),
  ]
}

function headLine(reading: NetworkReading, problems: readonly Problem[], { language }: Spelling): string {
  const count = (level: Problem['level']): number => problems.filter((each) => each.level === level).length
  const counts = [
    count('wrong') === 0
      ? pageWord('well', language)
      : pageWord('wrongCount', language, { count: count('wrong') }),
    ...(count('notice') === 0 ? [] : [pageWord('noticeCount', language, { count: count('notice') })]),
  ]
  const network = networkOf(reading)
  return [...(network === undefined ? [] : [network]), reading.time, counts.join(commaOf(language))].join(
    '  ',
  )
}

function networkOf({ registry, branches, gateways }: NetworkReading): string | undefined {
  const named =
    registry?.status?.network ?? [...branches, ...gateways].find(({ status }) => status !== undefined)?.id
  return named?.split('/')[0]
}

function section(head: keyof typeof PAGE_WORDS, lines: readonly string[], language: Language): string[] {
  return lines.length === 0 ? [] : ['', pageWord(head, language), ...lines]
}

function problemLines(problems: readonly Problem[], spelling: Spelling): string[] {
  const { language } = spelling
  const comma = commaOf(language)
  const [affects, remedy] = [pageWord('affects', language), pageWord('remedy', language)]
  return problems.flatMap((problem) => {
    const told = tellProblem(problem, language, (id) => shortId(id, spelling))
    const { since } = problem
    const at =
      since === undefined
        ? ''
        : `${comma}${pageWord('since', language)} ${clockText(since, spelling)} (${pageWord('ago', language, { age: ageText(since, spelling) })})`
    return [
      ...wrapped(`${shortId(problem.subject, spelling)}: ${told.what}${at}`, '  ', '    '),
      ...wrapped(`${affects}: ${told.effect}`, '    ', '      '),
      ...wrapped(`${remedy}: ${told.remedy}`, '    ', '      '),
    ]
  })
}

function registryLines({ registry }: NetworkReading, spelling: Spelling): string[] {
  const { language } = spelling
  if (registry === undefined) return []
  const { status } = registry
  if (status === undefined) return [`  ${pageWord('silent', language)}  ${registry.url}`]
  const { log, witnesses, since } = status
  const { lastChange: newest } = log
  const entries =
    newest === undefined
      ? pageWord('noEntries', language, { size: log.size })
      : pageWord('entries', language, {
          size: log.size,
          age: ageText(newest.time, spelling),
          kind: newest.kind,
        })
  const cosigned = pageWord('cosigned', language, {
    count: witnesses.filter(({ isCurrent }) => isCurrent).length,
    all: witnesses.length,
  })
  const running = `${pageWord('running', language)} ${ageText(since, spelling)}`
  const parts = [pageWord('up', language), running, entries, cosigned].join(language === 'ar' ? '؛ ' : '; ')
  return wrapped(parts, '  ', '  ')
}

function commaOf(language: Language): string {
  return language === 'ar' ? '، ' : ', '
}
