/**
 * How long the planner takes: impact on the largest graph of the Topology Zoo and on an invented network of the size the
 * directory is made for, design on SNDlib's instances.
 *
 *   node bench/planner.ts [--data ../shared/data] [--members 10000] [--agreements 100000] [--seconds 60] [--json]
 *
 * Processor time counts all threads: other programs on the machine do not lengthen it much.
 */
import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { designSndlib } from '../src/planner/design-network.ts'
import type { DesignOptions } from '../src/planner/design-network.ts'
import { EMPTY_ADDITION } from '../src/planner/network-model.ts'
import type { ModelLine, NetworkModel } from '../src/planner/network-model.ts'
import { readModel } from '../src/planner/read-model.ts'
import { studyImpact } from '../src/planner/study-impact.ts'

interface Row {
  readonly what: string
  readonly wallS: number
  readonly cpuS: number
  readonly result: object
}

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: new URL('../../shared/data', import.meta.url).pathname },
    members: { type: 'string', default: '10000' },
    agreements: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
  },
})

const file = (name: string): Buffer => readFileSync(`${values.data}/${name}`)
const rows: Row[] = [
  await measure('impact, Kdl (754 nodes, 899 edges), read and studied', () => {
    const { after } = studyImpact(readModel(file('topology-zoo/Kdl.graphml')))
    const { lines, branches } = after.singlePoints
    return { failures: after.examined, bridges: lines.length, cutPoints: branches.length }
  }),
  await measure(`impact of a branch, ${values.members} members, ${values.agreements} agreements`, () => {
    const { model, addition } = invented(Number(values.members), Number(values.agreements))
    const { gained, after } = studyImpact(model, [addition])
    return { gained: gained.length, reached: after.reached.length, failures: after.examined }
  }),
]
const designs: readonly (readonly [string, DesignOptions['survivability']])[] = [
  ['polska', 'none'],
  ['polska', 'line'],
  ['abilene', 'none'],
  ['nobel-germany', 'none'],
  ['nobel-germany', 'line'],
]
for (const [name, survivability = 'none'] of designs) {
  const timeLimitMs = Number(values.seconds) * 1_000
  const network = file(`sndlib/${name}.txt`).toString('utf8')
  rows.push(
    await measure(
      `design, ${name}, ${survivability === 'none' ? 'no failure' : 'any one line'}`,
      async () => {
        const { cost, bound, gap } = await designSndlib(network, undefined, { timeLimitMs, survivability })
        return { cost, bound, gap }
      },
    ),
  )
}
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, load: loadavg()[0], node: process.version }
console.log(values.json ? JSON.stringify({ machine, rows }) : [machine, ...rows])

async function measure(what: string, run: () => object | Promise<object>): Promise<Row> {
  const cpu = process.cpuUsage()
  const started = performance.now()
  const result = await run()
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (micros: number): number => Math.round(micros / 1e4) / 100
  return { what, wallS: seconds((performance.now() - started) * 1e3), cpuS: seconds(user + system), result }
}

/** Forty branches in a ring with chords, two lines for each member, agreements spread evenly, and a branch to add. */
function invented(
  members: number,
  agreements: number,
): { model: NetworkModel; addition: typeof EMPTY_ADDITION } {
  const count = 40
  const line = (id: string, a: string, b: string, latencyMs: number): ModelLine => ({
    id,
    ends: [a, b],
    capacityMbps: 1_000,
    monthlyCostAed: 5_000,
    latencyMs,
  })
  const each = <T>(many: number, make: (index: number) => T): T[] =>
    Array.from({ length: many }, (_, i) => make(i))
  const branch = (index: number): string => `b${index % count}`
  const model: NetworkModel = {
    ...EMPTY_ADDITION,
    maxPathBranches: 8,
    entities: each(members, (i) => ({ id: `e${i}` })),
    gateways: each(members, (i) => ({ id: `g${i}`, entity: `e${i}` })),
    branches: each(count, (i) => ({ id: branch(i) })),
    lines: [
      ...each(count, (i) => line(`ring${i}`, branch(i), branch(i + 1), 0.4)),
      ...each(count, (i) => line(`chord${i}`, branch(i), branch(i + 9), 0.7)),
      ...each(members, (i) => line(`first${i}`, `g${i}`, branch(i * 7), 0.2)),
      ...each(members, (i) => line(`second${i}`, `g${i}`, branch(i * 7 + 13), 0.3)),
    ],
    services: each(members, (i) => ({ id: `s${i}`, entity: `e${i}`, at: [`g${i}`] })),
    agreements: each(agreements, (i) => ({
      id: `a${i}`,
      consumer: `e${i % members}`,
      grants: [{ service: `s${(i * 37 + Math.floor(i / members) * 101 + 11) % members}` }],
    })),
  }
  const addition = {
    ...EMPTY_ADDITION,
    branches: [{ id: 'new' }],
    lines: [line('new0', 'new', branch(0), 0.3), line('new20', 'new', branch(20), 0.3)],
    services: [{ id: 'cloud', entity: 'e0', at: ['new'], open: true }],
  }
  return { model, addition }
}
