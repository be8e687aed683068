/** A node of a design. A gateway begins and ends traffic only. */
export interface DesignNode {
  readonly id: string
  readonly relays: boolean
  /** What commissioning it costs; 0 for a node that is there. Links of one that is not have nothing installed. */
  readonly cost: number
}

/** A size in which capacity is bought. */
export interface DesignModule {
  readonly capacity: number
  readonly cost: number
  /** Most of them on one link. */
  readonly most: number
}

/** A link that exists, or could be built, or both. */
export interface DesignLink {
  readonly id: string
  readonly from: number
  readonly to: number
  /** Capacity that is there already and costs nothing more. */
  readonly installed: number
  readonly modules: readonly DesignModule[]
  /** Due once there is any module. */
  readonly fixedCost: number
  /** Due for each unit of flow. */
  readonly flowCost: number
}

/** All traffic from one source that keeps to the same constraints. Sets of nodes: any of them will do. */
export interface Commodity {
  readonly sources: readonly number[]
  readonly sinks: readonly { readonly places: readonly number[]; readonly amount: number }[]
  /** Nodes that it must not pass. */
  readonly barred: readonly number[]
}

/** Something that fails and through which everything must still be carried. Traffic of a failed node ends with it. */
export interface Outage {
  readonly kind: 'line' | 'group' | 'branch'
  readonly id: string
  readonly links: readonly number[]
  readonly node?: number
}

/** How the two directions of a link share its capacity: each has all of it, both together have it, or there is one. */
export type Sharing = 'each' | 'sum' | 'forward'

/** What has to be carried, what may be built, and what must survive. Plain data: it goes to another thread. */
export interface DesignProblem {
  readonly nodes: readonly DesignNode[]
  readonly links: readonly DesignLink[]
  readonly commodities: readonly Commodity[]
  readonly outages: readonly Outage[]
  readonly sharing: Sharing
  /** At most one module of all sizes on a link. */
  readonly isOneModule: boolean
  /** Modules may be bought in parts. */
  readonly isDivisible: boolean
  /** Cost that no choice changes. */
  readonly constantCost: number
}

/** Modules that are chosen, by link and by size; parts of one where modules are divisible. */
export type Choice = readonly (readonly number[])[]

/** Capacity of each link under a choice. */
export function capacitiesOf(problem: DesignProblem, choice: Choice): number[] {
  return problem.links.map((link, index) =>
    link.modules.reduce(
      (sum, { capacity }, size) => sum + capacity * (choice[index]?.[size] ?? 0),
      link.installed,
    ),
  )
}

/** Whether a link has any module under a choice. */
export function isBuilt(choice: Choice, link: number): boolean {
  return (choice[link] ?? []).some((count) => count > 0)
}

/** Nodes that cost something and that a built link needs. */
export function commissionedNodes(problem: DesignProblem, choice: Choice): number[] {
  const needed = new Set<number>()
  for (const [index, { from, to }] of problem.links.entries()) {
    if (!isBuilt(choice, index)) continue
    for (const node of [from, to]) if ((problem.nodes[node]?.cost ?? 0) > 0) needed.add(node)
  }
  return [...needed].sort((a, b) => a - b)
}

/** What a choice costs without what flows cost. */
export function buildingCost(problem: DesignProblem, choice: Choice): number {
  const ofLinks = problem.links.reduce((sum, { modules, fixedCost }, index) => {
    const ofModules = modules.reduce((part, { cost }, size) => part + cost * (choice[index]?.[size] ?? 0), 0)
    return sum + ofModules + (isBuilt(choice, index) ? fixedCost : 0)
  }, 0)
  const ofNodes = commissionedNodes(problem, choice).reduce(
    (sum, node) => sum + (problem.nodes[node]?.cost ?? 0),
    0,
  )
  return problem.constantCost + ofLinks + ofNodes
}

/** Whether flows themselves cost something, so that a choice alone does not say what the network costs. */
export function hasFlowCosts({ links }: DesignProblem): boolean {
  return links.some(({ flowCost }) => flowCost > 0)
}
