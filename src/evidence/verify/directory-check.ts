import { memberOf } from '../../protocol/identifier.ts'
import { CompactTree } from '../../protocol/compact-tree.ts'
import { leafHash } from '../../protocol/merkle.ts'
import type { Anchor } from '../../trust/anchor.ts'
import type { EvidenceFile } from '../evidence-file.ts'
import { startReplay } from './change-rules.ts'
import type { Replay } from './change-rules.ts'
import type { OpenCheckpoint } from './checkpoint-check.ts'
import { isIncluded } from './half-check.ts'
import type { NetworkView } from './network-view.ts'
import { need } from './refusal.ts'

type DirectoryPart = Pick<EvidenceFile, 'directory'>

/** Refuses unless all entries of the directory part are in its tree, in ascending order. */
export function checkDirectoryInclusion(file: DirectoryPart, tree: OpenCheckpoint): void {
  let last = -1
  for (const { index, entry, proof } of file.directory.entries) {
    need(index > last, 'out_of_order', `entry ${index}`)
    last = index
    need(isIncluded(entry, { index, proof }, tree), 'not_included', `entry ${index}`)
  }
}

/**
 * Replays the entries of the directory part. One without an effect is refused: it might be a revocation whose
 * signer's key was left out, and passing over it would bring a lost key back.
 */
export function replayFile(file: DirectoryPart, anchor: Anchor): NetworkView {
  const { view, apply } = startReplay(anchor)
  for (const [place, { index, entry }] of file.directory.entries.entries()) {
    need(place > 0 || index === 0, 'contradicts_anchor', 'entry 0 is missing')
    const outcome = apply(entry)
    need(outcome !== 'anchor', 'contradicts_anchor')
    need(outcome === 'applied', 'no_effect', `entry ${index}`)
  }
  return view
}

/** What the complete entries say, and how many of them lie beyond the checkpoint of the file. */
export interface CompleteView {
  readonly view: NetworkView
  readonly laterEntries: number
}

/** Whom and what the entries that are judged are about. */
export interface ReplaySubjects {
  /** The two members of the exchange, or the parties of the agreement. */
  readonly members: readonly string[]
  readonly agreement: string
}

/**
 * Replays the complete entries of a directory, of which the first ones must make up the tree, where there is one. Entries
 * without an effect are passed over, as every follower does; those about other subjects are not judged at all.
 */
export function replayComplete(
  entries: Iterable<string>,
  anchor: Anchor,
  tree: OpenCheckpoint | undefined,
  subjects: ReplaySubjects,
): CompleteView {
  const replay = startReplay(anchor)
  const compact = new CompactTree()
  let size = 0
  for (const entry of entries) {
    if (tree !== undefined && size < tree.size) compact.append(leafHash(entry))
    applyRelevant(replay, entry, size, subjects)
    size += 1
  }
  if (tree === undefined) return { view: replay.view, laterEntries: size }
  need(size >= tree.size, 'other_directory', `${size} entries instead of ${tree.size}`)
  need(compact.root().equals(tree.root), 'other_directory')
  return { view: replay.view, laterEntries: size - tree.size }
}

/** Kinds that are judged whomever they name. */
const ALWAYS: ReadonlySet<string> = new Set(['branch_commissioned', 'branch_retired', 'signing_policy_set'])

function applyRelevant(replay: Replay, entry: string, index: number, subjects: ReplaySubjects): void {
  if (index > 0 && !isAbout(replay.view, entry, subjects)) return
  need(replay.apply(entry) !== 'anchor', 'contradicts_anchor')
}

/** Reads a subject loosely, to save work only: what passes is judged strictly afterwards. */
function isAbout(view: NetworkView, entry: string, { members, agreement: named }: ReplaySubjects): boolean {
  try {
    const { change } = JSON.parse(entry) as { readonly change: Readonly<Record<string, unknown>> }
    const { member, gateway, agreement, parties, kind } = change
    if (typeof kind === 'string' && ALWAYS.has(kind)) return true
    if (typeof agreement === 'string') {
      // What the parties agreed before and after may have been superseded by this, or have superseded it.
      const isOfBoth = Array.isArray(parties) && members.every((each) => parties.includes(each))
      return agreement === named || isOfBoth || view.agreements.has(agreement)
    }
    const subject =
      typeof member === 'string' ? member : typeof gateway === 'string' ? memberOf(gateway) : undefined
    return subject !== undefined && members.includes(subject)
  } catch {
    return false
  }
}
