import { extendModel } from './decode-model.ts'
import { lineCost } from './impact/line-cost.ts'
import type { LineCost } from './impact/line-cost.ts'
import type { NetworkStudy, ReachedService, UnreachedService } from './impact/network-study.ts'
import { impactReasons } from './impact/reasons.ts'
import type { ImpactReason } from './impact/reasons.ts'
import { studyNetwork } from './impact/study-network.ts'

import type { ModelAddition, NetworkModel } from './network-model.ts'

export type { LineCost } from './impact/line-cost.ts'
export type { NetworkStudy, ReachedService } from './impact/network-study.ts'
export type { ImpactReason } from './impact/reasons.ts'

/** One service of one entity whose path is another than before. */
export interface MovedService {
  readonly entity: string
  readonly service: string
  readonly before: ReachedService
  readonly after: ReachedService
}

/** What an addition does to a network. */
export interface Impact {
  readonly type: 'wusla/plan-impact/v1'
  readonly before: NetworkStudy
  readonly after: NetworkStudy
  /** Services that become reachable, and to whom: exactly these. */
  readonly gained: readonly ReachedService[]
  readonly lost: readonly ReachedService[]
  readonly moved: readonly MovedService[]
  /** Services that the addition is about and that stay out of reach. */
  readonly stillUnreached: readonly UnreachedService[]
  /** Single points of failure that come and go. */
  readonly singlePoints: { readonly added: readonly string[]; readonly removed: readonly string[] }
  readonly cost: LineCost
  /** Why it costs what it costs and does what it does, in the order in which one would tell it. */
  readonly reasons: readonly ImpactReason[]
}

/**
 * Before and after: what does this branch, line or agreement do? Without additions both states are the same, and the
 * answer describes the network as it is.
 *
 * A service is counted as reachable for an entity when the service is open or an agreement grants it, and a path of
 * at most {@link NetworkModel.maxPathBranches} branches leads from a gateway of the entity to where the service is,
 * which keeps the transit constraints of one such grant.
 *
 * @throws WuslaError `invalid_network_model` when an addition does not fit the model
 */
export function studyImpact(model: NetworkModel, additions: readonly ModelAddition[] = []): Impact {
  const isStudyOnly = additions.length === 0
  const extended = isStudyOnly ? model : extendModel(model, ...additions)
  const before = studyNetwork(model)
  const after = isStudyOnly ? before : studyNetwork(extended)
  const compared = compare(before, after)
  const cost = lineCost({ model, study: before }, { model: extended, study: after }, compared.gained)
  const findings = { before, after, ...compared, cost }
  return { type: 'wusla/plan-impact/v1', ...findings, reasons: impactReasons(findings) }
}

function compare(
  before: NetworkStudy,
  after: NetworkStudy,
): Pick<Impact, 'gained' | 'lost' | 'moved' | 'stillUnreached' | 'singlePoints'> {
  const were = new Map(before.reached.map((reached) => [useKey(reached), reached]))
  const are = new Map(after.reached.map((reached) => [useKey(reached), reached]))
  const unreachedBefore = new Set(before.unreached.map(useKey))
  const pointsBefore = pointKeys(before)
  const pointsAfter = pointKeys(after)
  return {
    gained: after.reached.filter((reached) => !were.has(useKey(reached))),
    lost: before.reached.filter((reached) => !are.has(useKey(reached))),
    moved: after.reached.flatMap((reached) => {
      const was = were.get(useKey(reached))
      const stays = was === undefined || was.lines.join() === reached.lines.join()
      return stays ? [] : [{ entity: was.entity, service: was.service, before: was, after: reached }]
    }),
    stillUnreached: after.unreached.filter(
      (use) => !unreachedBefore.has(useKey(use)) && !were.has(useKey(use)),
    ),
    singlePoints: {
      added: [...pointsAfter].filter((point) => !pointsBefore.has(point)),
      removed: [...pointsBefore].filter((point) => !pointsAfter.has(point)),
    },
  }
}

function useKey({ entity, service }: { readonly entity: string; readonly service: string }): string {
  return `${entity} ${service}`
}

function pointKeys({ singlePoints }: NetworkStudy): Set<string> {
  return new Set([...singlePoints.lines, ...singlePoints.branches].map(({ id }) => id))
}
