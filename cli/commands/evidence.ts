import { createHash } from 'node:crypto'
import { Command } from 'commander'
import { MAX_EVIDENCE_BYTES } from '../../src/evidence/evidence-file.ts'
import { type PresentedBody, verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { readAnchorFile, readEntriesFile } from '../anchor-file.ts'
import { callApi } from '../api-client.ts'
import { askAll, askUntilAnswered, failed, mergeRows } from '../ask-gateways.ts'
import { gatewayCommand, languageOption } from '../command-options.ts'
import { acknowledgementLines, verifyAcknowledgement } from '../verify-acknowledgement.ts'
import { evidenceLines, failureLines } from '../evidence-lines.ts'
import type { Language } from '../explain-lines.ts'
import { readNamedFile, readPieces, writeNamedFile } from '../named-file.ts'
import { instant, wholeNumber } from '../option-values.ts'
import { classLine, provenClass, readTerms } from '../proven-class.ts'
import { gatewayTargets, type TargetOptions } from '../target.ts'
import { createVoice, EXIT } from '../voice.ts'
import { addUpkeepCommands } from './evidence-upkeep.ts'

interface ExportOptions extends TargetOptions {
  readonly json?: boolean
  readonly exchange: string
  readonly out: string
}

interface VerifyOptions {
  readonly json?: boolean
  readonly anchor: string
  readonly requestBody?: string
  readonly responseBody?: string
  readonly directory?: string
  readonly agreement?: string
  readonly acknowledgement?: string
  readonly language: Language
}

interface ListOptions extends TargetOptions {
  readonly json?: boolean
  readonly client?: string
  readonly service?: string
  readonly messageId?: string
  readonly from?: string
  readonly until?: string
  readonly limit: number
  readonly unanswered?: boolean
  readonly unacknowledged?: boolean
}

interface ExchangeRow {
  readonly exchange: string
  readonly requestedAt?: string
  readonly client: string
  readonly service: string
  readonly method: string
  readonly path: string
  readonly status?: number
  readonly agreement?: string
  readonly dataClass?: string
  readonly acknowledgement?: 'awaited' | 'there' | 'overdue'
}

interface ExchangePage {
  readonly exchanges: readonly ExchangeRow[]
}

/** `wusla evidence …`: prove what was exchanged. */
export function evidenceCommands(): Command {
  const group = new Command('evidence').description('find, export and verify the evidence of exchanges')
  group.addCommand(
    gatewayCommand('list', 'exchanges this gateway has evidence of, newest first')
      .option('--client <id>', 'only of this client')
      .option('--service <id>', 'only to this service')
      .option('--message-id <id>', 'only this X-Road-Id')
      .option('--from <time>', 'not before, RFC 3339, e.g. 2027-01-01T00:00:00Z', instant)
      .option('--until <time>', 'before, RFC 3339', instant)
      .option('--unanswered', 'only requests without a recorded answer')
      .option(
        '--unacknowledged',
        'only answers that have to be acknowledged and are not: to the law they are not sent',
      )
      .option('--limit <number>', 'at most', wholeNumber(1, 500), 25)
      .action(list),
  )
  group.addCommand(
    gatewayCommand('export', 'write the evidence of one exchange as one self-contained file')
      .requiredOption('--exchange <id>', 'exchange id: X-Road-Request-Id of the answer')
      .requiredOption('--out <file>', 'file to write')
      .action(exportEvidence),
  )
  group.addCommand(
    new Command('verify')
      .description('verify an evidence file offline; exit code 1 names the first step that fails')
      .argument('<file>', 'evidence file')
      .requiredOption('--anchor <file>', 'trust anchor of the network')
      .option('--request-body <file>', 'body that is claimed to have been sent')
      .option('--response-body <file>', 'body that is claimed to have been answered')
      .option(
        '--directory <file>',
        'all directory entries, as a snapshot (/log/snapshot) or one a line: shows that no revocation was left out',
      )
      .option('--agreement <file>', 'terms of the agreement as JSON: shows the class of the data')
      .option(
        '--acknowledgement <file>',
        'evidence of the acknowledgement: shows that and when the answer counts as delivered',
      )
      .addOption(languageOption())
      .option('--json', 'print one line of JSON')
      .action(verify),
  )
  addUpkeepCommands(group)
  return group
}

async function list(options: ListOptions): Promise<void> {
  const query = new URLSearchParams({ limit: String(options.limit) })
  for (const name of ['client', 'service', 'messageId', 'from', 'until'] as const) {
    const value = options[name]
    if (value !== undefined) query.set(name, value)
  }
  for (const name of ['unanswered', 'unacknowledged'] as const)
    if (options[name] === true) query.set(name, 'true')
  const targets = gatewayTargets(options, options.client ?? options.service)
  const { answers, failures } = await askAll(
    targets,
    async (target) => (await callApi(target, 'GET', `/v1/exchanges?${query.toString()}`)) as ExchangePage,
  )
  const voice = createVoice(options.json === true)
  for (const { gateway, error } of failures) voice.note(`warning: ${gateway}: ${error.message}`)
  const [only] = answers
  // A page of one gateway goes on with its cursor; of several, each has a ledger and an order of its own.
  if (targets.length === 1 && only !== undefined)
    return voice.result(only.answer, only.answer.exchanges.map(exchangeLine))
  const pages = answers.map(({ gateway, answer }) => ({ gateway, answer: answer.exchanges }))
  const exchanges = mergeRows(pages, ({ exchange }) => exchange)
    .toSorted((x, y) => (y.requestedAt ?? '').localeCompare(x.requestedAt ?? ''))
    .slice(0, options.limit)
  voice.result({ exchanges, ...failed(failures) }, exchanges.map(exchangeLine))
}

function exchangeLine(row: ExchangeRow): string {
  const { exchange, requestedAt = '-', client, service, method, path, status = 'unanswered' } = row
  const { dataClass = '-', acknowledgement } = row
  const words = `${exchange}  ${requestedAt}  ${status}  ${dataClass}  ${client} → ${service}  ${method} ${path}`
  return acknowledgement === undefined ? words : `${words}  acknowledgement ${acknowledgement}`
}

async function exportEvidence(options: ExportOptions): Promise<void> {
  const { exchange, out } = options
  const { file, row } = await findEvidence(options)
  const text = typeof file === 'string' ? file : `${JSON.stringify(file)}\n`
  await writeNamedFile('--out', out, text)
  const { agreement, dataClass } = row
  const terms = dataClass === undefined ? '' : ` (data class ${dataClass}, agreement ${agreement ?? '-'})`
  createVoice(options.json === true).result({ exchange, out, agreement, dataClass }, [`wrote ${out}${terms}`])
}

/** In a sandbox without a named gateway any holder will do: both sides keep the same proof. */
async function findEvidence(
  options: ExportOptions,
): Promise<{ readonly file: unknown; readonly row: Partial<ExchangeRow> }> {
  const path = `/v1/exchanges/${encodeURIComponent(options.exchange)}`
  return await askUntilAnswered(gatewayTargets(options), async (target) => ({
    file: await callApi(target, 'GET', `${path}/evidence`),
    row: (await callApi(target, 'GET', path)) as Partial<ExchangeRow>,
  }))
}

async function verify(file: string, options: VerifyOptions): Promise<void> {
  const { requestBody, responseBody, directory, agreement, language } = options
  const terms = agreement === undefined ? undefined : await readTerms(agreement)
  const anchor = await readAnchorFile(options.anchor)
  // One byte more than a file may have is enough to see that it is too large.
  const evidence = await readNamedFile('the evidence file', file, MAX_EVIDENCE_BYTES + 1)
  const result = verifyEvidence(evidence, anchor, {
    ...(requestBody === undefined ? {} : { requestBody: await digestFile('--request-body', requestBody) }),
    ...(responseBody === undefined
      ? {}
      : { responseBody: await digestFile('--response-body', responseBody) }),
    ...(directory === undefined ? {} : { directoryEntries: await readEntriesFile(directory) }),
  })
  const voice = createVoice(options.json === true)
  if (!result.ok) {
    voice.result(result, failureLines(result, language))
    process.exitCode = EXIT.refused
    return
  }
  const acknowledged =
    options.acknowledgement === undefined
      ? undefined
      : await verifyAcknowledgement(evidence, options.acknowledgement, anchor)
  if (acknowledged?.ok === false) {
    voice.result(
      { ...result, ok: false, acknowledgement: acknowledged },
      acknowledgementLines(acknowledged, language),
    )
    process.exitCode = EXIT.refused
    return
  }
  const lines = evidenceLines(result.facts, language)
  if (acknowledged !== undefined) lines.splice(1, 0, ...acknowledgementLines(acknowledged, language))
  const proven = acknowledged === undefined ? result : { ...result, acknowledgement: acknowledged }
  if (terms === undefined) return voice.result(proven, lines)
  const found = provenClass(result.facts, terms)
  const [verdict = '', ...facts] = lines
  voice.result({ ...proven, terms: found }, [verdict, classLine(found, language), ...facts])
}

/** A body of any size as its digest and length: it may be larger than memory. */
async function digestFile(role: string, file: string): Promise<PresentedBody> {
  const hash = createHash('sha512')
  let bytes = 0
  for await (const chunk of readPieces(role, file)) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { digest512: hash.digest('base64url'), bytes }
}
