import type { Command } from 'commander'
import { systemClock } from '../../src/protocol/clock.ts'
import { memberOf } from '../../src/protocol/identifier.ts'
import { callApi } from '../api-client.ts'
import { gatewayCommand, languageOption } from '../command-options.ts'
import type { Language } from '../explain-lines.ts'
import { identifier } from '../option-values.ts'
import { readSandbox } from '../sandbox-file.ts'
import { isReached, type PathAnswer } from '../status/path-answer.ts'
import { pathPage } from '../status/path-page.ts'
import { gatewayTarget, stateOf, type TargetOptions } from '../target.ts'
import { createVoice, EXIT, UsageError } from '../voice.ts'

interface PathOptions extends TargetOptions {
  readonly json?: boolean
  readonly client?: string
  readonly language: Language
}

/** `wusla path A B`: over which path A reaches B, the spare, and why. Exit code 1 when there is no path. */
export function pathCommand(): Command {
  return gatewayCommand('path', 'over which path A reaches B now, which spare stands ready, and why')
    .argument('<a>', 'who calls: a member, system or gateway', place)
    .argument('<b>', 'who is called: a member, system, gateway or service', place)
    .option('--client <id>', 'with a service: only the grants that fit this client', identifier('client'))
    .addOption(languageOption())
    .action(path)
}

async function path(a: string, b: string, options: PathOptions): Promise<void> {
  const target = gatewayTarget(withGateway(a, options), a)
  const { client, language } = options
  const query = new URLSearchParams({ to: b, ...(client === undefined ? {} : { client }) })
  const answer = (await callApi(
    target,
    'GET',
    `/v1/paths?${query.toString()}`,
    undefined,
    15_000,
  )) as PathAnswer
  if (memberOf(answer.from) !== memberOf(a))
    throw new UsageError(
      `${target.url} is ${answer.from}, not a gateway of ${memberOf(a)}`,
      'name one with --gateway',
    )
  createVoice(options.json === true).result(answer, pathPage(answer, language, systemClock.nowMs()))
  if (!isReached(answer)) process.exitCode = EXIT.refused
}

/** In a sandbox A may be the gateway itself: it looks like a system, and the sandbox knows which it is. */
function withGateway(a: string, options: PathOptions): PathOptions {
  const state = stateOf(options)
  if (state === undefined || options.gateway !== undefined) return options
  const isGateway = readSandbox(state).gateways.some(({ id }) => id === a)
  return isGateway ? { ...options, gateway: a } : { ...options, member: options.member ?? memberOf(a) }
}

/** An identifier of a place in the network. @throws UsageError */
function place(text: string): string {
  if (text.split('/').length >= 3 && !text.split('/').includes('branch')) return text
  throw new UsageError(
    `"${text}" names no member, system, gateway or service`,
    'write an identifier such as AE-DU/GOV/RTA or AE-DU/GOV/RTA/gw-1',
  )
}
