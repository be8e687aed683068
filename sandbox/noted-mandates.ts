import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readNote } from './read-note.ts'

/**
 * Which person of the stand-in holds a mandate: no network publishes that, so the sandbox remembers it. `wusla mandate grant --persona` writes one
 * file each to `mandates/`, and so does the sandbox for those it is built with.
 */
export interface NotedMandate {
  readonly persona: string
  readonly member: string
  readonly mandate: string
  readonly office: { readonly en: string; readonly ar: string }
  readonly kinds: readonly string[]
  readonly validUntil: string
}

/** The names of the notes: another list than before means that a mandate came or ended. */
export function mandateNotes(state: string): readonly string[] {
  const folder = join(state, 'mandates')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
}

/** Everything that is noted, in the order of its files' names. */
export function notedMandates(state: string): readonly NotedMandate[] {
  return mandateNotes(state)
    .map((name) => readNote(join(state, 'mandates', name)) as NotedMandate | undefined)
    .filter((note) => note !== undefined)
}
