import assert from 'node:assert/strict'
import test from 'node:test'
import { isWorthReport } from './link-report.ts'

const B = 'AE-DU/branch/B'
const LINE = [{ capacityMbps: 100 }]

test('a round-trip time is worth a report when it moved by a quarter and half a millisecond', () => {
  assert.equal(isWorthReport({ to: B, rttMs: 10 }, { to: B, rttMs: 12.4 }, LINE), false)
  assert.equal(isWorthReport({ to: B, rttMs: 10 }, { to: B, rttMs: 12.6 }, LINE), true)
  assert.equal(isWorthReport({ to: B, rttMs: 0.2 }, { to: B, rttMs: 0.6 }, LINE), false)
})

test('use is worth a report when it moved by a twentieth of the capacity', () => {
  const at = (usedMbps: number) => ({ to: B, rttMs: 1, usedMbps })
  assert.equal(isWorthReport(at(68), at(72.9), LINE), false)
  assert.equal(isWorthReport(at(68), at(73.1), LINE), true)
  assert.equal(isWorthReport(at(68), at(62.9), LINE), true)
  assert.equal(isWorthReport(at(68), at(73.1), [...LINE, ...LINE]), false, 'of all lines between the two')
})

test('without a capacity, use is worth a report when it moved by a quarter and 1 Mbit/s', () => {
  const at = (usedMbps: number) => ({ to: B, rttMs: 1, usedMbps })
  assert.equal(isWorthReport(at(8), at(9.9), []), false)
  assert.equal(isWorthReport(at(8), at(10.1), []), true)
  assert.equal(isWorthReport(at(0.1), at(0.9), []), false)
})

test('use that becomes known, or is not known any more, is worth a report', () => {
  assert.equal(isWorthReport({ to: B, rttMs: 1 }, { to: B, rttMs: 1, usedMbps: 0 }, LINE), true)
  assert.equal(isWorthReport({ to: B, rttMs: 1, usedMbps: 0 }, { to: B, rttMs: 1 }, LINE), true)
})
