import { PDFArray, PDFDict, type PDFObject, PDFRawStream, PDFRef } from '@cantoo/pdf-lib'
import { keysOf } from './first-revision.ts'
import { need } from './refusal.ts'
import type { Update } from './revisions.ts'

/**
 * Nothing under these names is passive: they run, fetch, play, send, embed, or make something visible on a condition. Longer
 * than any signature needs.
 */
const ACTIVE = new Set(
  [
    'A',
    'AA',
    'JS',
    'JavaScript',
    'OpenAction',
    'URI',
    'Launch',
    'EmbeddedFiles',
    'EmbeddedFile',
    'EF',
    'AF',
    'XFA',
    'RichMedia',
  ].concat([
    'Rendition',
    'Movie',
    'Sound',
    'GoToR',
    'SubmitForm',
    'ImportData',
    'OC',
    'OPI',
    'PS',
    'Ref',
    'Kids',
    'Parent',
  ]),
)

const MAX_DEPTH = 32

/**
 * The objects as they stand after one update, and which of those it brought have been accounted for. What nobody has claimed at the
 * end belongs to no signature.
 */
export class ClaimedObjects {
  readonly #before: ReadonlyMap<string, PDFObject>
  readonly #update: Update
  readonly #claimed = new Set<string>()

  constructor(before: ReadonlyMap<string, PDFObject>, update: Update) {
    this.#before = before
    this.#update = update
  }

  /** The object before the update: a reference is followed once. */
  was(value: PDFObject | undefined): PDFObject | undefined {
    return value instanceof PDFRef ? this.#before.get(value.toString()) : value
  }

  /** The object after the update: a reference is followed once. Nothing is claimed by it. */
  now(value: PDFObject | undefined): PDFObject | undefined {
    if (!(value instanceof PDFRef)) return value
    return this.#update.objects.get(value.toString())?.value ?? this.was(value)
  }

  /** Whether the update brings this reference, new or anew. */
  brings(value: PDFObject | undefined): boolean {
    return value instanceof PDFRef && this.#update.objects.has(value.toString())
  }

  /** Whether it was there before. */
  existed(value: PDFObject | undefined): boolean {
    return value instanceof PDFRef && this.#before.has(value.toString())
  }

  /**
   * The object behind `value` after the update, claimed. Only what stood in this very role before may be replaced: else a
   * page's content could be called a list of certificates.
   *
   * @param roleBefore - what stood in this role before the update
   */
  claim(value: PDFObject | undefined, roleBefore?: PDFObject): PDFObject | undefined {
    if (!(value instanceof PDFRef)) return value
    const added = this.#update.objects.get(value.toString())
    if (added === undefined) return this.#before.get(value.toString())
    need(!this.existed(value) || value === roleBefore, 'object_replaced', value.toString())
    this.#claimed.add(value.toString())
    return added.value
  }

  /** Claims everything that is new under `value`; nothing of it may act. What was there before may be referred to. */
  claimPassive(value: PDFObject | undefined, depth = 0): void {
    need(depth < MAX_DEPTH, 'hidden_object', 'nested too deep')
    if (value instanceof PDFRef) {
      if (!this.brings(value) || this.#claimed.has(value.toString())) return
      this.claimPassive(this.claim(value), depth + 1)
    } else if (value instanceof PDFArray) {
      for (const item of value.asArray()) this.claimPassive(item, depth + 1)
    } else if (value instanceof PDFRawStream) {
      this.claimPassive(value.dict, depth + 1)
    } else if (value instanceof PDFDict) {
      for (const key of keysOf(value)) need(!ACTIVE.has(key), 'action_added', key)
      for (const [, item] of value.entries()) this.claimPassive(item, depth + 1)
    } else if (value !== undefined) {
      const text = value.toString()
      need(!text.startsWith('/') || !ACTIVE.has(text.slice(1)), 'action_added', text.slice(1))
    }
  }

  /**
   * A bare stream to which nothing leads may be left over: it can only be content, and no content can be exchanged for it.
   *
   * @param free - the lowest number that the document has no object under
   * @throws Refusal `object_replaced` or `hidden_object` when anything else is left
   */
  assertAllClaimed(free: number): void {
    for (const [ref, { value }] of this.#update.objects) {
      const isNew = !this.#before.has(ref)
      // A number the document refers to without an object would bring it to light.
      need(!isNew || Number.parseInt(ref, 10) >= free, 'hidden_object', ref)
      if (this.#claimed.has(ref)) continue
      need(isNew, 'object_replaced', ref)
      need(value instanceof PDFRawStream && isBare(value.dict), 'hidden_object', ref)
    }
  }

  /** What stands after the update. */
  after(): ReadonlyMap<string, PDFObject> {
    const added = [...this.#update.objects].map(([ref, { value }]) => [ref, value] as const)
    return new Map([...this.#before, ...added])
  }
}

function isBare(dictionary: PDFDict): boolean {
  return keysOf(dictionary).every((key) => key === 'Length' || key === 'Filter')
}
