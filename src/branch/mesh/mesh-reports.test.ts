import assert from 'node:assert/strict'
import test from 'node:test'
import type { ControlMessage, LinksMessage } from '../../transport/branch-control.ts'
import type { LinkChannel } from '../../transport/link-channel.ts'
import { createLinkFixture } from '../../transport/link-fixture.ts'
import { Mesh } from './mesh.ts'

const [A, B] = ['AE-DU/branch/A', 'AE-DU/branch/B']

test('use is reported when it moved noticeably, and no more than once a second', async (t) => {
  const { directory, identity } = await createLinkFixture()
  const own = await identity(A)
  await identity(B)
  directory.addLine(A, B, { capacityMbps: 100 })
  let usedMbps = 10
  const mesh = new Mesh({
    branch: A,
    identity: () => own,
    directory,
    tunnelAddress: () => '127.0.0.1:1',
    gateways: () => [],
    usedMbps: (neighbour) => (neighbour === B ? usedMbps : undefined),
    onExtend: () => undefined,
    onLeaving: () => undefined,
    onEvent: () => undefined,
    nowMs: () => 1_000,
    limits: {},
    times: { backOffMs: 60_000 },
  })
  t.after(() => mesh.close())
  t.mock.timers.enable({ apis: ['setInterval'] })
  mesh.start()
  const sent: ControlMessage[] = []
  const channel = {
    rttMs: 1,
    send: (message: ControlMessage) => sent.push(message),
    close: () => undefined,
  } as unknown as LinkChannel
  const hello = { t: 'hello', version: 1, id: B, tunnel: '127.0.0.1:2' } as const
  const admission = mesh.admit({ id: B, hello, channel, tlsKeyId: '', address: '' })
  assert.ok('server' in admission)
  admission.server.onWelcomed()
  const reported = (): (number | undefined)[] =>
    sent
      .filter((message): message is LinksMessage => message.t === 'links' && message.links.length > 0)
      .map(({ links }) => links[0]?.usedMbps)
  assert.deepEqual(reported(), [10])
  usedMbps = 14
  t.mock.timers.tick(3_000)
  assert.deepEqual(reported(), [10], 'four of a hundred are not noticed')
  for (usedMbps = 20; usedMbps < 60; usedMbps += 10) t.mock.timers.tick(250)
  assert.equal(reported().length, 2, 'once in that second')
  t.mock.timers.tick(1_000)
  assert.deepEqual(reported().at(-1), 60)
})
