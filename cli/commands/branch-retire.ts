import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { parseBranch } from '../../src/protocol/identifier.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { type ApiTarget, callApi } from '../api-client.ts'
import { registryCommand } from '../command-options.ts'
import { positiveNumber } from '../option-values.ts'
import { readSandbox } from '../sandbox-file.ts'
import { registryTarget, stateOf, type TargetOptions } from '../target.ts'
import { createVoice, type Voice } from '../voice.ts'

interface RetireOptions extends TargetOptions {
  readonly json?: boolean
  readonly force?: boolean
  readonly wait: number
}

/** Longest wait for tunnels, in seconds. */
const MAX_WAIT_S = 86_400
/** How often the branch is asked how far it is, in milliseconds. */
const LOOK_MS = 250
/** How long the branch may take to answer, in milliseconds. */
const ANSWER_MS = 3_000
/** How long a sandbox may take to let the process go, in milliseconds. */
const SANDBOX_MS = 30_000

interface Branch {
  readonly branch: string
  readonly mirrorUrl: string
}

interface Line {
  readonly line: string
  readonly ends: readonly string[]
}

/** `wusla branch retire`: takes a branch out of the network without a failed exchange. */
export function retireCommand(): Command {
  return registryCommand('retire', 'take a branch out of the network: what runs over it moves first')
    .argument('<branch>', 'identifier, e.g. AE-DU/branch/MORO')
    .option(
      '--wait <seconds>',
      'how long its tunnels may take to end or move',
      positiveNumber(MAX_WAIT_S),
      120,
    )
    .option('--force', 'also when gateways are cut off or tunnels still run')
    .action(retire)
}

async function retire(branch: string, options: RetireOptions): Promise<void> {
  parseBranch(branch)
  const voice = createVoice(options.json === true)
  const registry = registryTarget(options)
  const { branches } = (await callApi(registry, 'GET', '/v1/branches')) as { branches: readonly Branch[] }
  const record = branches.find((each) => each.branch === branch)
  if (record === undefined)
    throw new WuslaError('not_found', { message: `${branch} is no branch in office.`, details: { branch } })
  const force = options.force === true
  await callApi(registry, 'POST', '/v1/branches/leave', { branch, force })
  voice.note(`${branch} takes its leave: gateways move their sessions around it`)
  const tunnelsCut = await untilUnused(record, options.wait * 1_000, force, voice)
  await callApi(registry, 'POST', '/v1/branches/retire', { branch })
  const lines = await removeLines(registry, branch)
  const state = stateOf(options)
  if (state !== undefined) await untilUnlisted(state, branch)
  const cut = tunnelsCut === 0 ? '' : `, ${tunnelsCut ?? 'an unknown number of'} tunnels were cut`
  voice.result({ branch, linesRemoved: lines, tunnelsCut: tunnelsCut ?? null }, [
    `retired ${branch}${cut}`,
    ...lines.map((line) => `removed line ${line}`),
  ])
}

/**
 * Waits until no tunnel runs through the branch.
 *
 * @returns how many are left, with force only; undefined when it did not say
 * @throws WuslaError `branch_still_used`, `actor_unreachable` when the time is over
 */
async function untilUnused(
  { branch, mirrorUrl }: Branch,
  waitMs: number,
  force: boolean,
  voice: Voice,
): Promise<number | undefined> {
  const until = performance.now() + waitMs
  let told: string | undefined
  let left: number | undefined
  do {
    const state = await askBranch(mirrorUrl)
    left = state === 'silent' ? undefined : state === 'stays' ? left : state
    if (state === 0) return 0
    const words = wordsOf(state)
    if (words !== told) voice.note(words)
    told = words
    await pause(LOOK_MS)
  } while (performance.now() < until)
  if (force) return left
  if (left === undefined) throw new WuslaError('actor_unreachable', { details: { branch, url: mirrorUrl } })
  throw new WuslaError('branch_still_used', { details: { branch, tunnels: left } })
}

/** Tunnels that are left; `silent` when it does not answer: its host may be down, or not be reached from here. */
type Leave = number | 'stays' | 'silent'

async function askBranch(mirrorUrl: string): Promise<Leave> {
  try {
    const response = await fetch(`${mirrorUrl}/leaving`, { signal: AbortSignal.timeout(ANSWER_MS) })
    if (response.status === 404) return 'stays'
    return response.ok ? ((await response.json()) as { readonly tunnels: number }).tunnels : 'silent'
  } catch {
    return 'silent'
  }
}

function wordsOf(state: Leave): string {
  if (state === 'silent') return 'the branch does not answer'
  return state === 'stays' ? 'the branch has not heard of it yet' : `${state} tunnels left`
}

async function removeLines(registry: ApiTarget, branch: string): Promise<string[]> {
  const { lines } = (await callApi(registry, 'GET', '/v1/lines')) as { lines: readonly Line[] }
  const its = lines.filter(({ ends }) => ends.includes(branch)).map(({ line }) => line)
  for (const line of its) await callApi(registry, 'POST', '/v1/lines/remove', { line })
  return its
}

/** The sandbox runs the branch as well: its process has ended when the sandbox no longer lists it. */
async function untilUnlisted(state: string, branch: string): Promise<void> {
  const until = performance.now() + SANDBOX_MS
  if (!existsSync(join(state, 'sandbox.json'))) return
  while (readSandbox(state).branches.some(({ id }) => id === branch)) {
    if (performance.now() > until)
      throw new WuslaError('actor_not_started', {
        message: `The branch is retired, but the sandbox still runs it.`,
        details: { log: join(state, 'sandbox.json') },
      })
    await pause(LOOK_MS)
  }
}
