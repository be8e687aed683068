/** A line as the registry takes it. */
export interface LineFacts {
  readonly line: string
  /** Two different ones, each a commissioned branch or an enrolled gateway. */
  readonly ends: readonly [string, string]
  /** Mbit/s in each direction: 1 to 10,000,000. */
  readonly capacityMbps: number
  /** Whole dirhams: 0 to 1,000,000,000. */
  readonly monthlyCostAed: number
  /** Who leases or owns it. */
  readonly owner: string
  /** Names of what fails together, such as one duct. */
  readonly riskGroups: readonly string[]
  /** `2024-03-01`. */
  readonly installedSince?: string
}

/** A line as people read it. */
export function describeLine(facts: LineFacts): string {
  const groups = facts.riskGroups.length === 0 ? '' : `  shares ${facts.riskGroups.join(', ')}`
  const since = facts.installedSince === undefined ? '' : `  since ${facts.installedSince}`
  const { line, ends, capacityMbps: mbps, monthlyCostAed: aed, owner } = facts
  return `${line}  ${ends.join(' – ')}  ${mbps} Mbit/s  ${aed} AED a month  ${owner}${groups}${since}`
}
