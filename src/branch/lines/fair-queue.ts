/** What became of one turn. */
export interface Served {
  /** What it took of the line, in bytes. */
  readonly bytes: number
  /** Whether the item has more and stays in the queue. */
  readonly hasMore: boolean
}

interface Flow<T> {
  /** What it may still take before others have their turn; below 0 after a slice that was larger. */
  deficit: number
  readonly items: T[]
  /** When its last item left, in milliseconds. */
  leftAtMs: number
}

/** Flows that are remembered while nothing of theirs waits; the oldest beyond that begin afresh. */
const MAX_REMEMBERED = 4_096

/**
 * Deficit round robin between flows, in which a flow that asks for little goes first (RFC 8290, section 4, with flows by
 * name instead of by hash). Every flow has a quantum; while any of it is left the flow is served before all that have used
 * theirs, and then it queues up behind them for the next one. Between its visits it earns its share of the line anew, so
 * small calls stay ahead of bulk, and nobody gains by leaving and coming back.
 */
export class FairQueue<T> {
  readonly #quantum: number
  readonly #bytesPerMs: number
  readonly #flows = new Map<string, Flow<T>>()
  /** Flows of which something waits: those with some of their quantum left, and those that wait for their next. */
  readonly #fresh = new Set<Flow<T>>()
  readonly #spent = new Set<Flow<T>>()
  #size = 0

  /**
   * @param quantum - bytes in one turn
   * @param bytesPerMs - rate of the line, of which flows earn their share
   */
  constructor(quantum: number, bytesPerMs: number) {
    this.#quantum = quantum
    this.#bytesPerMs = bytesPerMs
  }

  /** Items that wait. */
  get size(): number {
    return this.#size
  }

  /** Puts an item at the end of its flow. */
  add(name: string, item: T, nowMs: number): void {
    const flow = this.#flowOf(name)
    flow.items.push(item)
    this.#size += 1
    if (this.#fresh.has(flow) || this.#spent.has(flow)) return
    const shares = this.#fresh.size + this.#spent.size + 1
    const earned = ((nowMs - flow.leftAtMs) * this.#bytesPerMs) / shares
    flow.deficit = Math.min(this.#quantum, flow.deficit + earned)
    if (flow.deficit > 0) this.#fresh.add(flow)
    else this.#queueUp(flow)
  }

  /** Lets the next item send; false when none waits. */
  serve(send: (item: T) => Served, nowMs: number): boolean {
    const flow = this.#next()
    const item = flow?.items.shift()
    if (flow === undefined || item === undefined) return false
    const { bytes, hasMore } = send(item)
    flow.deficit -= bytes
    // Behind the others of its flow: tunnels of one pair of members take turns as well.
    if (hasMore) flow.items.push(item)
    else this.#size -= 1
    if (flow.items.length === 0) this.#leave(flow, nowMs)
    else if (flow.deficit <= 0) this.#queueUp(flow)
    return true
  }

  /** Takes everything out, in no special order. */
  drain(): { readonly name: string; readonly item: T }[] {
    const all = [...this.#flows].flatMap(([name, { items }]) => items.map((item) => ({ name, item })))
    this.#flows.clear()
    this.#fresh.clear()
    this.#spent.clear()
    this.#size = 0
    return all
  }

  #next(): Flow<T> | undefined {
    for (const flow of this.#fresh) return flow
    // Each pass adds a quantum to each, and no slice is larger than a few: this ends.
    for (const flow of this.#spent) {
      if (flow.deficit > 0) return flow
      this.#queueUp(flow)
    }
    return undefined
  }

  #queueUp(flow: Flow<T>): void {
    flow.deficit += this.#quantum
    this.#fresh.delete(flow)
    // Set anew, so that the order of the set is the order of the turns.
    this.#spent.delete(flow)
    this.#spent.add(flow)
  }

  #leave(flow: Flow<T>, nowMs: number): void {
    flow.leftAtMs = nowMs
    this.#fresh.delete(flow)
    this.#spent.delete(flow)
  }

  #flowOf(name: string): Flow<T> {
    const known = this.#flows.get(name)
    // Set anew, so that the first of the map is the one that was away longest.
    this.#flows.delete(name)
    const flow = known ?? { deficit: this.#quantum, items: [], leftAtMs: 0 }
    this.#flows.set(name, flow)
    if (this.#flows.size > MAX_REMEMBERED) this.#forgetOne()
    return flow
  }

  #forgetOne(): void {
    for (const [name, flow] of this.#flows) {
      if (flow.items.length > 0) continue
      this.#flows.delete(name)
      return
    }
  }
}
