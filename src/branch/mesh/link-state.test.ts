import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import type { LinksMessage, PresenceMessage } from '../../transport/branch-control.ts'
import { encodeControl, MAX_CONTROL_LINE_BYTES } from '../../transport/branch-control.ts'
import { LinkState } from './link-state.ts'

const [A, B] = ['AE-DU/branch/A', 'AE-DU/branch/B']

function state(branch: string, nowMs = 1_000): LinkState {
  return new LinkState({ branch, nowMs: () => nowMs, isKnown: () => true })
}

await test('whatever the order and repetition of reports, the newest of each branch stands', () => {
  const from = state(B)
  const reports: (LinksMessage | PresenceMessage)[] = []
  for (let turn = 0; turn < 5; turn += 1) {
    reports.push(...from.setLinks([{ to: A, rttMs: turn }]))
    reports.push(...from.setGateways([`AE-DU/GOV/M/gw-${turn}`]))
  }
  const shuffles = fc.shuffledSubarray([...reports, ...reports], { minLength: reports.length * 2 })
  fc.assert(
    fc.property(shuffles, (order) => {
      const at = state(A)
      at.setLinks([{ to: B, rttMs: 1 }])
      for (const report of order) at.receive(report)
      assert.deepEqual(at.linksOf(B), [{ to: A, rttMs: 4 }])
      assert.deepEqual(at.branchesOf('AE-DU/GOV/M/gw-4'), [B])
      assert.deepEqual(at.branchesOf('AE-DU/GOV/M/gw-0'), [])
    }),
  )
})

await test('a long presence travels in parts, each within a line, and counts only when whole', () => {
  const gateways = Array.from(
    { length: 5_000 },
    (_, n) => `AE-DU/GOV/MEMBER-${n}-${'x'.repeat(20)}/gateway-1`,
  )
  const parts = state(B).setGateways(gateways)
  assert.ok(parts.length > 1)
  for (const part of parts) assert.ok(encodeControl(part).length < MAX_CONTROL_LINE_BYTES)
  const at = state(A)
  for (const part of parts.slice(1)) assert.equal(at.receive(part), 'new')
  assert.equal(at.hasGateway(B, gateways[0] ?? ''), false)
  assert.equal(at.receive(parts[1] ?? assert.fail()), 'old')
  assert.equal(at.receive(parts[0] ?? assert.fail()), 'new')
  assert.ok(gateways.every((gateway) => at.hasGateway(B, gateway)))
})

await test('a link counts only when both ends report it', () => {
  const at = state(A)
  at.setLinks([{ to: B, rttMs: 1 }])
  assert.deepEqual(at.linksOf(A), [])
  at.receive({ t: 'links', branch: B, stamp: { epoch: 1, count: 1 }, links: [{ to: A, rttMs: 2 }] })
  assert.deepEqual(at.linksOf(A), [{ to: B, rttMs: 1 }])
  assert.deepEqual(at.linksOf(B), [{ to: A, rttMs: 2 }])
})

await test('what one branch knows, told to another, makes both know the same', () => {
  const at = state(A)
  at.setLinks([{ to: B, rttMs: 1 }])
  at.receive({ t: 'links', branch: B, stamp: { epoch: 1, count: 1 }, links: [{ to: A, rttMs: 2 }] })
  at.receive({
    t: 'presence',
    branch: B,
    stamp: { epoch: 1, count: 2 },
    part: 0,
    parts: 1,
    gateways: ['AE-DU/GOV/M/g'],
  })
  const other = state('AE-DU/branch/C')
  for (const line of at.lines()) assert.equal(other.receive(line), 'new')
  assert.deepEqual(other.linksOf(A), at.linksOf(A))
  assert.deepEqual(other.branchesOf('AE-DU/GOV/M/g'), [B])
})

await test('parts that do not fit together are refused or wait for ever without harm', () => {
  const at = state(A)
  const part = (n: number, of: number, count = 1): PresenceMessage => ({
    t: 'presence',
    branch: B,
    stamp: { epoch: 1, count },
    part: n,
    parts: of,
    gateways: ['AE-DU/GOV/M/g'],
  })
  assert.equal(at.receive(part(0, 0)), 'refused')
  assert.equal(at.receive(part(2, 2)), 'refused')
  assert.equal(at.receive(part(0, 65)), 'refused')
  assert.equal(at.receive(part(0, 2, 5)), 'new')
  assert.equal(at.receive(part(1, 2, 4)), 'old')
  assert.deepEqual(at.branchesOf('AE-DU/GOV/M/g'), [])
})
