import { isWuslaError } from '../protocol/wusla-error.ts'
import { changeSigningBytes, decodeSignedChange } from '../trust/signed-change.ts'
import type { ChangeSignature } from '../trust/signed-change.ts'
import type { Change } from './change.ts'
import { decodeChange } from './change-shapes.ts'
import type { ChangeShapes } from './change-shapes.ts'

/** An entry of the directory's ledger, taken apart. */
export interface SignedEntry {
  readonly change: Change
  readonly signatures: readonly ChangeSignature[]
  /** What every signature on the change covers. Built once. */
  readonly signingBytes: () => Buffer
}

/** An entry, or what is wrong with its form. */
export type ReadEntry =
  | { readonly ok: true; readonly entry: SignedEntry }
  | { readonly ok: false; readonly changeKind: string; readonly detail: string }

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads an entry from the log of a network: canonical JSON, exactly the fields of its kind, all in form. */
export function readSignedEntry(shapes: ChangeShapes, bytes: Uint8Array | string): ReadEntry {
  let text: string
  try {
    text = typeof bytes === 'string' ? bytes : utf8.decode(bytes)
  } catch {
    return { ok: false, changeKind: 'unknown', detail: 'the entry is not UTF-8' }
  }
  try {
    const { change, signatures } = decodeSignedChange(text)
    const decoded = decodeChange(shapes, change)
    if (!decoded.ok) {
      const [first] = decoded.problems
      return {
        ok: false,
        changeKind: kindOf(change.kind),
        detail: `${first?.path ?? ''} ${first?.problem ?? ''}`,
      }
    }
    return {
      ok: true,
      entry: { change: decoded.value, signatures, signingBytes: signingBytesOf(decoded.value) },
    }
  } catch (cause) {
    if (!isWuslaError(cause)) throw cause
    return { ok: false, changeKind: 'unknown', detail: cause.message }
  }
}

/**
 * Reads an entry that {@link readSignedEntry} accepted before and that has lain in our own store since: no form
 * is checked a second time. Never for bytes from outside.
 */
export function readCheckedEntry(bytes: Uint8Array): SignedEntry {
  const { change, signatures } = JSON.parse(utf8.decode(bytes)) as Pick<SignedEntry, 'change' | 'signatures'>
  return { change, signatures, signingBytes: signingBytesOf(change) }
}

function signingBytesOf(change: Change): () => Buffer {
  let bytes: Buffer | undefined
  return () => (bytes ??= changeSigningBytes(change))
}

// The name of an unknown kind comes from outside and goes into events: cut short, and only harmless letters.
function kindOf(kind: string): string {
  return /^[a-z_]{1,40}$/.test(kind) ? kind : 'unknown'
}
