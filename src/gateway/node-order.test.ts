import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NodeOrder } from './node-order.ts'

const NODES = ['gw-1', 'gw-2', 'gw-3']

test('consumers spread over the nodes of a member, each always in its own order', () => {
  const firsts = new Map<string, number>()
  for (let consumer = 0; consumer < 300; consumer += 1) {
    const own = `AE-DU/GOV/M${consumer}/gw-1`
    const order = new NodeOrder(own).of(NODES)
    assert.deepEqual(order, new NodeOrder(own).of(NODES))
    assert.deepEqual([...order].sort(), NODES)
    const [first = ''] = order
    firsts.set(first, (firsts.get(first) ?? 0) + 1)
  }
  for (const node of NODES) assert.ok((firsts.get(node) ?? 0) > 60, `${node}: ${firsts.get(node)}`)
})

test('of one node there is one order, and of none too', () => {
  assert.deepEqual(new NodeOrder('x').of(['gw-1']), ['gw-1'])
  assert.deepEqual(new NodeOrder('x').of([]), [])
})
