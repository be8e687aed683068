import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import type { Admin } from './sign-as.ts'
import { untilInForce } from './until-in-force.ts'

/** An admin API that gives these lists of agreements one after the other, and then the last one for ever. */
async function gateway(t: TestContext, lists: readonly object[][]): Promise<Admin & { asked: () => number }> {
  let asked = 0
  const server = createServer((_request, response) => {
    const agreements = lists[Math.min(asked, lists.length - 1)]
    asked += 1
    response.end(JSON.stringify({ agreements }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'T',
    asked: () => asked,
  }
}

const other = { id: 'B', status: 'in_force', isVerified: true }

test('an agreement counts when it is both in force and verified at the gateway', async (t) => {
  const admin = await gateway(t, [
    [other],
    [other, { id: 'A', status: 'frozen' }],
    [other, { id: 'A', status: 'in_force', isVerified: false }],
    [other, { id: 'A', status: 'expired', isVerified: true }],
    [other, { id: 'A', status: 'in_force', isVerified: true }],
  ])
  await untilInForce(admin, 'A')
  assert.equal(admin.asked(), 5)
})

test('one that does not come into force is an error with what the gateway says of it', async (t) => {
  const refused = { id: 'A', status: 'in_force', isVerified: false, notVerified: { step: 'proof' } }
  const admin = await gateway(t, [[refused]])
  await assert.rejects(untilInForce(admin, 'A', 100), /A is not in force at http.*"step":"proof"/)
  await assert.rejects(untilInForce(admin, 'C', 100), /C is not in force at http.*not known there/)
})
