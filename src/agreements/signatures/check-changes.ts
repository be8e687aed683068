import { PDFBool, PDFDict, PDFName, type PDFObject, PDFRawStream, PDFRef } from '@cantoo/pdf-lib'
import type { SignaturePlace } from '../render-agreement.ts'
import { checkProofUpdate, PROOF_KEY, readProof } from './attached-proof.ts'
import { ClaimedObjects } from './claimed-objects.ts'
import { entry, type FirstRevision, itemsOf, keysOf } from './first-revision.ts'
import { need } from './refusal.ts'
import type { Update } from './revisions.ts'
import { type AddedSignature, readField } from './signature-field.ts'

/** What the updates bring, none of it verified yet. */
export interface Additions {
  /** With the update each of them came in. */
  readonly signatures: readonly { readonly update: Update; readonly signature: AddedSignature }[]
  /** Material for validation: DER each. */
  readonly store: SecurityStore
  /** The proof of the network that stands in the end. */
  readonly proof?: PDFRawStream
  /** Updates that brought nothing but a proof. */
  readonly proofUpdates: ReadonlySet<Update>
}

/** What the document carries so that it can be verified for long. */
export interface SecurityStore {
  readonly certificates: readonly PDFRawStream[]
  readonly ocsps: readonly PDFRawStream[]
  readonly crls: readonly PDFRawStream[]
}

/** What an update may change in the catalogue. */
const CATALOGUE_KEYS = new Set(['AcroForm', 'DSS', 'Extensions', 'Perms'])
const FORM_KEYS = new Set(['Type', 'Fields', 'SigFlags', 'DA', 'DR', 'Q', 'NeedAppearances'])
const STORE_LISTS = ['Certs', 'OCSPs', 'CRLs'] as const

/**
 * Holds each update against what signing needs, and nothing else: one signature with its field, widget, picture and form entry, or
 * material for its validation. Every object of an update must be claimed by one of these.
 *
 * @throws Refusal `action_added`, `appearance_misplaced`, `content_changed`, `hidden_object`, `object_replaced`,
 *   `signing_forbidden`
 */
export function checkChanges(
  first: FirstRevision,
  updates: readonly Update[],
  places: readonly SignaturePlace[],
): Additions {
  const signatures: Additions['signatures'][number][] = []
  let standing = first.objects
  let store: SecurityStore = { certificates: [], ocsps: [], crls: [] }
  let proof: PDFRawStream | undefined
  const proofUpdates = new Set<Update>()
  for (const update of updates) {
    const objects = new ClaimedObjects(standing, update)
    const [before, after] = catalogues(objects, first.trailer.root)
    const fields = checkForm(objects, entry(before, 'AcroForm'), entry(after, 'AcroForm'))
    const pages = checkPages(objects, first.pages, fields)
    need(fields.length <= 1, 'hidden_object', 'two signatures in one update')
    for (const field of fields) {
      need(!signatures.some(({ signature }) => signature.forbidsMore), 'signing_forbidden')
      const signature = readField(objects, field, pages.get(field), places)
      const isNamed = signatures.some(({ signature: { field } }) => field === signature.field)
      need(!isNamed, 'object_replaced', `a second signature field ${signature.field}`)
      signatures.push({ update, signature })
    }
    checkPermissions(objects, entry(before, 'Perms'), entry(after, 'Perms'), signatures)
    objects.claimPassive(entry(after, 'Extensions'))
    store = readStore(objects, entry(before, 'DSS'), entry(after, 'DSS'))
    const found = readProof(objects, before, after)
    proof = found?.proof
    if (found?.isNew === true) {
      checkProofUpdate(objects, update, before, after)
      proofUpdates.add(update)
    }
    objects.assertAllClaimed(first.trailer.size)
    standing = objects.after()
  }
  return { signatures, store, ...(proof === undefined ? {} : { proof }), proofUpdates }
}

function catalogues(objects: ClaimedObjects, root: PDFObject | undefined): readonly [PDFDict, PDFDict] {
  const [before, after] = [objects.was(root), objects.claim(root, root)]
  need(before instanceof PDFDict && after instanceof PDFDict, 'content_changed', 'catalogue')
  assertSame(before, after, CATALOGUE_KEYS, 'catalogue')
  return [before, after]
}

/** Every entry but those of `free` is written as before: equal references lead to equal objects, since none may be replaced. */
function assertSame(before: PDFDict, after: PDFDict, free: ReadonlySet<string>, what: string): void {
  for (const key of new Set([...keysOf(before), ...keysOf(after)])) {
    if (free.has(key)) continue
    const same = entry(before, key)?.toString() === entry(after, key)?.toString()
    need(same, 'content_changed', `${key} of the ${what}`)
  }
}

