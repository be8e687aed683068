/** What is known of the way to a gateway that begins at one of our branches. */
export interface EntryCost {
  readonly branch: string
  /** Round trip to the branch itself in milliseconds; undefined until measured. */
  readonly linkMs: number | undefined
  /** What its best way costs beyond the branch, in milliseconds (decision 0014); undefined when it knows or tells none. */
  readonly wayMs: number | undefined
}

/** What a link counts for until its round trip is measured, in milliseconds; as branches count theirs. */
const UNMEASURED_MS = 50

/**
 * Our branches in the order in which a way to a gateway is tried: the one that begins the cheapest whole way first, so
 * that the nearest branch is not entered only because it is near. Those that know no way come last, in the order given.
 */
export function rankBranches(entries: readonly EntryCost[]): string[] {
  const whole = ({ linkMs, wayMs }: EntryCost): number =>
    wayMs === undefined ? Number.POSITIVE_INFINITY : (linkMs ?? UNMEASURED_MS) + wayMs
  return entries
    .map((entry, at) => ({ entry, at, cost: whole(entry) }))
    .sort((a, b) => (a.cost === b.cost ? a.at - b.at : a.cost - b.cost))
    .map(({ entry }) => entry.branch)
}
