import { Command } from 'commander'
import { systemClock } from '../../src/protocol/clock.ts'
import { collect, languageOption } from '../command-options.ts'
import type { Language } from '../explain-lines.ts'
import { positiveNumber } from '../option-values.ts'
import { findProblems } from '../status/find-problems.ts'
import { readNetwork } from '../status/read-network.ts'
import { statusPage } from '../status/status-page.ts'
import { type StatusOptions, statusTargets } from '../status/status-targets.ts'
import { tellProblem } from '../status/tell-problem.ts'
import { createVoice, EXIT } from '../voice.ts'

interface StatusCommandOptions extends StatusOptions {
  readonly json?: boolean
  readonly language: Language
  readonly timeout: number
}

/**
 * `wusla status`: one page over everything that can be reached, what is wrong first. Exit code 1 when something is wrong:
 * an actor does not answer, a link is down, an alarm stands. What is only worth knowing leaves it 0.
 */
export function statusCommand(): Command {
  return new Command('status')
    .description('one page: what is wrong, since when, what it affects, what to do; then every actor')
    .option('--state <dir>', 'the whole sandbox in this state folder (WUSLA_STATE)')
    .option('--registry <url>', 'admin API of a registry (WUSLA_REGISTRY)')
    .option('--gateway <url>', 'admin API of a gateway; may be repeated (WUSLA_GATEWAY)', collect)
    .option('--branch <url>', 'HTTP address of a branch; may be repeated (WUSLA_BRANCH)', collect)
    .option('--token <token>', 'API token for all of them (WUSLA_TOKEN)')
    .option('--config <file>', 'configuration file: may list `gateways` and `branches` with their tokens')
    .option('--timeout <seconds>', 'how long to wait for an answer', positiveNumber(60), 3)
    .addOption(languageOption())
    .option('--json', 'print one line of JSON')
    .action(status)
}

async function status(options: StatusCommandOptions): Promise<void> {
  const { language, timeout } = options
  const targets = statusTargets(options, process.env)
  const reading = await readNetwork(targets, timeout * 1_000, systemClock)
  const problems = findProblems(reading)
  const isWell = !problems.some(({ level }) => level === 'wrong')
  const told = problems.map((problem) => ({
    ...problem,
    text: { en: tellProblem(problem, 'en'), ar: tellProblem(problem, 'ar') },
  }))
  createVoice(options.json === true).result(
    { well: isWell, problems: told, ...reading },
    statusPage(reading, problems, language),
  )
  if (!isWell) process.exitCode = EXIT.refused
}
