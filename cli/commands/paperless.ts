import type { Command } from 'commander'
import { decodeCoefficients, type PaperlessCoefficients } from '../../src/gateway/paperless-coefficients.ts'
import {
  type PaperlessCounts,
  paperlessFigures,
  type SignedAgreement,
} from '../../src/gateway/paperless-figures.ts'
import { canonicalJson } from '../../src/protocol/canonical-json.ts'
import { callApi } from '../api-client.ts'
import { askAll, failed } from '../ask-gateways.ts'
import { gatewayCommand, languageOption } from '../command-options.ts'
import type { Language } from '../explain-lines.ts'
import { instant } from '../option-values.ts'
import { paperlessLines } from '../paperless-lines.ts'
import { readJson } from '../run/read-json.ts'
import { type GatewayTarget, gatewayTargets, type TargetOptions } from '../target.ts'
import { createVoice } from '../voice.ts'

interface PaperlessOptions extends TargetOptions {
  readonly json?: boolean
  readonly from?: string
  readonly until?: string
  readonly coefficients?: string
  readonly language: Language
}

/** What `GET /v1/paperless` answers, as far as it is read here. */
interface Part extends PaperlessCounts {
  readonly gateway: string
  readonly coefficients: PaperlessCoefficients
  readonly cursor?: string
  readonly complete: boolean
  readonly hasRemoved: boolean
}

/** The counts of several gateways that go by the same coefficients. */
interface Counted extends PaperlessCounts {
  readonly gateways: readonly string[]
  readonly coefficients: PaperlessCoefficients
  readonly isBehind: boolean
  readonly hasRemoved: boolean
}

/** `wusla paperless`: sheets, hours and money saved, each with its coefficient and source, over one gateway or all of a sandbox. */
export function paperlessCommand(): Command {
  return gatewayCommand('paperless', 'sheets, hours and money saved, with the coefficients and their sources')
    .option('--from <time>', 'not before, RFC 3339, e.g. 2027-01-01T00:00:00Z', instant)
    .option('--until <time>', 'before, RFC 3339', instant)
    .option('--coefficients <file>', 'work it out with these, in the place of those of each gateway')
    .addOption(languageOption())
    .action(paperless)
}

async function paperless(options: PaperlessOptions): Promise<void> {
  const { from, until, coefficients: file, language } = options
  const own = file === undefined ? undefined : decodeCoefficients(await readJson(file), file)
  const period = { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) }
  const { answers, failures } = await askAll(
    gatewayTargets(options),
    async (target) => await countOf(target, period, own),
  )
  const voice = createVoice(options.json === true)
  for (const { gateway, error } of failures) voice.note(`warning: ${gateway}: ${error.message}`)
  const blocks = together(answers.map(({ answer }) => answer)).map((counted) => ({
    ...period,
    ...counted,
    figures: paperlessFigures(counted, counted.coefficients),
  }))
  voice.result(
    { blocks, ...failed(failures) },
    blocks.flatMap((block, place) => [...(place === 0 ? [] : ['']), ...paperlessLines(block, language)]),
  )
}

/** All parts of one gateway's count. */
async function countOf(
  target: GatewayTarget,
  period: Readonly<Record<string, string>>,
  own: PaperlessCoefficients | undefined,
): Promise<Counted> {
  const query = new URLSearchParams(period)
  const ask = async (): Promise<Part> =>
    (await callApi(target, 'GET', `/v1/paperless?${query.toString()}`)) as Part
  const first = await ask()
  let last = first
  const exchanges = [...first.exchanges]
  while (last.cursor !== undefined) {
    query.set('cursor', last.cursor)
    last = await ask()
    exchanges.push(...last.exchanges)
  }
  const { gateway, agreements, coefficients, hasRemoved } = first
  return {
    gateways: [gateway],
    exchanges: addedUp(exchanges),
    agreements,
    coefficients: own ?? coefficients,
    isBehind: !last.complete,
    hasRemoved,
  }
}

function addedUp(counts: PaperlessCounts['exchanges']): PaperlessCounts['exchanges'] {
  const totals = new Map<string, PaperlessCounts['exchanges'][number]>()
  for (const { agreement, service, answered } of counts) {
    const key = `${agreement} ${service}`
    const before = totals.get(key)?.answered ?? 0
    totals.set(key, { agreement, service, answered: before + answered })
  }
  return [...totals.values()]
}

/** Counts that go by the same coefficients are one; an agreement that two nodes of a member hold stands there once. */
function together(all: readonly Counted[]): Counted[] {
  const groups = new Map<string, Counted>()
  for (const counted of all) {
    const key = canonicalJson(counted.coefficients)
    const before = groups.get(key)
    groups.set(key, before === undefined ? counted : joined(before, counted))
  }
  return [...groups.values()]
}

function joined(a: Counted, b: Counted): Counted {
  const agreements = new Map<string, SignedAgreement>()
  for (const agreement of [...a.agreements, ...b.agreements]) agreements.set(agreement.agreement, agreement)
  return {
    gateways: [...a.gateways, ...b.gateways],
    coefficients: a.coefficients,
    exchanges: addedUp([...a.exchanges, ...b.exchanges]),
    agreements: [...agreements.values()],
    isBehind: a.isBehind || b.isBehind,
    hasRemoved: a.hasRemoved || b.hasRemoved,
  }
}
