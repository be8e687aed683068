import { Command, InvalidArgumentError } from 'commander'
import { canonicalIdentifier } from '../../src/protocol/identifier.ts'
import { callApi } from '../api-client.ts'
import { collect, registryCommand } from '../command-options.ts'
import { calendarDate, wholeNumber } from '../option-values.ts'
import { registryTarget, type TargetOptions } from '../target.ts'
import { createVoice, UsageError } from '../voice.ts'

/** A line as the registry takes it. */
export interface LineFacts {
  readonly line: string
  /** Two different ones, each a commissioned branch or an enrolled gateway. */
  readonly ends: readonly [string, string]
  /** Mbit/s in each direction: 1 to 10,000,000. */
  readonly capacityMbps: number
  /** Whole dirhams: 0 to 1,000,000,000. */
  readonly monthlyCostAed: number
  /** Who leases or owns it. */
  readonly owner: string
  /** Names of what fails together, such as one duct. */
  readonly riskGroups: readonly string[]
  /** `2024-03-01`. */
  readonly installedSince?: string
}

interface RegisterOptions extends TargetOptions {
  readonly json?: boolean
  readonly capacity: number
  readonly cost: number
  readonly owner: string
  readonly riskGroup?: readonly string[]
  readonly installedSince?: string
}

interface ListOptions extends TargetOptions {
  readonly json?: boolean
  readonly end?: string
}

const MAX_CAPACITY_MBPS = 10_000_000
const MAX_COST_AED = 1_000_000_000

/** Reads the capacity of a line, in Mbit/s. */
export const capacityMbps: (text: string) => number = wholeNumber(1, MAX_CAPACITY_MBPS)

/** Reads the price of a line, in whole dirhams a month. */
export const monthlyCostAed: (text: string) => number = wholeNumber(0, MAX_COST_AED)

/** `wusla line …`: the connections between branches and gateways, what they carry and what they cost. */
export function lineCommands(): Command {
  const group = new Command('line').description('lines between branches and gateways: register, remove, list')
  group.addCommand(
    registryCommand('register', 'register a line; a line of the same id is replaced')
      .argument('<line>', 'its id, e.g. CORE-MORO', lineId)
      .argument('<end>', 'a branch or gateway, e.g. AE-DU/branch/CORE', lineEnd)
      .argument('<other-end>', 'the other one, e.g. AE-DU/branch/MORO', lineEnd)
      .requiredOption('--capacity <mbps>', 'Mbit/s in each direction', capacityMbps)
      .requiredOption('--cost <aed>', 'whole dirhams a month; 0 where nothing is leased', monthlyCostAed)
      .requiredOption('--owner <text>', 'who leases or owns it')
      .option('--risk-group <name>', 'what it shares with others that fail with it; may be repeated', collect)
      .option('--installed-since <date>', 'since when it lies there, e.g. 2024-03-01', calendarDate)
      .action(register),
  )
  group.addCommand(
    registryCommand('remove', 'take a line out of the register; what joined by it alone parts')
      .argument('<line>', 'its id')
      .action(remove),
  )
  group.addCommand(
    registryCommand('list', 'list the lines')
      .option('--end <id>', 'only those of this branch or gateway', lineEnd)
      .action(list),
  )
  return group
}

/** Reads the identifier of what a line may end at, a branch or a gateway. */
export function lineEnd(text: string): string {
  for (const kind of ['branch', 'gateway'] as const) {
    try {
      return canonicalIdentifier(kind, text)
    } catch {
      // Perhaps it is one of the other kind.
    }
  }
  throw new InvalidArgumentError(
    'It must be the identifier of a branch, such as AE-DU/branch/CORE, or of a gateway, such as AE-DU/GOV/RTA/gw-1.',
  )
}

function lineId(text: string): string {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(text)) return text
  throw new InvalidArgumentError('It must be 1 to 64 letters, digits, dots, dashes or underscores.')
}

async function register(
  line: string,
  end: string,
  otherEnd: string,
  options: RegisterOptions,
): Promise<void> {
  if (end === otherEnd)
    throw new UsageError(`both ends of the line are ${end}`, 'name two different branches or gateways')
  const { capacity, cost, owner, riskGroup = [], installedSince } = options
  const facts: LineFacts = {
    line,
    ends: [end, otherEnd],
    capacityMbps: capacity,
    monthlyCostAed: cost,
    owner,
    riskGroups: riskGroup,
    ...(installedSince === undefined ? {} : { installedSince }),
  }
  const answer = (await callApi(registryTarget(options), 'POST', '/v1/lines', facts)) as object
  createVoice(options.json === true).result({ ...answer, ...facts }, [`registered ${describe(facts)}`])
}

async function remove(line: string, options: TargetOptions & { readonly json?: boolean }): Promise<void> {
  const answer = (await callApi(registryTarget(options), 'POST', '/v1/lines/remove', { line })) as object
  createVoice(options.json === true).result({ ...answer, line }, [`removed ${line}`])
}

async function list(options: ListOptions): Promise<void> {
  const { end } = options
  const { lines: all } = (await callApi(registryTarget(options), 'GET', '/v1/lines')) as {
    readonly lines: readonly LineFacts[]
  }
  const lines = end === undefined ? all : all.filter(({ ends }) => ends.includes(end))
  createVoice(options.json === true).result({ lines }, lines.map(describe))
}

/** A line as people read it. */
export function describe(facts: LineFacts): string {
  const groups = facts.riskGroups.length === 0 ? '' : `  shares ${facts.riskGroups.join(', ')}`
  const since = facts.installedSince === undefined ? '' : `  since ${facts.installedSince}`
  const { line, ends, capacityMbps: mbps, monthlyCostAed: aed, owner } = facts
  return `${line}  ${ends.join(' – ')}  ${mbps} Mbit/s  ${aed} AED a month  ${owner}${groups}${since}`
}
