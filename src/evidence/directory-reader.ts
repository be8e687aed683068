/** Whose entries of the directory an export needs. */
export interface DirectorySubjects {
  /** Members whose standing, gateways and keys matter. */
  readonly members: readonly string[]
  /** Gateways of those members; a directory may leave out what only concerns others of their TLS keys. */
  readonly gateways: readonly string[]
  /** Key ids that made seals. */
  readonly keys: readonly string[]
  /** Content hash of an agreement. */
  readonly agreement?: string
  /** Names of witness keys (`wusla/<branch>`) whose cosignatures stand on the checkpoints. */
  readonly witnesses?: readonly string[]
}

/**
 * What an export takes from the directory. The room of the directory provides it; nothing here is trusted by a
 * verifier, which checks every entry, proof and signature itself.
 */
export interface DirectoryReader {
  /** Entries under the latest checkpoint. */
  readonly size: number
  /** The latest checkpoint: a signed note with the cosignatures it has. */
  latestCheckpoint(): string
  /** The exact text of an entry. */
  entry(index: number): Promise<string>
  /** The siblings from the entry to the root of the tree with `size` entries. */
  inclusionProof(index: number, size: number): Promise<readonly Uint8Array[]>
  /**
   * Indexes, ascending, of entry 0 and of **every** entry about the standing, gateways and keys of the members,
   * about the agreement, and about the branches of the witnesses. Entries without an effect may be among them.
   */
  entriesFor(subjects: DirectorySubjects): readonly number[]
}
