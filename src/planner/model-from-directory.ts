import type { Agreement, Bilingual } from '../agreements/agreement.ts'
import { parseTime } from '../protocol/clock.ts'
import { memberOf } from '../protocol/identifier.ts'
import { checkedModel } from './decode-model.ts'
import { DEFAULT_MAX_PATH_BRANCHES, EMPTY_ADDITION } from './network-model.ts'
import type { ModelBranch, ModelDemand, ModelLine, NetworkModel } from './network-model.ts'
import { agreementInModel } from './read-model.ts'

/**
 * What the directory holds of the network, in the form of its own records: they can be handed over as they are. What
 * a directory does not know yet may be left out.
 */
export interface DirectoryFacts {
  readonly network: string
  readonly title?: Bilingual | undefined
  readonly members: readonly {
    readonly member: string
    readonly name?: Bilingual
    readonly status: 'active' | 'suspended'
  }[]
  readonly gateways: readonly {
    readonly gateway: string
    readonly member: string
    /** Home branches. */
    readonly branches: readonly string[]
    /** Where it may be dialled without a branch, if it says so. */
    readonly direct?: { readonly address?: string }
  }[]
  readonly branches: readonly {
    readonly branch: string
    readonly host?: string
    readonly class?: string
  }[]
  readonly lines: readonly {
    readonly line: string
    readonly ends: readonly string[]
    readonly capacityMbps: number
    readonly monthlyCostAed: number
    readonly owner?: string
    readonly riskGroups?: readonly string[]
    readonly installedSince?: string
  }[]
  readonly services: readonly {
    readonly service: string
    readonly name?: Bilingual
    /** Present: every member may use it. */
    readonly open?: object
  }[]
  readonly agreements: readonly {
    readonly agreement: string
    readonly status: 'effective' | 'suspended' | 'revoked'
    /** Another agreement takes its place from this instant on. */
    readonly superseded?: { readonly from: string }
    /** Absent: nobody here may read it; it counts for nothing. */
    readonly content: Agreement | undefined
  }[]
}

/** What branches measure. Everything may be missing. */
export interface LinkState {
  /** Round trips between two branches, in milliseconds. */
  readonly roundTrips: readonly { readonly ends: readonly [string, string]; readonly rttMs: number }[]
  /** Traffic between pairs of gateways, as it was counted. */
  readonly demands: readonly Pick<ModelDemand, 'from' | 'to' | 'mbps' | 'backMbps'>[]
}

/** When no branch was asked. */
const UNKNOWN_STATE: LinkState = Object.freeze({ roundTrips: [], demands: [] })

/**
 * The live network as a model. Suspended members are left out with all that is theirs, as the network refuses their
 * exchanges; agreements count while they are in force at `nowMs`. A service stands behind all gateways of its member.
 * A gateway's home branch to which no line is registered is a line of unknown capacity and cost, named
 * `home <gateway> <branch>`. A line between two gateways counts while one of them says where it is dialled.
 *
 * @throws WuslaError `invalid_network_model` when the facts contradict each other
 */
