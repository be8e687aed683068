import { Command } from 'commander'
import { schemaProblems } from '../../src/admin-api/check-schema.ts'
import type { ExchangePage } from '../../src/evidence/evidence-query.ts'
import { type ExchangeList, listedExchange, type OneSided, reconcile } from '../../src/evidence/reconcile.ts'
import { formatTime } from '../../src/protocol/clock.ts'
import { memberOf } from '../../src/protocol/identifier.ts'
import { Type } from '../../src/protocol/schema.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { type ApiTarget, callApi } from '../api-client.ts'
import { askAll, failed } from '../ask-gateways.ts'
import { gatewayCommand } from '../command-options.ts'
import { readNamedJson, writeNamedFile } from '../named-file.ts'
import { identifier, instant } from '../option-values.ts'
import { gatewayTarget, gatewayTargets, type TargetOptions } from '../target.ts'
import { createVoice, EXIT, UsageError } from '../voice.ts'

/** Exchanges younger than this may be under way and are left out by default. Unit: milliseconds. */
const UNDER_WAY_MS = 60_000
/** How far back a comparison looks by default. Unit: milliseconds. */
const DEFAULT_SPAN_MS = 86_400_000
/** Most exchanges of one list: what is compared has to fit into memory. */
const MAX_LISTED = 1_000_000
/** How often an index that is behind is asked again; the gateway itself waits two seconds each time. */
const MAX_WAITS = 15

/** A list may come from the other member: nothing of it is taken on trust. */
const ListSchema = Type.Object({
  type: Type.Literal('wusla/exchange-list/v1'),
  gateway: Type.String(),
  with: Type.String(),
  from: Type.String(),
  until: Type.String(),
  exchanges: Type.Array(
    Type.Object({
      exchange: Type.String({ pattern: '^[0-9a-f-]{36}$' }),
      role: Type.Union([Type.Literal('consumer'), Type.Literal('provider')]),
      state: Type.Union(['answered', 'unanswered', 'unasked', 'erased'].map((state) => Type.Literal(state))),
    }),
    { maxItems: MAX_LISTED },
  ),
})

interface SpanOptions extends TargetOptions {
  readonly json?: boolean
  readonly from?: string
  readonly until?: string
}

interface ReconcileOptions extends SpanOptions {
  readonly peerGateway?: string
  readonly peerToken?: string
}

interface FinalOptions extends TargetOptions {
  readonly json?: boolean
  readonly reason: string
  readonly yes?: boolean
}

/** Adds to `wusla evidence` what keeps it in order: reconciliation, erasure, the end of retention. */
export function addUpkeepCommands(group: Command): void {
  group.addCommand(
    spanned(
      gatewayCommand('unanswered', 'exchanges of which a gateway holds a request and no answer'),
    ).action(unanswered),
  )
  group.addCommand(
    spanned(gatewayCommand('exchange-list', 'write what this gateway holds of its exchanges with one member'))
      .requiredOption('--with <member>', 'member at the other side', identifier('member'))
      .requiredOption('--out <file>', 'file to write; it names no person, path or message')
      .action(writeList),
  )
  group.addCommand(
    spanned(
      gatewayCommand('reconcile', 'find exchanges that only one side holds; exit code 1 when there is one'),
    )
      .argument('[files...]', 'lists by `evidence exchange-list` of every gateway of both members')
      .option(
        '--peer-gateway <url>',
        'instead of files: admin API of the other gateway, or its identifier in a sandbox',
      )
      .option('--peer-token <token>', 'API token of the other gateway')
      .action(reconcileSides),
  )
  group.addCommand(
    final(
      gatewayCommand('erase', 'erase the statements of one exchange for ever; digests stay in the ledger'),
    )
      .requiredOption('--exchange <id>', 'exchange id')
      .action(erase),
  )
  group.addCommand(
    final(gatewayCommand('remove-before', 'remove all statements and seals from before an instant for ever'))
      .requiredOption('--time <time>', 'RFC 3339, e.g. 2027-01-01T00:00:00Z', instant)
      .action(removeBefore),
  )
}

