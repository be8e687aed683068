import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { readPrivateFile, writePrivateFile } from '../../src/trust/private-file.ts'
import { UsageError } from '../voice.ts'
import type { BranchPorts } from './free-ports.ts'
import type { BranchWish, WantedBranch } from './wanted-branch.ts'

/** Longest record that is read, in bytes. */
const MAX_RECORD_BYTES = 1_048_576

/**
 * What was decided about a branch before anything was done for it, and the one-time tokens that were got for it. It is kept
 * until all is done, so that whoever repeats the command continues it with the same names, ports and tokens.
 */
export interface BranchRecord {
  readonly wish: BranchWish
  readonly wanted: WantedBranch
  readonly ports: BranchPorts
  /** One-time tokens; each joins what it was made for and nothing else, for a day. */
  readonly tokens: Readonly<
    Partial<Record<'branch' | 'gateway', { readonly token: string; readonly expires: string }>>
  >
}

/** The files of one branch in the `additions` folder of a sandbox. */
export interface AdditionFiles {
  /** What it adds, for `wusla plan impact --add-branch`. */
  readonly addition: string
  /** The network without it, for `--model`. */
  readonly before: string
  /** {@link BranchRecord}; holds tokens, gone once the branch is commissioned. */
  readonly record: string
}

/** Where the files of a branch lie. Makes the folder. */
export async function additionFiles(state: string, branch: string): Promise<AdditionFiles> {
  const folder = join(state, 'additions')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const name = branch.slice(branch.lastIndexOf('/') + 1)
  const file = (ending: string): string => join(folder, `${name}${ending}`)
  return { addition: file('.json'), before: file('.before.json'), record: file('.unfinished.json') }
}

/**
 * The record of an attempt that did not come to its end.
 *
 * @throws UsageError when that attempt asked for something else: parts of it may be done
 */
export async function unfinishedBranch(
  { record: file }: AdditionFiles,
  wish: BranchWish,
): Promise<BranchRecord | undefined> {
  if (!existsSync(file)) return undefined
  const record = JSON.parse(await readPrivateFile(file, MAX_RECORD_BYTES)) as BranchRecord
  if (isDeepStrictEqual(record.wish, wish)) return record
  throw new UsageError(
    `an unfinished attempt at ${record.wanted.branch} asked for something else, and may have got a part of it`,
    `repeat it as it was: ${commandOf(record.wish)}`,
  )
}

export async function keepUnfinished({ record }: AdditionFiles, content: BranchRecord): Promise<void> {
  await writePrivateFile(record, `${JSON.stringify(content, null, 2)}\n`)
}

/** All is done: the next command of this name is about a branch that exists. */
export async function finishBranch({ record }: AdditionFiles): Promise<void> {
  await rm(record, { force: true })
}

function commandOf(wish: BranchWish): string {
  const {
    name,
    host,
    class: branchClass,
    lineTo = [],
    capacityMbps,
    monthlyCostAed,
    installedSince,
    service,
  } = wish
  return [
    `wusla sandbox branch add ${name}`,
    ...(host === undefined ? [] : [`--host ${host}`]),
    ...(branchClass === undefined ? [] : [`--class ${branchClass}`]),
    ...lineTo.map((end) => `--line-to ${end}`),
    `--capacity ${capacityMbps}`,
    `--cost ${monthlyCostAed}`,
    ...(installedSince === undefined ? [] : [`--installed-since ${installedSince}`]),
    ...(service ? [] : ['--no-service']),
  ].join(' ')
}
