import type { Bilingual } from '../agreements/agreement.ts'

/** Where something stands, in degrees: longitude −180 to 180 (east positive), latitude −90 to 90. */
export type Place = { readonly longitude: number; readonly latitude: number }

/** A member of the network as the planner sees it: somebody who uses services, offers them, or both. */
export type ModelEntity = { readonly id: string; readonly name?: Bilingual }

/** An entity's door. It begins and ends paths and never passes anything on. */
export type ModelGateway = {
  readonly id: string
  readonly entity: string
  readonly name?: Bilingual
  readonly place?: Place
}

/** A point of presence: the only kind of node that relays. */
export type ModelBranch = {
  readonly id: string
  readonly name?: Bilingual
  /** What transit constraints may ask for, such as `sovereign`. */
  readonly class?: string
  /** The entity in whose data centre it stands. */
  readonly host?: string
  readonly place?: Place
}

/** A connection that exists, or, in an addition, one that would be made. What is absent is not known. */
export type ModelLine = {
  readonly id: string
  /** Two different nodes; two branches, a branch and a gateway, or two gateways. */
  readonly ends: readonly [string, string]
  /** Mbit/s in each direction. */
  readonly capacityMbps?: number
  /** Dirhams a month. */
  readonly monthlyCostAed?: number
  readonly owner?: string
  /** Names of what fails together, such as one duct. Default: none. */
  readonly sharedRiskGroups?: readonly string[]
  /** `2024-03-01`. A line without it is not there yet: an addition that brings it pays for it. */
  readonly installedSince?: string
  /** One way, in milliseconds. */
  readonly latencyMs?: number
}

/** Something an entity offers. */
export type ModelService = {
  readonly id: string
  readonly entity: string
  readonly name?: Bilingual
  /** Gateways behind which it runs, or branches in whose data centre it is hosted. One of them is enough. */
  readonly at: readonly string[]
  /** Every entity may use it. Default: false. */
  readonly open?: boolean
}

/** Which branches a path may lead through. Every part holds at once. */
export type TransitLimit = {
  readonly avoid?: readonly string[]
  readonly only?: readonly string[]
  readonly onlyClasses?: readonly string[]
}

/** What one entity lets another use. */
export type ModelAgreement = {
  readonly id: string
  readonly consumer: string
  readonly grants: readonly { readonly service: string; readonly transit?: TransitLimit }[]
}

/** Traffic between two ends: an entity, a gateway or a branch as `from`, one of those or a service as `to`. */
export type ModelDemand = {
  readonly from: string
  readonly to: string
  /** Mbit/s towards `to`. */
  readonly mbps: number
  /** Mbit/s towards `from`. Default: 0. */
  readonly backMbps?: number
  /** Whether somebody estimated it or a branch counted it. Default: `given`. */
  readonly basis?: 'given' | 'measured'
}

/** A line that could be leased: any number of each module, together its capacity in each direction. */
export type CandidateLine = {
  readonly id: string
  readonly ends: readonly [string, string]
  readonly modules: readonly { readonly capacityMbps: number; readonly monthlyCostAed: number }[]
  /** Dirhams a month as soon as there is any module. Default: 0. */
  readonly monthlyFixedAed?: number
  readonly sharedRiskGroups?: readonly string[]
  readonly latencyMs?: number
}

/** A branch that could be commissioned, and what it costs a month. */
export type CandidateBranch = ModelBranch & { readonly monthlyCostAed: number }

/** What `plan design` may choose from. */
export type Candidates = {
  readonly lines: readonly CandidateLine[]
  readonly branches: readonly CandidateBranch[]
}

/**
 * A network on paper: `docs/spec/network-model.md`. Made from a file ({@link readModel}), from the live directory
 * (`modelFromDirectory`) or by hand; {@link decodeModel} and {@link extendModel} give only models whose references
 * hold.
 */
export type NetworkModel = {
  /** Present: identifiers are those of this network. Absent: a graph from elsewhere, with names of its own. */
  readonly network?: string
  /** What it is called on a picture. */
  readonly title?: Bilingual
  /** Most branches on one path. Absent: no bound. */
  readonly maxPathBranches?: number
  readonly entities: readonly ModelEntity[]
  readonly gateways: readonly ModelGateway[]
  readonly branches: readonly ModelBranch[]
  readonly lines: readonly ModelLine[]
  readonly services: readonly ModelService[]
  readonly agreements: readonly ModelAgreement[]
  readonly demands: readonly ModelDemand[]
  readonly candidates: Candidates
}

/** What a branch, a line or an agreement would bring: the same parts, each as long as it needs to be. */
export type ModelAddition = Omit<NetworkModel, 'network' | 'title' | 'maxPathBranches'>

/** A model of nothing, to start from. */
export const EMPTY_ADDITION: ModelAddition = Object.freeze({
  entities: [],
  gateways: [],
  branches: [],
  lines: [],
  services: [],
  agreements: [],
  demands: [],
  candidates: Object.freeze({ lines: [], branches: [] }),
})

/** Most branches on a path of the network itself: `docs/spec/branch.md`. */
export const DEFAULT_MAX_PATH_BRANCHES = 8
