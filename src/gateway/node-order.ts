import { createHash } from 'node:crypto'

/**
 * In which order one gateway turns to the nodes of a member: always the same one, so that its sessions last, and another
 * one than its neighbours', so that the consumers of a member spread over its nodes.
 */
export class NodeOrder {
  readonly #number: number

  /** @param own - the gateway that asks */
  constructor(own: string) {
    this.#number = createHash('sha256').update(own).digest().readUInt32BE(0)
  }

  of<T>(nodes: readonly T[]): readonly T[] {
    if (nodes.length < 2) return nodes
    const first = this.#number % nodes.length
    return [...nodes.slice(first), ...nodes.slice(0, first)]
  }
}
