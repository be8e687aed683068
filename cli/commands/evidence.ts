import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { readDirectoryEntries } from '../../src/evidence/directory-entries-file.ts'
import { type PresentedBody, verifyEvidence } from '../../src/evidence/verify-evidence.ts'
import { isWuslaError, WuslaError } from '../../src/protocol/wusla-error.ts'
import { readAnchor } from '../../src/trust/anchor.ts'
import { callApi } from '../api-client.ts'
import { gatewayCommand } from '../command-options.ts'
import { gatewayTarget, gatewayTargets, type TargetOptions } from '../target.ts'
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
}

interface ListOptions extends TargetOptions {
  readonly json?: boolean
  readonly client?: string
  readonly service?: string
  readonly messageId?: string
  readonly from?: string
  readonly until?: string
  readonly limit?: string
}

/** `wusla evidence …`: prove what was exchanged. */
export function evidenceCommands(): Command {
  const group = new Command('evidence').description('find, export and verify the evidence of exchanges')
  group.addCommand(
    gatewayCommand('list', 'exchanges this gateway has evidence of, newest first')
      .option('--client <id>', 'only of this client')
      .option('--service <id>', 'only to this service')
      .option('--message-id <id>', 'only this X-Road-Id')
      .option('--from <time>', 'not before, RFC 3339')
      .option('--until <time>', 'not after, RFC 3339')
      .option('--limit <number>', 'at most', '25')
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
      .option('--json', 'print one line of JSON')
      .action(verify),
  )
  addUpkeepCommands(group)
  return group
}

async function list(options: ListOptions): Promise<void> {
  const query = new URLSearchParams()
  for (const name of ['client', 'service', 'messageId', 'from', 'until', 'limit'] as const) {
    const value = options[name]
    if (value !== undefined) query.set(name, value)
  }
  const target = gatewayTarget(options, options.client ?? options.service)
  const answer = (await callApi(target, 'GET', `/v1/exchanges?${query.toString()}`)) as {
    exchanges: {
      exchange: string
      requestedAt?: string
      client: string
      service: string
      method: string
      path: string
      status?: number
    }[]
  }
  createVoice(options.json === true).result(
    answer,
    answer.exchanges.map(
      ({ exchange, requestedAt, client, service, method, path, status }) =>
        `${exchange}  ${requestedAt ?? '-'}  ${status ?? 'unanswered'}  ${client} → ${service}  ${method} ${path}`,
    ),
  )
}

async function exportEvidence(options: ExportOptions): Promise<void> {
  const file = await findEvidence(options)
  await writeFile(options.out, typeof file === 'string' ? file : `${JSON.stringify(file)}\n`)
  createVoice(options.json === true).result({ exchange: options.exchange, out: options.out }, [
    `wrote ${options.out}`,
  ])
}

/** In a sandbox without a named gateway any holder will do: both sides keep the same proof. */
async function findEvidence(options: ExportOptions): Promise<unknown> {
  let failure: WuslaError | undefined
  for (const target of gatewayTargets(options)) {
    try {
      return await callApi(target, 'GET', `/v1/exchanges/${encodeURIComponent(options.exchange)}/evidence`)
    } catch (error) {
      if (!isWuslaError(error) || error.code !== 'exchange_not_found') throw error
      failure = error
    }
  }
  throw failure ?? new WuslaError('exchange_not_found')
}

async function verify(file: string, options: VerifyOptions): Promise<void> {
  const anchor = await readAnchor(options.anchor)
  const result = verifyEvidence(await readFile(file), anchor, {
    ...(options.requestBody === undefined ? {} : { requestBody: await digestFile(options.requestBody) }),
    ...(options.responseBody === undefined ? {} : { responseBody: await digestFile(options.responseBody) }),
    ...(options.directory === undefined
      ? {}
      : { directoryEntries: readDirectoryEntries(await readFile(options.directory)) }),
  })
  const lines = result.ok
    ? [
        'verified',
        ...Object.entries(result.facts).map(
          ([name, value]) => `  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
        ),
      ]
    : [`not proven: step ${result.step} failed (${result.code})`, `  ${result.message}`]
  createVoice(options.json === true).result(result, lines)
  if (!result.ok) process.exitCode = EXIT.refused
}

/** A body of any size as its digest and length: it may be larger than memory. */
async function digestFile(file: string): Promise<PresentedBody> {
  const hash = createHash('sha512')
  let bytes = 0
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { digest512: hash.digest('base64url'), bytes }
}
