import {
  PDFArray,
  PDFDict,
  PDFHexString,
  PDFName,
  PDFNumber,
  type PDFObject,
  PDFRawStream,
  PDFRef,
  PDFString,
} from '@cantoo/pdf-lib'
import type { SignaturePlace } from '../render-agreement.ts'
import type { ClaimedObjects } from './claimed-objects.ts'
import { entry, keysOf } from './first-revision.ts'
import { need } from './refusal.ts'

type Rectangle = SignaturePlace['rectangle']

/** A signature that an update adds, not yet verified. */
export interface AddedSignature {
  readonly field: string
  /** Where it stands, if it is visible. */
  readonly place?: SignaturePlace
  /** Where on the page: left, bottom, right, top. Empty for an invisible one. Unit: points. */
  readonly rectangle: Rectangle
  /** Reference of its dictionary. */
  readonly ref: string
  readonly dictionary: PDFDict
  /** A time-stamp over the document instead of a person's signature. */
  readonly isArchiveTime: boolean
  /** That nothing may follow: DocMDP with P 1. */
  readonly forbidsMore: boolean
}

const FIELD_KEYS = new Set([
  'Type',
  'Subtype',
  'FT',
  'T',
  'TU',
  'V',
  'Rect',
  'P',
  'F',
  'Ff',
  'AP',
  'MK',
  'BS',
  'Border',
  'DA',
  'DR',
  'Q',
  'Lock',
  'M',
  'NM',
])
const SIGNATURE_KEYS = new Set(
  [
    'Type',
    'Filter',
    'SubFilter',
    'Contents',
    'ByteRange',
    'M',
    'Name',
    'Reason',
    'Location',
    'ContactInfo',
    'Reference',
  ].concat(['Prop_Build', 'Prop_AuthTime', 'Prop_AuthType', 'R', 'V', 'Changes']),
)

/** What is claimed in a way of its own, or leads back into the document. */
const OWN_WAY = new Set(['V', 'AP', 'P'])

/** NoZoom and NoRotate (ISO 32000-1, table 165): readers let such a picture grow or turn out of its rectangle. */
const LEAVES_RECTANGLE = 0b1_1000

/** Points by which signing services round. */
const TOLERANCE = 1

/**
 * Checks a new signature field with its widget, dictionary and picture, and claims them.
 *
 * @param page - index of the page whose annotations name it; undefined when none does
 * @throws Refusal `action_added`, `appearance_misplaced`, `hidden_object`, `object_replaced`
 */
export function readField(
  objects: ClaimedObjects,
  field: PDFObject,
  page: number | undefined,
  places: readonly SignaturePlace[],
): AddedSignature {
  need(field instanceof PDFRef && !objects.existed(field), 'object_replaced', 'signature field')
  const widget = objects.claim(field)
  need(widget instanceof PDFDict, 'hidden_object', field.toString())
  for (const key of keysOf(widget)) need(FIELD_KEYS.has(key), 'action_added', `${key} in a signature field`)
  need(entry(widget, 'FT') === PDFName.of('Sig'), 'action_added', 'a field that is no signature')
  need(
    [undefined, PDFName.of('Widget')].includes(entry(widget, 'Subtype') as PDFName | undefined),
    'action_added',
    'Subtype',
  )
  for (const key of keysOf(widget)) if (!OWN_WAY.has(key)) objects.claimPassive(entry(widget, key))
  const home = entry(widget, 'P')
  need(home === undefined || objects.existed(home), 'hidden_object', 'P of a signature field')
  claimAppearance(objects, entry(widget, 'AP'))
  const value = entry(widget, 'V')
  need(
    value instanceof PDFRef && !objects.existed(value),
    'hidden_object',
    'a signature field without a signature',
  )
  const dictionary = objects.claim(value)
  need(dictionary instanceof PDFDict, 'hidden_object', value.toString())
  for (const key of keysOf(dictionary)) need(SIGNATURE_KEYS.has(key), 'action_added', `${key} in a signature`)
  for (const key of keysOf(dictionary)) objects.claimPassive(entry(dictionary, key))
  needFixed(entry(widget, 'F'))
  const rectangle = rectangleOf(objects.claim(entry(widget, 'Rect')))
  const place = placeOf(rectangle, page, places)
  return {
    field: textOf(entry(widget, 'T')),
    ...(place === undefined ? {} : { place }),
    rectangle,
    ref: value.toString(),
    dictionary,
    isArchiveTime: entry(dictionary, 'SubFilter') === PDFName.of('ETSI.RFC3161'),
    forbidsMore: forbidsMore(objects, entry(dictionary, 'Reference')),
  }
}

