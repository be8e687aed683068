import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isWuslaError } from '../../protocol/wusla-error.ts'
import { modelOfSndlib } from './foreign-models.ts'
import { parseSndlibNetwork } from './sndlib-network.ts'

const TRIANGLE = `?SNDlib native format; type: network; version: 1.0
# network triangle

META (
  granularity = (none
  origin = somebody (see http://example.org), with a parenthesis
)

NODES (
  a ( 55.3 25.2 )
  b ( 54.4, 24.5 )   # a comma is a space
  c
)

LINKS (
  ab ( a b ) 10.00 1.00 0.50 2.00 ( 155.00 156.00 622.00 468.00 )
  bc ( b c ) 0 0 0 0 ( )
  ca ( c a ) 0.0 0.0 0.0 0.0 ( 1 2 )
)

DEMANDS (
  d1 ( a c ) 1 195.00 UNLIMITED
  d2 ( c b ) 2 10 4
)

ADMISSIBLE_PATHS (
  d1 (
    P_0 ( ab bc )
    P_1 ( ca )
  )
)
`

function problemsOf(text: string): unknown {
  try {
    parseSndlibNetwork(text)
  } catch (error) {
    assert.ok(isWuslaError(error) && error.code === 'invalid_network_model', String(error))
    return error.details['problems']
  }
  return []
}

test('nodes, links, modules and demands are read; free text and admissible paths are passed over', () => {
  const network = parseSndlibNetwork(TRIANGLE)
  assert.deepEqual(network.nodes, [{ id: 'a', x: 55.3, y: 25.2 }, { id: 'b', x: 54.4, y: 24.5 }, { id: 'c' }])
  assert.deepEqual(network.links[0], {
    id: 'ab',
    source: 'a',
    target: 'b',
    preInstalledCapacity: 10,
    preInstalledCost: 1,
    routingCost: 0.5,
    setupCost: 2,
    modules: [
      { capacity: 155, cost: 156 },
      { capacity: 622, cost: 468 },
    ],
  })
  assert.deepEqual(network.links[1]?.modules, [])
  assert.deepEqual(network.demands, [
    { id: 'd1', source: 'a', target: 'c', routingUnit: 1, value: 195 },
    { id: 'd2', source: 'c', target: 'b', routingUnit: 2, value: 10, maxPathLength: 4 },
  ])
})

test('as a model every node relays, and what is not said is not known', () => {
  const model = modelOfSndlib(parseSndlibNetwork(TRIANGLE))
  assert.deepEqual(model.lines, [
    { id: 'ab', ends: ['a', 'b'], capacityMbps: 10, latencyMs: 0.807 },
    { id: 'bc', ends: ['b', 'c'] },
    { id: 'ca', ends: ['c', 'a'] },
  ])
  assert.deepEqual(model.demands, [
    { from: 'a', to: 'c', mbps: 195 },
    { from: 'c', to: 'b', mbps: 20 },
  ])
})

test('a file that ends early, or has a word out of place, is refused with the line', () => {
  assert.deepEqual(problemsOf(TRIANGLE.slice(0, TRIANGLE.indexOf('P_1'))), [
    { path: 'line 28', problem: 'ends before its last section does' },
  ])
  assert.deepEqual(problemsOf(TRIANGLE.replace('10.00 1.00', '10.00 ten')), [
    { path: 'line 16', problem: 'must have a number here' },
  ])
  assert.deepEqual(problemsOf(TRIANGLE.replace('LINKS', 'WIRES')), [
    { path: 'line 15', problem: 'is not a section of a network file' },
  ])
  assert.deepEqual(problemsOf('?SNDlib native format; type: model; version: 1.0\n'), [
    { path: 'line 1', problem: 'must begin with ?SNDlib native format; type: network' },
  ])
})

test('damaged text is refused as what it is, never otherwise, and what is still a network can be drawn up', () => {
  const cases = fc.tuple(fc.nat(TRIANGLE.length), fc.nat(30), fc.string({ maxLength: 8 }))
  let refused = 0
  fc.assert(
    fc.property(cases, ([at, length, put]) => {
      const damaged = TRIANGLE.slice(0, at) + put + TRIANGLE.slice(at + length)
      if ((problemsOf(damaged) as readonly unknown[]).length > 0) refused += 1
      else modelOfSndlib(parseSndlibNetwork(damaged))
    }),
    { numRuns: 1_000 },
  )
  assert.ok(refused > 300 && refused < 1_000, `refused ${refused}`)
})

test('every name that leads nowhere and every number out of range is reported at once', () => {
  const broken = TRIANGLE.replace('ab ( a b ) 10.00', 'ab ( a z ) -1')
    .replace('bc ( b c )', 'ab ( b b )')
    .replace('( 1 2 )', '( 0 2 )')
    .replace('2 10 4', '2 -10 4')
  assert.deepEqual(problemsOf(broken), [
    { path: 'link ab', problem: 'must have two nodes of the file as its ends' },
    { path: 'link ab', problem: 'is there twice' },
    { path: 'link ab', problem: 'must have two different ends' },
    { path: 'link ab', problem: 'must have capacities and costs from 0 to 1000000000000' },
    { path: 'link ca', problem: 'must have modules from 0.000001 to 1000000000000' },
    { path: 'demand d2', problem: 'must be from 0 to 1000000000000' },
  ])
})
