import { Command, InvalidArgumentError } from 'commander'
import { callApi } from '../api-client.ts'
import { collect, registryCommand } from '../command-options.ts'
import { describeLine, type LineFacts } from '../line-facts.ts'
import { calendarDate, capacityMbps, lineEnd, monthlyCostAed } from '../option-values.ts'
import { registryTarget, type TargetOptions } from '../target.ts'
import { createVoice, UsageError } from '../voice.ts'

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
  createVoice(options.json === true).result({ ...answer, ...facts }, [`registered ${describeLine(facts)}`])
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
  createVoice(options.json === true).result({ lines }, lines.map(describeLine))
}
