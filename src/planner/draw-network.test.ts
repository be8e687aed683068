import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { SaxesParser } from 'saxes'
import { extendModel } from './decode-model.ts'
import { drawImpact } from './draw-network.ts'
import type { ModelAddition, NetworkModel } from './network-model.ts'
import { readAddition, readModel } from './read-model.ts'
import { studyImpact } from './study-impact.ts'
import type { Language } from './texts/planner-texts.ts'

const example = (name: string): Buffer =>
  readFileSync(new URL(`../../examples/plan/${name}`, import.meta.url))
const DUBAI = readModel(example('dubai.json'))
const MORO = readAddition(example('moro-branch.json'))

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly text: string
}

/** The elements of a drawing, read by a strict XML parser. */
function elementsOf(svg: string): Element[] {
  const elements: Element[] = []
  const open: { name: string; attributes: Readonly<Record<string, string>>; text: string }[] = []
  const parser = new SaxesParser()
  parser.on('error', (error) => assert.fail(error.message))
  parser.on('opentag', ({ name, attributes }) => open.push({ name, attributes, text: '' }))
  parser.on('text', (part) => {
    const last = open.at(-1)
    if (last !== undefined) last.text += part
  })
  parser.on('closetag', () => elements.push(...open.splice(-1)))
  parser.write(svg).close()
  return elements
}

function draw(model: NetworkModel, additions: readonly ModelAddition[], language: Language): Element[] {
  const after = extendModel(model, ...additions)
  return elementsOf(drawImpact(model, after, studyImpact(model, additions), language))
}

test('every branch, gateway and line is drawn, what is new and what is weak differently', () => {
  const elements = draw(DUBAI, [MORO], 'en')
  const titled = (name: string): string[] =>
    elements.filter((element) => element.name === name).map(({ attributes }) => attributes['stroke'] ?? '')
  assert.equal(elements.filter(({ name }) => name === 'circle').length, 3)
  assert.deepEqual(titled('circle'), ['#b3261e', '#b3261e', '#0b7a4b'])
  // Seven lines of the network and four of the legend.
  assert.equal(elements.filter(({ name }) => name === 'line').length, 7 + 4)
  const words = elements.filter(({ name }) => name === 'text').map(({ text }) => text)
  for (const word of [
    'Dubai – impact study',
    'Moro',
    'Dubai Health Authority',
    '33%',
    'single point of failure',
  ])
    assert.ok(words.includes(word), word)
})

test('in Arabic the words are Arabic and begin at the right', () => {
  const texts = draw(DUBAI, [MORO], 'ar').filter(({ name }) => name === 'text')
  const title = texts.find(({ text }) => text === 'دبي – دراسة الأثر')
  assert.equal(title?.attributes['direction'], 'rtl')
  assert.ok(Number(title?.attributes['x']) > 1_000)
  assert.ok(texts.some(({ text }) => text === 'هيئة الصحة بدبي'))
  const latin = texts.filter(({ text }) => /[A-Za-z]{3}/.test(text) && !/\p{Script=Arabic}/u.test(text))
  assert.deepEqual(latin, [])
})

test('names from a file stay text, whatever they say', () => {
  const name = '</text><script>alert("1")</script>&x;'
  const hostile = {
    ...DUBAI,
    title: { en: name, ar: name },
    branches: DUBAI.branches.map((branch) => ({ ...branch, name: { en: name, ar: name } })),
  }
  const elements = draw(hostile, [], 'en')
  assert.ok(elements.every(({ name: tag }) => tag !== 'script'))
  assert.ok(elements.some(({ text }) => text === name))
})

test('a network without anything in it can be drawn', () => {
  const nothing = {
    ...DUBAI,
    entities: [],
    gateways: [],
    branches: [],
    lines: [],
    services: [],
    agreements: [],
    demands: [],
  }
  assert.ok(draw(nothing, [], 'en').length > 5)
})

test('places are drawn as a map: east to the right, north above, all within the frame', () => {
  const branches = [
    { id: 'west', place: { longitude: 54, latitude: 24 } },
    { id: 'east', place: { longitude: 56, latitude: 24 } },
    { id: 'north', place: { longitude: 55, latitude: 26 } },
  ]
  const map = {
    ...DUBAI,
    entities: [],
    gateways: [],
    branches,
    lines: [],
    services: [],
    agreements: [],
    demands: [],
  }
  const circles = draw(map, [], 'en').filter(({ name }) => name === 'circle')
  const [west, east, north] = circles.map(({ attributes }) => ({
    x: Number(attributes['cx']),
    y: Number(attributes['cy']),
  }))
  assert.ok(west !== undefined && east !== undefined && north !== undefined)
  assert.ok(west.x < north.x && north.x < east.x && north.y < west.y && west.y === east.y)
  for (const { x, y } of [west, east, north]) assert.ok(x >= 0 && x <= 1_200 && y >= 0 && y <= 800)
})
