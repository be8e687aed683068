import type { DirectoryFacts } from '../../src/planner/model-from-directory.ts'
import { canonicalIdentifier, encodeSegment, isIdentifier } from '../../src/protocol/identifier.ts'
import type { LineFacts } from '../line-facts.ts'
import { UsageError } from '../voice.ts'

/** What somebody asks for. */
export interface BranchWish {
  /** A short name, `NORTH`, or a full identifier, `AE-DU/branch/NORTH`. */
  readonly name: string
  /** In whose data centre it stands. Default: `<network>/COM/<NAME>`, admitted if it is new. */
  readonly host?: string
  /** What transit constraints of agreements may ask for, such as `sovereign`. Default: none. */
  readonly class?: string
  /** Branches and gateways to which there is a line; branches by their short names too. Default: every branch. */
  readonly lineTo?: readonly string[]
  /** Of each line, in Mbit/s. */
  readonly capacityMbps: number
  /** Of each line, in whole dirhams a month. */
  readonly monthlyCostAed: number
  /** Since when the lines lie there: then they are paid for already. */
  readonly installedSince?: string
  /** Whether the host offers a service there. */
  readonly service: boolean
}

/** What the host offers at the branch: a gateway that has no other home, and a service open to everybody. */
export interface HostedService {
  readonly gateway: string
  readonly system: string
  readonly service: string
  readonly name: Bilingual
  readonly operations: readonly { readonly method: string; readonly path: string }[]
}

/** A branch that is to be commissioned, with everything that is decided about it before anything is done. */
export interface WantedBranch {
  readonly branch: string
  readonly host: string
  readonly class?: string
  readonly hostName: Bilingual
  /** Whether the host has to be admitted first. */
  readonly isHostNew: boolean
  readonly lines: readonly LineFacts[]
  /** The line of the host's own gateway, inside the data centre. */
  readonly hostLine?: LineFacts
  readonly hosted?: HostedService
}

interface Bilingual {
  readonly ar: string
  readonly en: string
}

/** What the branch's neighbours are, and what names are taken. */
type KnownNetwork = Pick<DirectoryFacts, 'network' | 'members' | 'gateways' | 'branches' | 'lines'>

/**
 * Decides what a wish means in a network as it is.
 *
 * @throws UsageError when the name is none, or taken, or a line would lead nowhere
 */
export function wantedBranch(wish: BranchWish, known: KnownNetwork): WantedBranch {
  const branch = branchNamed(wish.name, known.network)
  if (known.branches.some((entry) => entry.branch === branch))
    throw new UsageError(
      `${branch} is commissioned already`,
      'choose another name; `wusla sandbox status` lists them',
    )
  const code = branch.slice(branch.lastIndexOf('/') + 1)
  const host = hostOf(wish, code, known)
  const isHostNew = !known.members.some(({ member }) => member === host)
  const taken = new Set(known.lines.map(({ line }) => line))
  const terms = {
    capacityMbps: wish.capacityMbps,
    monthlyCostAed: wish.monthlyCostAed,
    owner: host,
    riskGroups: [],
    ...(wish.installedSince === undefined ? {} : { installedSince: wish.installedSince }),
  }
  const lines = neighboursOf(wish, known).map((end): LineFacts => {
    return { line: lineName(code, end, taken), ends: [branch, end], ...terms }
  })
  const ranked = wish.class === undefined ? {} : { class: wish.class }
  const wanted = { branch, host, ...ranked, hostName: nameOf(host, code, known), isHostNew, lines }
  if (!wish.service) return wanted
  const gateway = `${host}/gw-1`
  return {
    ...wanted,
    hosted: hostedService(host, gateway, code),
    // Cable of the data centre itself: nothing is leased.
    hostLine: {
      line: lineName(code, gateway, taken),
      ends: [gateway, branch],
      capacityMbps: 10_000,
      monthlyCostAed: 0,
      owner: host,
      riskGroups: [],
    },
  }
}

/** The branch that a name means, long or short. @throws UsageError */
export function branchNamed(name: string, network: string): string {
  const text = name.includes('/') ? name : `${network}/branch/${encodeSegment(name)}`
  if (!isIdentifier('branch', text))
    throw new UsageError(
      `"${name}" is no name of a branch`,
      `write a short name such as NORTH, or an identifier such as ${network}/branch/NORTH`,
    )
  const branch = canonicalIdentifier('branch', text)
  if (branch.startsWith(`${network}/`)) return branch
  throw new UsageError(`${branch} belongs to another network`, `this one is ${network}`)
}

function hostOf({ host, service }: BranchWish, code: string, known: KnownNetwork): string {
  const member = host ?? `${known.network}/COM/${code}`
  if (!member.startsWith(`${known.network}/`))
    throw new UsageError(`${member} belongs to another network`, `this one is ${known.network}`)
  const record = known.members.find((entry) => entry.member === member)
  if (record?.status === 'suspended')
    throw new UsageError(`${member} is suspended and can host nothing`, 'name another member with --host')
  if (service && known.gateways.some((entry) => entry.member === member))
    throw new UsageError(
      `${member} has a gateway elsewhere: what it offers would not be at the new branch alone`,
      'choose another name or --host, or commission the branch alone with --no-service',
    )
  return member
}

function neighboursOf({ lineTo }: BranchWish, known: KnownNetwork): string[] {
  const { network, branches, gateways } = known
  if (lineTo === undefined) return branches.map(({ branch }) => branch)
  const ends = lineTo.map((end) => (end.includes('/') ? end : `${network}/branch/${end}`))
  const there = new Set([...branches.map(({ branch }) => branch), ...gateways.map(({ gateway }) => gateway)])
  const nowhere = ends.find((end) => !there.has(end))
  if (nowhere !== undefined)
    throw new UsageError(
      `a line to ${nowhere} would lead nowhere: it is no branch and no gateway`,
      `branches: ${branches.map(({ branch }) => branch).join(', ')}`,
    )
  return [...new Set(ends)]
}

/** `NORTH-CORE`, `NORTH-RTA-gw-1`; with a number behind it when another line has that name. */
function lineName(code: string, end: string, taken: Set<string>): string {
  const other = end.includes('/branch/') ? end.split('/').slice(2) : end.split('/').slice(2, 4)
  const name = [code, ...other]
    .join('-')
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .slice(0, 58)
  let free = name
  for (let number = 2; taken.has(free); number += 1) free = `${name}-${number}`
  taken.add(free)
  return free
}

function nameOf(host: string, code: string, known: KnownNetwork): Bilingual {
  const record = known.members.find(({ member }) => member === host)
  return record?.name ?? { en: `Data centre ${code}`, ar: `مركز البيانات ${code}` }
}

function hostedService(host: string, gateway: string, code: string): HostedService {
  const system = `${host}/CLOUD`
  return {
    gateway,
    system,
    service: `${system}/archive`,
    name: { en: `Document archive at ${code}`, ar: `أرشيف الوثائق في ${code}` },
    operations: [
      { method: 'GET', path: '/objects' },
      { method: '*', path: '/objects/**' },
    ],
  }
}
