/** A line as `sandbox.json` shows it. */
export interface RegisteredLine {
  readonly id: string
  readonly ends: readonly string[]
  readonly capacityMbps: number
  readonly monthlyCostAed: number
  readonly owner: string
  readonly riskGroups: readonly string[]
  readonly installedSince?: string
}

type LineRecord = Omit<RegisteredLine, 'id'> & { readonly line: string }

/**
 * The lines of the network, asked of its registry: whoever registers or removes one tells the registry and nobody else.
 */
export class RegisteredLines {
  readonly #registry: string
  #lines: readonly RegisteredLine[] = []
  /** How much of the directory the lines were read from: without a newer entry no line has changed. */
  #size = -1

  /** @param registry - its address, without a trailing slash */
  constructor(registry: string) {
    this.#registry = registry
  }

  /** The lines as they were last heard of. */
  list(): readonly RegisteredLine[] {
    return this.#lines
  }

  /**
   * Asks again.
   *
   * @returns whether a line came, went or changed
   * @throws when the registry does not answer; the lines are those of before then
   */
  async look(): Promise<boolean> {
    const { size } = (await this.#get('/healthz')) as { readonly size: number }
    if (size === this.#size) return false
    const { lines } = (await this.#get('/v1/lines')) as { readonly lines: readonly LineRecord[] }
    const before = JSON.stringify(this.#lines)
    this.#lines = lines.map(shown)
    this.#size = size
    return JSON.stringify(this.#lines) !== before
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(`${this.#registry}${path}`, { signal: AbortSignal.timeout(5_000) })
    if (!response.ok) throw new Error(`the registry answers ${path} with ${response.status}`)
    return await response.json()
  }
}

/** What is public of a line, without what only the directory needs. */
function shown({
  line,
  ends,
  capacityMbps,
  monthlyCostAed,
  owner,
  riskGroups,
  installedSince,
}: LineRecord): RegisteredLine {
  return {
    id: line,
    ends,
    capacityMbps,
    monthlyCostAed,
    owner,
    riskGroups,
    ...(installedSince === undefined ? {} : { installedSince }),
  }
}
