import assert from 'node:assert/strict'
import { test } from 'node:test'
import { widthOf } from '../text-table.ts'
import { findProblems } from './find-problems.ts'
import { statusPage } from './status-page.ts'
import {
  answered,
  branch,
  CORE,
  DEWA,
  EARLIER,
  gateway,
  LATER,
  MORO,
  network,
  RTA,
  session,
  silent,
} from './testing/readings.ts'

const FULL = {
  neighbour: MORO,
  usedMbps: { out: 812.4, in: 3.25 },
  capacityMbps: 1_000,
  utilisation: { out: 0.8124, in: 0.003 },
  lines: [{ line: 'CORE-MORO' }],
}

const READING = network({
  registry: answered('AE-DU', {
    network: 'AE-DU',
    since: EARLIER,
    log: { size: 26, lastChange: { kind: 'line_registered', time: LATER, subject: 'CORE-MORO' } },
    witnesses: [{ branch: CORE, isCurrent: true }],
  }),
  branches: [
    answered(CORE, branch(CORE, { lines: [FULL] })),
    answered(MORO, branch(MORO, { lines: [{ ...FULL, neighbour: CORE }] })),
  ],
  gateways: [
    answered(RTA, gateway(RTA, { sessions: [session([CORE, MORO]), session([MORO], { use: 'spare' })] })),
    answered(DEWA, gateway(DEWA, { sessions: [session([MORO, CORE], { gateway: RTA, role: 'acceptor' })] })),
  ],
})

test('the page shows every actor, each line and each session once, with their figures', () => {
  const page = statusPage(READING, findProblems(READING), 'en')
  assert.deepEqual(page, [
    'AE-DU  2026-11-29T03:00:00.000Z  all well',
    '',
    'REGISTRY',
    '  up; running 10m; 26 entries, newest 60s ago (line_registered); 1 of 1 branches cosign the newest',
    '  checkpoint',
    '',
    'BRANCHES',
    '  branch  state  for  links to branches  gateways  tunnels',
    '  CORE    up     10m                1/1         2        1',
    '  MORO    up     10m                1/1         2        1',
    '',
    'LINES',
    '  from  to    line       state  for      rtt  Mbit/s out/in    of  full',
    '  CORE  MORO  CORE-MORO  up     10m  1.25 ms        812/3.3  1000  81 %',
    '',
    'GATEWAYS',
    '  gateway         state  for  branches  in use  spares  active  directory',
    '  GOV/RTA/gw-1    up     10m       2/2       1       1       0         26',
    '  SEMI/DEWA/gw-1  up     10m       2/2       1       0       0         26',
    '',
    'SESSIONS',
    '  from          to              path         use     for      rtt  active  sent/served      out/in',
    '  GOV/RTA/gw-1  SEMI/DEWA/gw-1  CORE › MORO  in use  10m  2.50 ms       1       1234/0  20kB/1.5MB',
    '  GOV/RTA/gw-1  SEMI/DEWA/gw-1  MORO         spare   10m  2.50 ms       1       1234/0  20kB/1.5MB',
  ])
})

test('what is wrong comes first, with since when, what it affects and what to do', () => {
  const reading = network({ branches: [answered(CORE, branch(CORE)), silent(MORO)] })
  const page = statusPage(reading, findProblems(reading), 'en')
  assert.equal(page[0], 'AE-DU  2026-11-29T03:00:00.000Z  1 wrong')
  assert.equal(page[2], 'WRONG')
  assert.match(page[3] ?? '', /^ {2}MORO: the branch does not answer: connection refused/)
  assert.ok(page.some((line) => line.startsWith('    affects: ')))
  assert.ok(page.some((line) => line.startsWith('    do: start it again')))
  assert.match(page[page.indexOf('BRANCHES') + 2] ?? '', /^ {2}MORO +SILENT$/)
})

test('in Arabic nothing but names and codes is left in Latin letters', () => {
  const reading = {
    ...READING,
    branches: [answered(CORE, branch(CORE)), silent<ReturnType<typeof branch>>(MORO)],
  }
  const page = statusPage(reading, findProblems(reading), 'ar').slice(1)
  const bare = page.map((line) => line.replaceAll(/\u2066[^\u2069]*\u2069|`[^`]*`|\([a-z_]+\)|\d+Z/g, ''))
  const latin = bare.filter((line) => /[A-Za-z]{2,}/.test(line.replaceAll(/\bms\b|[kMG]?B\b/g, '')))
  assert.deepEqual(latin, [])
})

test('text and columns keep to a terminal of a hundred columns', () => {
  for (const reading of [
    READING,
    network({ branches: [silent(CORE), silent(MORO)], registry: silent('AE-DU') }),
  ]) {
    const page = statusPage(reading, findProblems(reading), 'en')
    assert.deepEqual(
      page.filter((line) => widthOf(line) > 100),
      [],
    )
  }
})
