import { modelFromDirectory } from '../../src/planner/model-from-directory.ts'
import type { ModelAddition, NetworkModel } from '../../src/planner/network-model.ts'
import { MAX_MODEL_BYTES, readAddition, readModel } from '../../src/planner/read-model.ts'
import { systemClock } from '../../src/protocol/clock.ts'
import { readNamedFile } from '../named-file.ts'
import { readSandbox } from '../sandbox-file.ts'
import { registryTarget, stateOf, type TargetOptions } from '../target.ts'
import { UsageError } from '../voice.ts'
import { readLinkState } from './link-state.ts'
import { readLiveNetwork } from './live-network.ts'

/** How a plan may say which network it is about: a file, or the live one. */
export interface ModelOptions extends TargetOptions {
  readonly model?: string
  readonly anchor?: string
  readonly measure: number
}

/**
 * The model of a file (`--model`), else of the live network: a sandbox (`--state`), or a registry with its anchor.
 *
 * @param note - hears what is not known of the live network
 */
export async function planModel(options: ModelOptions, note: (text: string) => void): Promise<NetworkModel> {
  if (options.model !== undefined) return readModel(await readPlanFile('--model', options.model))
  const state = stateOf(options)
  const sandbox = state === undefined ? undefined : readSandbox(state)
  const anchor = options.anchor ?? sandbox?.anchor
  if (anchor === undefined)
    throw new UsageError(
      'nothing says which network is meant',
      'give --model FILE, --state DIR of a sandbox, or --registry URL --token T --anchor FILE',
    )
  const { facts, branchUrls } = await readLiveNetwork(registryTarget(options), anchor)
  const silent = new Set<string>()
  const links = await readLinkState(branchUrls, options.measure, (url) => silent.add(url))
  for (const url of silent) note(`note: the branch at ${url} tells its measurements to its own machine only`)
  return modelFromDirectory(facts, systemClock.nowMs(), links)
}

/** The additions of all flags, each of which must bring what its flag is named for. */
export async function planAdditions(
  files: Readonly<Record<'branches' | 'lines' | 'agreements', readonly string[]>>,
): Promise<ModelAddition[]> {
  const flags = { branches: '--add-branch', lines: '--add-line', agreements: '--add-agreement' } as const
  const read = async (part: keyof typeof flags): Promise<ModelAddition[]> =>
    await Promise.all(
      files[part].map(async (file) => {
        const addition = readAddition(await readPlanFile(flags[part], file))
        if (addition[part].length > 0) return addition
        throw new UsageError(
          `${file} adds no ${part}`,
          'see docs/spec/network-model.md for what it should hold',
        )
      }),
    )
  return [...(await read('branches')), ...(await read('lines')), ...(await read('agreements'))]
}

/** A file of the planner. One byte more than it may have is read, so that a longer one is refused and not cut off. */
export async function readPlanFile(role: string, file: string): Promise<Buffer> {
  return await readNamedFile(role, file, MAX_MODEL_BYTES + 1)
}
