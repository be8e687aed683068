import { leafHash } from '../../protocol/merkle.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { readSnapshot } from '../snapshot.ts'
import { bundlesFrom } from './fetch-tail.ts'
import type { FollowerStore } from './follower-store.ts'
import { HashList } from './hash-levels.ts'
import type { HeldCheckpoint } from './held-checkpoint.ts'
import type { SourceClient } from './source-client.ts'
import { withPace } from './with-pace.ts'

/** Entries that lie in the file behind those that count, and the checkpoint they may lead to. */
export interface StagedEntries {
  readonly checkpoint: HeldCheckpoint
  readonly leaves: HashList
  readonly fits: boolean
}

interface BulkOptions {
  readonly client: SourceClient
  readonly store: FollowerStore
  readonly checkpoint: HeldCheckpoint
  /** Reads and verifies the note of a snapshot. */
  readonly readNote: (note: string) => HeldCheckpoint
  /** More than this is not written. Unit: bytes. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/**
 * Fetches many entries to the disk, where they do not count yet: by snapshot into an empty store if the source has
 * one, else by bundles. The caller commits them if they fit, and cuts them off if they do not.
 */
export async function loadBulk(options: BulkOptions): Promise<StagedEntries> {
  const stream = options.store.size === 0 ? await options.client.snapshot(options.signal) : undefined
  return stream === undefined ? await loadBundles(options) : await loadSnapshot(options, stream)
}

async function loadBundles(options: BulkOptions): Promise<StagedEntries> {
  const { client, store, checkpoint, signal } = options
  const leaves = new HashList()
  for await (const bundle of bundlesFrom(client, store.size, checkpoint.size, signal)) {
    await stage(options, leaves, bundle)
  }
  return staged(store, checkpoint, leaves)
}

async function loadSnapshot(options: BulkOptions, stream: AsyncIterable<Uint8Array>): Promise<StagedEntries> {
  const leaves = new HashList()
  let checkpoint: HeldCheckpoint | undefined
  for await (const part of readSnapshot(withPace(stream, options.client.url))) {
    if (part.kind === 'note') checkpoint = options.readNote(part.note)
    else if (leaves.length + part.entries.length > (checkpoint?.size ?? 0)) throw tooLong(options.client.url)
    else await stage(options, leaves, part.entries)
  }
  return staged(options.store, checkpoint ?? options.checkpoint, leaves)
}

async function stage(
  { store, maxBytes, client }: BulkOptions,
  leaves: HashList,
  entries: readonly Buffer[],
): Promise<void> {
  for (const entry of entries) leaves.push(leafHash(entry))
  await store.entries.append(entries)
  if (store.entries.bytes > maxBytes) throw tooLong(client.url)
}

function staged(store: FollowerStore, checkpoint: HeldCheckpoint, leaves: HashList): StagedEntries {
  const tree = store.tree()
  for (const leaf of leaves) tree.append(leaf)
  return { checkpoint, leaves, fits: tree.size === checkpoint.size && tree.root().equals(checkpoint.root) }
}

function tooLong(source: string): WuslaError {
  return new WuslaError('request_too_large', { details: { source } })
}