export function modelFromDirectory(
  facts: DirectoryFacts,
  nowMs: number,
  state: LinkState = UNKNOWN_STATE,
): NetworkModel {
  const members = facts.members.filter(({ status }) => status === 'active')
  const active = new Set(members.map(({ member }) => member))
  const gateways = facts.gateways.filter(({ member }) => active.has(member))
  const gatewaysOf = new Map<string, string[]>()
  for (const { gateway, member } of gateways)
    gatewaysOf.set(member, [...(gatewaysOf.get(member) ?? []), gateway])
  const services = facts.services.filter(({ service }) => gatewaysOf.has(memberOf(service)))
  const known = new Set([
    ...facts.branches.map(({ branch }) => branch),
    ...gateways.map(({ gateway }) => gateway),
  ])
  return checkedModel({
    ...EMPTY_ADDITION,
    network: facts.network,
    ...(facts.title === undefined ? {} : { title: facts.title }),
    maxPathBranches: DEFAULT_MAX_PATH_BRANCHES,
    entities: members.map(({ member, name }) => ({ id: member, ...(name === undefined ? {} : { name }) })),
    gateways: gateways.map(({ gateway, member }) => ({ id: gateway, entity: member })),
    branches: facts.branches.map(branchOf),
    lines: linesOf(facts, known, state),
    services: services.map(({ service, name, open }) => ({
      id: service,
      entity: memberOf(service),
      at: gatewaysOf.get(memberOf(service)) ?? [],
      open: open !== undefined,
      ...(name === undefined ? {} : { name }),
    })),
    agreements: agreementsOf(facts, active, new Set(services.map(({ service }) => service)), nowMs),
    demands: state.demands
      .filter(({ from, to }) => known.has(from) && known.has(to) && from !== to)
      .map((demand) => ({ ...demand, basis: 'measured' as const })),
  })
}

function branchOf({ branch, host, class: branchClass }: DirectoryFacts['branches'][number]): ModelBranch {
  return {
    id: branch,
    ...(host === undefined ? {} : { host }),
    ...(branchClass === undefined ? {} : { class: branchClass }),
  }
}

function linesOf(
  { lines, gateways }: DirectoryFacts,
  known: ReadonlySet<string>,
  { roundTrips }: LinkState,
): ModelLine[] {
  const dialled = new Set(
    gateways.flatMap(({ gateway, direct }) => (direct?.address === undefined ? [] : [gateway])),
  )
  const all = new Set(gateways.map(({ gateway }) => gateway))
  const rtt = new Map(roundTrips.map(({ ends, rttMs }) => [pairKey(ends), rttMs]))
  const registered = lines.flatMap((line): ModelLine[] => {
    const [first = '', second = ''] = line.ends
    const rttMs = rtt.get(pairKey([first, second]))
    if (!known.has(first) || !known.has(second)) return []
    // Nobody dials here, so nothing passes.
    if (line.ends.every((end) => all.has(end) && !dialled.has(end))) return []
    return [
      {
        id: line.line,
        ends: [first, second],
        capacityMbps: line.capacityMbps,
        monthlyCostAed: line.monthlyCostAed,
        sharedRiskGroups: line.riskGroups ?? [],
        ...(line.owner === undefined ? {} : { owner: line.owner }),
        ...(line.installedSince === undefined ? {} : { installedSince: line.installedSince }),
        ...(rttMs === undefined ? {} : { latencyMs: rttMs / 2 }),
      },
    ]
  })
  const joined = new Set(registered.map(({ ends }) => pairKey(ends)))
  const homes = gateways.flatMap(({ gateway, branches }) =>
    branches
      .filter((branch) => known.has(gateway) && known.has(branch) && !joined.has(pairKey([gateway, branch])))
      .map((branch): ModelLine => ({ id: `home ${gateway} ${branch}`, ends: [gateway, branch] })),
  )
  return [...registered, ...homes]
}

function agreementsOf(
  { agreements }: DirectoryFacts,
  active: ReadonlySet<string>,
  services: ReadonlySet<string>,
  nowMs: number,
): NetworkModel['agreements'] {
  return agreements.flatMap(({ agreement, status, superseded, content }) => {
    if (status !== 'effective' || content === undefined) return []
    if (superseded !== undefined && nowMs >= parseTime(superseded.from)) return []
    if (nowMs < parseTime(content.validFrom) || nowMs >= parseTime(content.validUntil)) return []
    const modelled = agreementInModel(content, agreement)
    if (modelled === undefined) return []
    const { id, consumer, grants } = modelled
    const live = grants.filter(({ service }) => services.has(service))
    return live.length === 0 || !active.has(consumer) ? [] : [{ id, consumer, grants: live }]
  })
}

/** The same for both orders of the ends. */
function pairKey(ends: readonly [string, string]): string {
  return ends.toSorted().join(' ')
}
