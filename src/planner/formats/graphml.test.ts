import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isWuslaError } from '../../protocol/wusla-error.ts'
import { modelOfGraphml } from './foreign-models.ts'
import { parseGraphml } from './graphml.ts'

const GRAPH = `<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="label" attr.type="string" for="node" id="d1" />
  <key attr.name="Longitude" attr.type="double" for="node" id="d2" />
  <key attr.name="Latitude" attr.type="double" for="node" id="d3" />
  <key attr.name="LinkSpeedRaw" attr.type="double" for="edge" id="d4" />
  <key attr.name="id" attr.type="string" for="edge" id="d5" />
  <key attr.name="Network" attr.type="string" for="graph" id="d6" />
  <graph edgedefault="undirected">
    <data key="d6">Gulf &amp; Coast</data>
    <node id="0"><data key="d1">Dubai</data><data key="d2">55.3</data><data key="d3">25.2</data></node>
    <node id="1"><data key="d1"><![CDATA[Abu <Dhabi>]]></data><data key="d2">54.4</data><data key="d3">24.5</data></node>
    <node id="2" />
    <edge source="0" target="1"><data key="d4">1e9</data><data key="d5">e</data></edge>
    <edge source="0" target="1"><data key="d5">e</data></edge>
    <edge source="2" target="2" />
    <edge source="1" target="2" />
  </graph>
</graphml>`

function problemOf(text: string): string | undefined {
  try {
    modelOfGraphml(parseGraphml(text))
  } catch (error) {
    assert.ok(isWuslaError(error) && error.code === 'invalid_network_model', String(error))
    const [first] = error.details['problems'] as { path: string; problem: string }[]
    return `${first?.path}: ${first?.problem}`
  }
  return undefined
}

test('a graph becomes a network of branches: names, places, speeds, parallel edges; loops join nothing', () => {
  const model = modelOfGraphml(parseGraphml(GRAPH))
  assert.deepEqual(model.title, { en: 'Gulf & Coast', ar: 'Gulf & Coast' })
  assert.deepEqual(model.branches, [
    { id: '0', name: { en: 'Dubai', ar: 'Dubai' }, place: { longitude: 55.3, latitude: 25.2 } },
    { id: '1', name: { en: 'Abu <Dhabi>', ar: 'Abu <Dhabi>' }, place: { longitude: 54.4, latitude: 24.5 } },
    { id: '2' },
  ])
  assert.deepEqual(model.lines, [
    { id: 'e', ends: ['0', '1'], capacityMbps: 1_000, latencyMs: 0.807 },
    { id: 'e#1', ends: ['0', '1'], latencyMs: 0.807 },
    { id: 'e2', ends: ['1', '2'] },
  ])
})

test('no document type is taken, so no entity can grow or lead out of the file', () => {
  const bomb = `<!DOCTYPE g [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>`
  assert.equal(
    problemOf(GRAPH.replace('?>\n', `?>\n${bomb}\n`).replace('Dubai', '&b;')),
    'line 2: must not have a document type',
  )
  assert.match(problemOf(GRAPH.replace('Dubai', '&b;')) ?? '', /^line 11: undefined entity/)
  const outside = '<!DOCTYPE g SYSTEM "file:///etc/passwd">'
  assert.equal(problemOf(GRAPH.replace('?>\n', `?>\n${outside}\n`)), 'line 2: must not have a document type')
})

test('what is not a graph is refused with its line', () => {
  assert.match(problemOf(GRAPH.replace('</graphml>', '')) ?? '', /^line 19: unclosed tag/)
  assert.equal(problemOf('<svg/>'), 'line 1: must begin with <graphml>')
  assert.equal(problemOf('<graphml/>'), 'line 1: must have a graph')
  assert.equal(problemOf(GRAPH.replace(' id="2"', '')), 'line 13: must have id on <node>')
  assert.equal(
    problemOf(GRAPH.replace('target="1"', 'target="9"')),
    'edge 0: must join two nodes of the graph',
  )
  assert.equal(
    problemOf(GRAPH.replace('<node id="2" />', '<node id="2"><graph/></node>')),
    'line 13: must have one graph, not several or nested ones',
  )
  const deep = `<graphml>${'<a>'.repeat(40)}`
  assert.equal(problemOf(deep), 'line 1: is nested too deep')
})

test('damaged bytes are refused as what they are, never otherwise', () => {
  const cases = fc.tuple(fc.nat(GRAPH.length), fc.nat(40), fc.string({ maxLength: 6 }))
  let refused = 0
  fc.assert(
    fc.property(cases, ([at, length, put]) => {
      const damaged = GRAPH.slice(0, at) + put + GRAPH.slice(at + length)
      if (problemOf(damaged) !== undefined) refused += 1
    }),
    { numRuns: 1_000 },
  )
  assert.ok(refused > 300, `refused ${refused}`)
})