function spanned(command: Command): Command {
  return command
    .option('--from <time>', 'requests not before, RFC 3339; default one day before --until', instant)
    .option('--until <time>', 'requests before, RFC 3339; default one minute ago', instant)
}

function final(command: Command): Command {
  return command
    .requiredOption('--reason <text>', 'why, in a few words that name nobody; it stays in the evidence')
    .option('--yes', 'do it: it cannot be undone')
}

function spanOf({ from, until }: SpanOptions): { readonly from: string; readonly until: string } {
  const end = until ?? formatTime(Date.now() - UNDER_WAY_MS)
  return { from: from ?? formatTime(Date.parse(end) - DEFAULT_SPAN_MS), until: end }
}

async function unanswered(options: SpanOptions): Promise<void> {
  const filter = { ...spanOf(options), unanswered: 'true' }
  const { answers, failures } = await askAll(
    gatewayTargets(options),
    async (target) => await allExchanges(target, filter),
  )
  const voice = createVoice(options.json === true)
  for (const { gateway, error } of failures) voice.note(`warning: ${gateway}: ${error.message}`)
  const exchanges = answers.flatMap(({ gateway, answer }) => answer.map((row) => ({ ...row, gateway })))
  voice.result(
    { exchanges, ...failed(failures) },
    exchanges.map(({ exchange, requestedAt, role, client, service, gateway }) => {
      const side = role === 'consumer' ? 'sent, no answer came' : 'received, no answer left'
      return `${exchange}  ${requestedAt ?? '-'}  ${side}  ${client ?? '-'} → ${service ?? '-'}  at ${gateway}`
    }),
  )
}

async function writeList(options: SpanOptions & { with: string; out: string }): Promise<void> {
  const list = await listOf(gatewayTarget(options), options.with, spanOf(options))
  await writeNamedFile('--out', options.out, `${JSON.stringify(list)}\n`)
  const { gateway, exchanges } = list
  createVoice(options.json === true).result({ gateway, exchanges: exchanges.length, out: options.out }, [
    `wrote ${options.out}: ${exchanges.length} exchanges of ${gateway} with ${options.with}`,
  ])
}

async function reconcileSides(files: string[], options: ReconcileOptions): Promise<void> {
  const lists = files.length > 0 ? await readLists(files) : await askBoth(options)
  const result = reconcile(lists)
  createVoice(options.json === true).result(result, [
    `${result.compared} exchanges of ${result.members.join(' and ')} compared, ${result.from} to ${result.until}`,
    ...result.oneSided.map(lineOf),
    `${result.oneSided.length} held by one side only or differently; ${result.unansweredAtBoth} unanswered at both; ` +
      `${result.erased} erased`,
  ])
  if (result.oneSided.length > 0) process.exitCode = EXIT.refused
}

function lineOf({ exchange, missing, at, heldBy, differs, requestedAt, client, service }: OneSided): string {
  const what =
    missing === 'none'
      ? `${at} and ${heldBy} hold different ${(differs ?? []).join(', ')}`
      : `${at} lacks the ${missing === 'exchange' ? 'whole exchange' : missing}; ${heldBy} holds it`
  return `${exchange}  ${requestedAt ?? '-'}  ${client ?? '-'} → ${service ?? '-'}  ${what}`
}

async function readLists(files: readonly string[]): Promise<ExchangeList[]> {
  return await Promise.all(
    files.map(async (file) => {
      const list = await readNamedJson('list', file)
      if (schemaProblems(ListSchema, list).length === 0) return list as ExchangeList
      throw new UsageError(`${file} is no list of exchanges`, 'make one with `wusla evidence exchange-list`')
    }),
  )
}

