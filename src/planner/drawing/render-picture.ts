import type { Place } from '../network-model.ts'
import type { Language } from '../texts/planner-texts.ts'
import { placeNodes } from './place-nodes.ts'
import type { Spot } from './place-nodes.ts'

/** What a thing is drawn as. Colour never says it alone: new things are thick, weak ones ringed or dashed. */
export type Tone = 'plain' | 'new' | 'weak' | 'full' | 'unused'

export interface PictureNode {
  readonly id: string
  readonly label: string
  readonly shape: 'branch' | 'gateway'
  readonly tone: Tone
  readonly place?: Place
}

export interface PictureLine {
  readonly id: string
  readonly ends: readonly [number, number]
  /** What stands beside it, such as its load. */
  readonly label: string
  readonly tone: Tone
}

/** A network as it is to be drawn, with all words in the language of the picture. */
export interface Picture {
  readonly title: string
  readonly notes: readonly string[]
  readonly nodes: readonly PictureNode[]
  readonly lines: readonly PictureLine[]
  readonly legend: readonly { readonly tone: Tone; readonly text: string }[]
}

const WIDTH = 1_200
const MARGIN = 150
const HEAD = 96
const FIELD_HEIGHT = 640
const NOTE_HEIGHT = 24

/** Beyond this many, labels would cover each other; they are still there for the pointer (`<title>`). */
const MOST_LABELS = 150

const STROKES: Readonly<Record<Tone, string>> = {
  plain: 'stroke="#5b6b7b" stroke-width="2"',
  new: 'stroke="#0b7a4b" stroke-width="5"',
  weak: 'stroke="#b3261e" stroke-width="2.5" stroke-dasharray="9 5"',
  full: 'stroke="#b3261e" stroke-width="6"',
  unused: 'stroke="#b9c2cb" stroke-width="1" stroke-dasharray="2 5"',
}

const FILLS: Readonly<Record<Tone, string>> = {
  plain: 'fill="#ffffff" stroke="#2f3e4e" stroke-width="2"',
  new: 'fill="#cdeedd" stroke="#0b7a4b" stroke-width="4"',
  weak: 'fill="#ffffff" stroke="#b3261e" stroke-width="3" stroke-dasharray="5 3"',
  full: 'fill="#f7d9d6" stroke="#b3261e" stroke-width="3"',
  unused: 'fill="#eef1f4" stroke="#b9c2cb" stroke-width="1"',
}

/** The picture as an SVG document of its own: no scripts, nothing fetched, text as text. */
export function renderPicture(picture: Picture, language: Language): string {
  const footer = (picture.notes.length + 1) * NOTE_HEIGHT + 30
  const height = HEAD + FIELD_HEIGHT + footer
  const fieldWidth = WIDTH - 2 * MARGIN
  const spots = placeNodes(
    picture.nodes,
    picture.lines.map(({ ends }) => ends),
    fieldWidth / (FIELD_HEIGHT - 100),
  ).map(({ x, y }) => ({ x: MARGIN + x * fieldWidth, y: HEAD + 30 + y * (FIELD_HEIGHT - 100) }))
  const isLabelled = picture.nodes.length <= MOST_LABELS
  const body = [
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    textAt(picture.title, startOf(language), 44, language, 'font-size="26" font-weight="600"'),
    ...picture.lines.map((line) => lineOf(line, spots, isLabelled)),
    ...picture.nodes.map((node, index) => nodeOf(node, spots[index], isLabelled)),
    ...legend(picture, language, HEAD + FIELD_HEIGHT + 20),
    ...picture.notes.map((note, index) =>
      textAt(
        note,
        startOf(language),
        HEAD + FIELD_HEIGHT + 20 + (index + 1) * NOTE_HEIGHT + 6,
        language,
        'font-size="15"',
      ),
    ),
  ]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`,
    ` xml:lang="${language}" role="img" aria-label="${escaped(picture.title)}"`,
    ` font-family="Roboto, 'Noto Kufi Arabic', 'Noto Sans Arabic', 'DejaVu Sans', sans-serif" fill="#1c2733">`,
    `<title>${escaped(picture.title)}</title>`,
    ...body.map((part) => `\n${part}`),
    '\n</svg>\n',
  ].join('')
}

/** Where a line of text begins: at the right edge in Arabic. */
function startOf(language: Language): number {
  return language === 'ar' ? WIDTH - 40 : 40
}

/** Text that runs the way its language does, from where it begins. */
function textAt(text: string, x: number, y: number, language: Language, style: string): string {
  const direction = language === 'ar' ? 'rtl' : 'ltr'
  return `<text x="${x}" y="${y}" direction="${direction}" text-anchor="start" ${style}>${escaped(text)}</text>`
}

function lineOf({ id, ends, label, tone }: PictureLine, spots: readonly Spot[], isLabelled: boolean): string {
  const [from, to] = [spots[ends[0]], spots[ends[1]]]
  if (from === undefined || to === undefined) return ''
  const at = `x1="${coordinate(from.x)}" y1="${coordinate(from.y)}" x2="${coordinate(to.x)}" y2="${coordinate(to.y)}"`
  const title = `<title>${escaped(label === '' ? id : `${id}: ${label}`)}</title>`
  const drawn = `<line ${at} ${STROKES[tone]}>${title}</line>`
  if (label === '' || !isLabelled) return drawn
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }
  return `${drawn}${haloed(label, middle.x, middle.y + 4, 12)}`
}

function nodeOf(node: PictureNode, spot: Spot | undefined, isLabelled: boolean): string {
  if (spot === undefined) return ''
  const { x, y } = spot
  const title = `<title>${escaped(node.label === node.id ? node.id : `${node.label} (${node.id})`)}</title>`
  const size = isLabelled ? 1 : 0.4
  const drawn =
    node.shape === 'branch'
      ? `<circle cx="${coordinate(x)}" cy="${coordinate(y)}" r="${14 * size}" ${FILLS[node.tone]}>${title}</circle>`
      : `<rect x="${coordinate(x - 8 * size)}" y="${coordinate(y - 8 * size)}" width="${16 * size}" height="${16 * size}" ${FILLS[node.tone]}>${title}</rect>`
  if (!isLabelled) return drawn
  // Away from the middle, where the lines are.
  const isUpper = y < HEAD + FIELD_HEIGHT / 2
  return `${drawn}${haloed(node.label, x, isUpper ? y - 22 : y + 32, 15)}`
}

/** A label that stays readable on a line; each runs as its own letters do. */
function haloed(text: string, x: number, y: number, size: number): string {
  const direction = /\p{Script=Arabic}/u.test(text) ? 'rtl' : 'ltr'
  return `<text x="${coordinate(x)}" y="${coordinate(y)}" direction="${direction}" text-anchor="middle" font-size="${size}" stroke="#ffffff" stroke-width="4" paint-order="stroke">${escaped(text)}</text>`
}

function legend({ legend: rows }: Picture, language: Language, y: number): string[] {
  const step = (WIDTH - 80) / Math.max(1, rows.length)
  const sign = language === 'ar' ? -1 : 1
  return rows.flatMap(({ tone, text }, index) => {
    const x = startOf(language) + sign * index * step
    return [
      `<line x1="${coordinate(x)}" y1="${y - 5}" x2="${coordinate(x + sign * 44)}" y2="${y - 5}" ${STROKES[tone]}/>`,
      textAt(text, x + sign * 54, y, language, 'font-size="14"'),
    ]
  })
}

function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** Names come from files: nothing in them may end the text or begin an element. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
