import { Command } from 'commander'
import { impactReport } from '../../src/planner/impact-report.ts'
import type { Impact } from '../../src/planner/study-impact.ts'
import { collect, languageOption } from '../command-options.ts'
import type { Language } from '../explain-lines.ts'
import { isSandboxRunning } from '../join/sandbox-entry.ts'
import { commissionBranch } from '../new-branch/commission-branch.ts'
import { planBranch, type PlannedBranch } from '../new-branch/plan-branch.ts'
import { proofLines } from '../new-branch/proof-lines.ts'
import { proveBranch, untilLinesListed } from '../new-branch/prove-branch.ts'
import { finishBranch, keepUnfinished } from '../new-branch/unfinished-branch.ts'
import type { BranchWish } from '../new-branch/wanted-branch.ts'
import { branchClass, calendarDate, capacityMbps, identifier, monthlyCostAed } from '../option-values.ts'
import { readSandbox } from '../sandbox-file.ts'
import { createVoice, EXIT, UsageError } from '../voice.ts'

interface AddOptions {
  readonly json?: boolean
  readonly state: string
  readonly host?: string
  readonly class?: string
  readonly lineTo?: readonly string[]
  readonly capacity: number
  readonly cost: number
  readonly installedSince?: string
  readonly service: boolean
  readonly planOnly?: boolean
  readonly language: Language
}

/** `wusla sandbox branch …`: branches that come to a running sandbox. */
export function sandboxBranchCommands(defaultState: string): Command {
  const group = new Command('branch').description('branches that come to a running sandbox')
  group.addCommand(
    new Command('add')
      .description(
        'say what a new branch will do, commission it live with its lines and a hosted service, and check',
      )
      .argument('<name>', 'a short name such as NORTH, or AE-DU/branch/NORTH')
      .option('--state <dir>', 'state folder of the sandbox', defaultState)
      .option(
        '--host <member>',
        'in whose data centre it stands (default: COM/NAME, admitted if new)',
        identifier('member'),
      )
      .option('--class <class>', 'what transit constraints may ask for, e.g. sovereign', branchClass)
      .option(
        '--line-to <end>',
        'a branch or gateway to which it has a line; may be repeated (default: every branch)',
        collect,
      )
      .option('--capacity <mbps>', 'Mbit/s of each line', capacityMbps, 10_000)
      .option('--cost <aed>', 'whole dirhams a month of each line', monthlyCostAed, 42_000)
      .option(
        '--installed-since <date>',
        'the lines lie there since then and are paid for: no extra cost',
        calendarDate,
      )
      .option('--no-service', 'only the branch: no gateway and no service of its host')
      .option('--plan-only', 'stop after the prediction; nothing is commissioned')
      .addOption(languageOption())
      .option('--json', 'print one line of JSON')
      .action(add),
  )
  return group
}

async function add(name: string, options: AddOptions): Promise<void> {
  const { state, json = false, planOnly = false } = options
  readSandbox(state)
  if (!isSandboxRunning(state))
    throw new UsageError(
      `no sandbox runs in ${state}`,
      `start it with \`npx wusla sandbox up --state ${state}\``,
    )
  const voice = createVoice(json)
  const planned = await planBranch(state, wishOf(name, options), voice.note)
  const { files, record, impact } = planned
  if (!json) voice.result(undefined, [...impactReport(impact, options.language), '', ...handLines(planned)])
  if (planOnly) {
    if (json) voice.result({ ...predictionOf(planned), commissioned: false }, [])
    return
  }
  await keepUnfinished(files, record)
  const { registry } = planned
  const { joinedAtMs } = await commissionBranch({ state, registry, files }, record)
  if (impact.stillUnreached.length > 0)
    voice.note('calling what has no path too: the network looks for one for half a minute')
  const proof = await proveBranch(state, registry, record.wanted, impact, joinedAtMs)
  await untilLinesListed(state, record.wanted)
  await finishBranch(files)
  voice.result({ ...predictionOf(planned), commissioned: true, proof }, [
    '',
    ...proofLines(record.wanted, proof),
  ])
  if (!proof.isExact) process.exitCode = EXIT.refused
}

function wishOf(name: string, options: AddOptions): BranchWish {
  const { host, class: named, lineTo, installedSince, capacity, cost, service } = options
  return {
    name,
    ...(host === undefined ? {} : { host }),
    ...(named === undefined ? {} : { class: named }),
    ...(lineTo === undefined ? {} : { lineTo }),
    ...(installedSince === undefined ? {} : { installedSince }),
    capacityMbps: capacity,
    monthlyCostAed: cost,
    service,
  }
}

function handLines({ files }: PlannedBranch): string[] {
  return [
    'ask the planner yourself:',
    `  npx wusla plan impact --model ${files.before} --add-branch ${files.addition}`,
  ]
}

/** The part of the result that was known before anything was done. */
function predictionOf({ files, record: { wanted }, impact }: PlannedBranch): object {
  const { branch, host, lines, hostLine, hosted } = wanted
  return {
    branch,
    host,
    ...(hosted === undefined ? {} : { gateway: hosted.gateway, service: hosted.service }),
    lines: [...lines, ...(hostLine === undefined ? [] : [hostLine])],
    files: { model: files.before, addition: files.addition },
    predicted: {
      gained: usesOf(impact.gained),
      stillUnreached: usesOf(impact.stillUnreached),
      extraAed: impact.cost.extraAed,
      cost: impact.cost,
      reasons: impact.reasons.map(({ code, text }) => ({ code, text })),
    },
  }
}

function usesOf(uses: Impact['gained'] | Impact['stillUnreached']): object[] {
  return uses.map(({ entity, service }) => ({ entity, service }))
}