/** Returns the fields that are new. */
function checkForm(
  objects: ClaimedObjects,
  before: PDFObject | undefined,
  after: PDFObject | undefined,
): readonly PDFRef[] {
  const [old, form] = [objects.was(before), objects.claim(after, before)]
  if (old === undefined && form === undefined) return []
  need(form instanceof PDFDict, 'content_changed', 'form')
  for (const key of keysOf(form)) need(FORM_KEYS.has(key), 'action_added', `${key} in the form`)
  const redraws = entry(form, 'NeedAppearances')
  need(redraws === undefined || redraws === PDFBool.False, 'action_added', 'NeedAppearances')
  objects.claimPassive(entry(form, 'DR'))
  const oldFields = old instanceof PDFDict ? entry(old, 'Fields') : undefined
  const had = itemsOf(objects.was(oldFields))
  const has = itemsOf(objects.claim(entry(form, 'Fields'), oldFields))
  return added(had, has, 'fields of the form')
}

/** What an array has more than before, at its end. */
function added(had: readonly PDFObject[], has: readonly PDFObject[], what: string): readonly PDFRef[] {
  const kept = had.every((each, index) => each.toString() === has[index]?.toString())
  const more = has.slice(had.length)
  need(kept && more.every((each) => each instanceof PDFRef), 'content_changed', what)
  return more
}

/** Returns on which page each new field stands. */
function checkPages(
  objects: ClaimedObjects,
  pages: readonly PDFRef[],
  fields: readonly PDFRef[],
): ReadonlyMap<PDFRef, number> {
  const at = new Map<PDFRef, number>()
  for (const [index, ref] of pages.entries()) {
    const [before, after] = [objects.was(ref), objects.claim(ref, ref)]
    need(before instanceof PDFDict && after instanceof PDFDict, 'content_changed', `page ${index + 1}`)
    assertSame(before, after, new Set(['Annots']), `page ${index + 1}`)
    const list = entry(before, 'Annots')
    const had = itemsOf(objects.was(list))
    const has = itemsOf(objects.claim(entry(after, 'Annots'), list))
    for (const widget of added(had, has, `annotations of page ${index + 1}`)) {
      need(
        fields.includes(widget) && !at.has(widget),
        'content_changed',
        `an annotation on page ${index + 1}`,
      )
      at.set(widget, index)
    }
  }
  return at
}

function checkPermissions(
  objects: ClaimedObjects,
  before: PDFObject | undefined,
  after: PDFObject | undefined,
  signatures: Additions['signatures'],
): void {
  const permissions = objects.claim(after, before)
  if (permissions === undefined) return need(before === undefined, 'content_changed', 'Perms')
  need(permissions instanceof PDFDict, 'content_changed', 'Perms')
  for (const key of keysOf(permissions)) {
    const isSignature = signatures.some(
      ({ signature }) => signature.ref === entry(permissions, key)?.toString(),
    )
    need(key === 'DocMDP' && isSignature, 'content_changed', 'Perms')
  }
}

function readStore(
  objects: ClaimedObjects,
  before: PDFObject | undefined,
  after: PDFObject | undefined,
): SecurityStore {
  const [old, store] = [objects.was(before), objects.claim(after, before)]
  if (store === undefined) return { certificates: [], ocsps: [], crls: [] }
  need(store instanceof PDFDict, 'content_changed', 'DSS')
  const lists = STORE_LISTS.map((key) => readList(objects, entryOf(old, key), entry(store, key)))
  readValidations(objects, entryOf(old, 'VRI'), entry(store, 'VRI'))
  for (const key of keysOf(store))
    need(['Type', 'VRI', PROOF_KEY, ...STORE_LISTS].includes(key), 'hidden_object', `${key} in the DSS`)
  const [certificates = [], ocsps = [], crls = []] = lists
  return { certificates, ocsps, crls }
}

function readList(
  objects: ClaimedObjects,
  before: PDFObject | undefined,
  after: PDFObject | undefined,
): readonly PDFRawStream[] {
  return itemsOf(objects.claim(after, before)).map((each) => plainStream(objects.claim(each)))
}

function plainStream(stream: PDFObject | undefined): PDFRawStream {
  need(stream instanceof PDFRawStream, 'hidden_object', 'no stream in the DSS')
  for (const key of keysOf(stream.dict))
    need(['Type', 'Length', 'Filter'].includes(key), 'hidden_object', `${key} in the DSS`)
  return stream
}

/** What belongs to which signature: repeats what the lists hold. */
function readValidations(
  objects: ClaimedObjects,
  before: PDFObject | undefined,
  after: PDFObject | undefined,
): void {
  const [old, all] = [objects.was(before), objects.claim(after, before)]
  if (!(all instanceof PDFDict)) return
  for (const key of keysOf(all)) {
    if (key === 'Type') continue
    const [was, one] = [entryOf(old, key), objects.claim(entry(all, key), entryOf(old, key))]
    need(one instanceof PDFDict, 'hidden_object', 'VRI')
    for (const part of keysOf(one)) {
      need(['Type', 'Cert', 'OCSP', 'CRL', 'TU', 'TS'].includes(part), 'hidden_object', `${part} in the VRI`)
      const list = entry(one, part)
      if (part === 'TS') objects.claimPassive(list)
      else if (part !== 'TU' && part !== 'Type') readList(objects, entryOf(objects.was(was), part), list)
    }
  }
}

function entryOf(value: PDFObject | undefined, key: string): PDFObject | undefined {
  return value instanceof PDFDict ? value.get(PDFName.of(key)) : undefined
}
