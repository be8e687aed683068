import assert from 'node:assert/strict'
import test from 'node:test'
import * as fc from 'fast-check'
import {
  judgeLine,
  type LineAlarmEvent,
  LineAlarms,
  type LineLoad,
  type LineWatch,
  UNWATCHED,
} from './line-alarms.ts'

const LIMITS = { lineAlarmPercent: 80, lineClearPercent: 70, lineAlarmMs: 10_000 }
const MORO = 'AE-DU/branch/MORO'

/** What the alarm does under so many Mbit/s of 100, one sample a second. */
function changesUnder(used: readonly number[]): (string | undefined)[] {
  let watch: LineWatch = UNWATCHED
  return used.map((usedMbps, second) => {
    const judged = judgeLine(watch, { usedMbps, capacityMbps: 100 }, second * 1_000, LIMITS)
    watch = judged.watch
    return judged.change
  })
}

function seconds(count: number, mbps: number): number[] {
  return Array.from({ length: count }, () => mbps)
}

await test('the alarm is raised after ten seconds above 80 %, stands down to 70 %, and is cleared once below', () => {
  const used = [
    ...seconds(5, 10),
    ...seconds(20, 81),
    ...seconds(20, 70),
    ...seconds(5, 69),
    ...seconds(30, 80),
  ]
  const changes = changesUnder(used)
  assert.deepEqual(
    changes.flatMap((change, second) => (change === undefined ? [] : [[second, change]])),
    [
      [15, 'raised'],
      [45, 'cleared'],
    ],
  )
})

await test('a break of one sample begins the ten seconds anew', () => {
  const used = [...seconds(9, 95), 80, ...seconds(9, 95), 80, ...seconds(9, 100)]
  assert.deepEqual(new Set(changesUnder(used)), new Set([undefined]))
})

await test('whatever the load does, raised and cleared alternate and each has its reason', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 130 }), { maxLength: 300 }), (used) => {
      let isRaised = false
      for (const [second, change] of changesUnder(used).entries()) {
        if (change === undefined) continue
        assert.equal(change, isRaised ? 'cleared' : 'raised')
        isRaised = !isRaised
        if (change === 'cleared') assert.ok((used[second] ?? 100) < 70)
        else assert.ok(second >= 10 && used.slice(second - 10, second + 1).every((mbps) => mbps > 80))
      }
    }),
  )
})

function alarmsOf(): {
  alarms: LineAlarms
  events: LineAlarmEvent[]
  at: (loads: LineLoad[], ms?: number) => void
} {
  const events: LineAlarmEvent[] = []
  let steadyMs = 0
  const alarms = new LineAlarms({
    limits: LIMITS,
    onEvent: (event) => events.push(event),
    nowMs: () => 1_700_000_000_000 + steadyMs,
    steadyMs: () => steadyMs,
  })
  return {
    alarms,
    events,
    at: (loads, ms = 1_000) => {
      steadyMs += ms
      alarms.heard(loads)
    },
  }
}

const FULL: LineLoad = {
  neighbour: MORO,
  direction: 'out',
  lines: ['A', 'B'],
  usedMbps: 17.06,
  capacityMbps: 20,
}

await test('the operator is told once, in both languages, and the status shows it until it is over', () => {
  const { alarms, events, at } = alarmsOf()
  const idle: LineLoad = { ...FULL, direction: 'in', usedMbps: 0 }
  for (let second = 0; second < 15; second += 1) at([FULL, idle])
  assert.equal(events.length, 1)
  const [raised] = events
  assert.ok(raised?.kind === 'alarm')
  assert.match(raised.detail, /A, B to AE-DU\/branch\/MORO fills up: 17\.1 of 20 Mbit\/s, 85 %/)
  assert.match(raised.text.ar, /إلى \u2068AE-DU\/branch\/MORO\u2069 .*17\.1 من 20 .*85٪/)
  at([{ ...FULL, usedMbps: 19 }, idle])
  const [standing, ...others] = alarms.list()
  assert.deepEqual(
    [standing?.direction, standing?.usedMbps, standing?.sinceMs, others],
    ['out', 19, 1_700_000_011_000, []],
  )
  at([{ ...FULL, usedMbps: 13 }, idle])
  assert.deepEqual([events.length, events[1]?.kind, alarms.list()], [2, 'line_relieved', []])
})

await test('with the line its alarm goes, and more capacity ends it like less load', () => {
  const { alarms, events, at } = alarmsOf()
  const other: LineLoad = { ...FULL, neighbour: 'AE-DU/branch/FAR' }
  for (let second = 0; second < 12; second += 1) at([FULL, other])
  assert.equal(alarms.list().length, 2)
  at([{ ...FULL, capacityMbps: 200 }])
  assert.deepEqual(
    events.slice(2).map((event) => [event.kind, event.neighbour]),
    [
      ['line_relieved', MORO],
      ['line_relieved', 'AE-DU/branch/FAR'],
    ],
  )
  assert.deepEqual(alarms.list(), [])
})