function needFixed(flags: PDFObject | undefined): void {
  const isFixed = flags instanceof PDFNumber && (flags.asNumber() & LEAVES_RECTANGLE) === 0
  need(flags === undefined || isFixed, 'appearance_misplaced', 'F')
}

/** The text of a string object; empty for anything else. */
export function textOf(value: PDFObject | undefined): string {
  return value instanceof PDFString || value instanceof PDFHexString ? value.decodeText() : ''
}

// Readers clip a picture to its rectangle, so where that lies is all that matters of it.
function claimAppearance(objects: ClaimedObjects, value: PDFObject | undefined): void {
  if (value === undefined) return
  const appearance = objects.claim(value)
  need(appearance instanceof PDFDict && keysOf(appearance).every((key) => key === 'N'), 'action_added', 'AP')
  const normal = entry(appearance, 'N')
  need(normal instanceof PDFRef && !objects.existed(normal), 'object_replaced', 'picture of a signature')
  const form = objects.claim(normal)
  need(
    form instanceof PDFRawStream && entry(form.dict, 'Subtype') === PDFName.of('Form'),
    'action_added',
    'AP',
  )
  objects.claimPassive(form)
}

function rectangleOf(value: PDFObject | undefined): Rectangle {
  const corners = value instanceof PDFArray ? value.asArray() : []
  const numbers = corners.map((corner) => (corner instanceof PDFNumber ? corner.asNumber() : Number.NaN))
  need(numbers.length === 4 && numbers.every(Number.isFinite), 'appearance_misplaced', 'Rect')
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = numbers
  return [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)]
}

function placeOf(
  rectangle: Rectangle,
  page: number | undefined,
  places: readonly SignaturePlace[],
): SignaturePlace | undefined {
  const [x1, y1, x2, y2] = rectangle
  // Readers scale a picture to its rectangle: to nothing.
  if (x1 === x2 || y1 === y2) return undefined
  const place = places.find(
    ({ page: at, rectangle: [left, bottom, right, top] }) =>
      at - 1 === page &&
      x1 >= left - TOLERANCE &&
      y1 >= bottom - TOLERANCE &&
      x2 <= right + TOLERANCE &&
      y2 <= top + TOLERANCE,
  )
  need(place !== undefined, 'appearance_misplaced', `[${rectangle.join(' ')}] on page ${(page ?? -1) + 1}`)
  return place
}

/** Whether two pictures on one page cover each other, by more than services round. */
export function areOverlapping(one: Rectangle, other: Rectangle): boolean {
  const [left, bottom, right, top] = [0, 1, 2, 3].map((side) =>
    (side < 2 ? Math.max : Math.min)(one[side] ?? 0, other[side] ?? 0),
  ) as unknown as Rectangle
  return right - left > TOLERANCE && top - bottom > TOLERANCE
}

function forbidsMore(objects: ClaimedObjects, value: PDFObject | undefined): boolean {
  const follow = (each: PDFObject | undefined): PDFObject | undefined => objects.claim(each)
  const references = follow(value)
  return (references instanceof PDFArray ? references.asArray() : []).some((each) => {
    const reference = follow(each)
    if (!(reference instanceof PDFDict)) return false
    const parameters = follow(entry(reference, 'TransformParams'))
    const level = parameters instanceof PDFDict ? follow(entry(parameters, 'P')) : undefined
    const isDocument = entry(reference, 'TransformMethod') === PDFName.of('DocMDP')
    return isDocument && level instanceof PDFNumber && level.asNumber() === 1
  })
}
