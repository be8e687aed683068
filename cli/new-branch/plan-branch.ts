import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { encodeModel } from '../../src/planner/decode-model.ts'
import { modelFromDirectory } from '../../src/planner/model-from-directory.ts'
import type { NetworkModel } from '../../src/planner/network-model.ts'
import { readModel } from '../../src/planner/read-model.ts'
import { type Impact, studyImpact } from '../../src/planner/study-impact.ts'
import { systemClock } from '../../src/protocol/clock.ts'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import { type ApiTarget, callApi } from '../api-client.ts'
import { readLinkState } from '../plan/link-state.ts'
import { readLiveNetwork } from '../plan/live-network.ts'
import { readPlanFile } from '../plan/plan-model.ts'
import { readSandbox, type SandboxFile } from '../sandbox-file.ts'
import { UsageError } from '../voice.ts'
import { additionOf, encodeAddition } from './addition-of.ts'
import { freePorts, portsIn } from './free-ports.ts'
import {
  type AdditionFiles,
  additionFiles,
  type BranchRecord,
  unfinishedBranch,
} from './unfinished-branch.ts'
import { branchNamed, type BranchWish, type WantedBranch, wantedBranch } from './wanted-branch.ts'

/** A branch that was decided and studied, and not commissioned. */
export interface PlannedBranch {
  readonly registry: ApiTarget
  readonly files: AdditionFiles
  readonly record: BranchRecord
  /** What it will do to the network as it was before. */
  readonly impact: Impact
}

/**
 * Decides what a wish means in a running sandbox and asks the planner what it will do. Writes the addition and the model of the
 * network before it to the sandbox's `additions` folder, and changes nothing else. An attempt that was interrupted is
 * taken up as it was decided.
 *
 * @param note - hears what is not known of the live network
 * @throws UsageError when the wish cannot be fulfilled; WuslaError as {@link readLiveNetwork}, `conflict` without free ports
 */
export async function planBranch(
  state: string,
  wish: BranchWish,
  note: (text: string) => void,
): Promise<PlannedBranch> {
  const sandbox = readSandbox(state)
  const registry = { url: sandbox.registry.url, token: sandbox.registry.adminToken }
  const branch = branchNamed(wish.name, sandbox.network)
  const files = await additionFiles(state, branch)
  const begun = await unfinishedBranch(files, wish)
  const { record, before } =
    begun === undefined ? await decide(state, sandbox, registry, wish, note) : await again(begun, files)
  const addition = additionOf(record.wanted)
  await writePrivateFile(files.before, `${JSON.stringify(encodeModel(before))}\n`)
  await writePrivateFile(files.addition, encodeAddition(addition))
  return { registry, files, record, impact: studyImpact(before, [addition]) }
}

interface Decided {
  readonly record: BranchRecord
  readonly before: NetworkModel
}

async function decide(
  state: string,
  sandbox: SandboxFile,
  registry: ApiTarget,
  wish: BranchWish,
  note: (text: string) => void,
): Promise<Decided> {
  const { facts, branchUrls } = await readLiveNetwork(registry, sandbox.anchor)
  const wanted = wantedBranch(wish, facts)
  refuseRemains(state, wanted)
  const links = await readLinkState(branchUrls, 0, (url) =>
    note(`note: the branch at ${url} does not answer`),
  )
  const before = modelFromDirectory(facts, systemClock.nowMs(), links)
  const branches = await callApi(registry, 'GET', '/v1/branches')
  const base = Number(new URL(sandbox.registry.url).port)
  const ports = await freePorts(base, portsIn(JSON.stringify([sandbox, branches])))
  return { record: { wish, wanted, ports, tokens: {} }, before }
}

async function again(record: BranchRecord, files: AdditionFiles): Promise<Decided> {
  return { record, before: readModel(await readPlanFile('additions', files.before)) }
}

/** The folder of an actor holds its keys: another actor of its name must not find them, nor replace them. */
function refuseRemains(state: string, { branch, hosted }: WantedBranch): void {
  const folders = [
    join(state, 'branches', branch.replaceAll('/', '-')),
    ...(hosted === undefined ? [] : [join(state, 'gateways', hosted.gateway.replaceAll('/', '-'))]),
  ]
  const remains = folders.find((folder) => existsSync(folder))
  if (remains === undefined) return
  throw new UsageError(
    `${remains} is there already: a branch of this name was here before`,
    'choose another name, or move the folder away',
  )
}
