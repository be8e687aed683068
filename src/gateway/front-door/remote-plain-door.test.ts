import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import type { ClientRule } from './client-rules.ts'
import { CALLER_LINES, converse, get, openDoor, SERVICE_PATH, statusOf } from './testing/open-door.ts'

/** An address of this machine alone in a form that does not show it: the door takes it for a remote one. */
const NOT_SEEN_AS_LOOPBACK = '::ffff:127.0.0.1'

const key: ClientRule = { kind: 'key', sha256: hash('sha256', 'open sesame') }

/** What a call at a plain door with these rules is answered, and whether it went on. */
async function call(host: string, rules: readonly ClientRule[], lines = ''): Promise<[number, number]> {
  const clients = [{ client: 'AE-DU/GOV/RTA/LICENSING', rules }]
  await using open = await openDoor(undefined, { http: { host, port: 0 }, clients })
  const text = await converse(open.port, get(SERVICE_PATH, CALLER_LINES + lines))
  return [statusOf(text), open.requests.length]
}

test('where other machines reach the plain door, a client without proof is refused', async () => {
  assert.deepEqual(await call('127.0.0.1', [{ kind: 'none' }]), [200, 1])
  assert.deepEqual(await call(NOT_SEEN_AS_LOOPBACK, [{ kind: 'none' }]), [500, 0])
})

test('a client that shows who it is may call there, also beside the rule none', async () => {
  const local: ClientRule = { kind: 'address', allow: ['127.0.0.1'] }
  assert.deepEqual(await call(NOT_SEEN_AS_LOOPBACK, [local]), [200, 1])
  assert.deepEqual(await call(NOT_SEEN_AS_LOOPBACK, [{ kind: 'none' }, key]), [500, 0])
  const lines = 'Wusla-Client-Key: open sesame\r\n'
  assert.deepEqual(await call(NOT_SEEN_AS_LOOPBACK, [{ kind: 'none' }, key], lines), [200, 1])
})