async function askBoth(options: ReconcileOptions): Promise<ExchangeList[]> {
  const { peerGateway, peerToken, token, ...others } = options
  if (peerGateway === undefined)
    throw new UsageError(
      'nothing says with whom to compare',
      'give two files, or --gateway and --peer-gateway',
    )
  const span = spanOf(options)
  const ours = gatewayTarget(options)
  const bearer = peerToken ?? token
  const theirs = gatewayTarget({
    ...others,
    gateway: peerGateway,
    ...(bearer === undefined ? {} : { token: bearer }),
  })
  const [us, them] = await Promise.all([memberBehind(ours), memberBehind(theirs)])
  return await Promise.all([listOf(ours, them, span), listOf(theirs, us, span)])
}

async function gatewayBehind(target: ApiTarget): Promise<string> {
  return ((await callApi(target, 'GET', '/v1/evidence')) as { gateway: string }).gateway
}

async function memberBehind(target: ApiTarget): Promise<string> {
  return memberOf(await gatewayBehind(target))
}

/** Both directions: what the member asked us, and what we asked the member. */
async function listOf(
  target: ApiTarget,
  other: string,
  span: { readonly from: string; readonly until: string },
): Promise<ExchangeList> {
  const gateway = await gatewayBehind(target)
  const asked = await allExchanges(target, { ...span, service: other })
  const served = await allExchanges(target, { ...span, client: other })
  const rows = new Map([...asked, ...served].map((row) => [row.exchange, row]))
  const exchanges = [...rows.values()].map(listedExchange)
  return { type: 'wusla/exchange-list/v1', gateway, with: other, ...span, exchanges }
}

/** All pages of a question. A page that the index could not answer completely is asked for again. */
async function allExchanges(
  target: ApiTarget,
  filter: Readonly<Record<string, string>>,
): Promise<ExchangePage['rows'][number][]> {
  const found: ExchangePage['rows'][number][] = []
  let cursor: string | undefined
  for (let waited = 0; ;) {
    const query = new URLSearchParams({
      ...filter,
      limit: '500',
      ...(cursor === undefined ? {} : { cursor }),
    })
    const page = (await callApi(target, 'GET', `/v1/exchanges?${query.toString()}`)) as Omit<
      ExchangePage,
      'rows'
    > & { exchanges: ExchangePage['rows'] }
    if (!page.complete && cursor === undefined) {
      waited += 1
      if (waited > MAX_WAITS) throw new WuslaError('evidence_behind')
      continue
    }
    found.push(...page.exchanges)
    if (found.length > MAX_LISTED)
      throw new UsageError(`there are more than ${MAX_LISTED} exchanges`, 'take a shorter --from and --until')
    ;({ cursor } = page)
    if (cursor === undefined) return found
  }
}

async function erase(options: FinalOptions & { exchange: string }): Promise<void> {
  assertMeant(options, `the statements of ${options.exchange} would be erased for ever`)
  const path = `/v1/exchanges/${encodeURIComponent(options.exchange)}/erase`
  const answer = (await callApi(gatewayTarget(options), 'POST', path, { reason: options.reason })) as {
    statements: number
  }
  createVoice(options.json === true).result(answer, [
    answer.statements === 0 ? 'there was nothing left to erase' : `erased ${answer.statements} statements`,
  ])
}

async function removeBefore(options: FinalOptions & { time: string }): Promise<void> {
  assertMeant(options, `everything from before ${options.time} would be removed for ever`)
  const body = { time: options.time, reason: options.reason }
  const answer = (await callApi(gatewayTarget(options), 'POST', '/v1/evidence/remove-before', body)) as {
    removed: number
  }
  createVoice(options.json === true).result(answer, [`removed ${answer.removed} records`])
}

function assertMeant({ yes }: FinalOptions, consequence: string): void {
  if (yes !== true) throw new UsageError(consequence, 'add --yes if that is meant')
}
