import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { NetworkModel } from '../network-model.ts'
import { randomNetworks } from '../testing/random-networks.ts'
import { studyNetwork } from './study-network.ts'

/** Networks in which entities at the gateways use services at gateways and branches, some of them with constraints. */
const inhabited: fc.Arbitrary<NetworkModel> = fc
  .tuple(
    randomNetworks,
    fc.array(fc.tuple(fc.nat(4), fc.nat(13), fc.boolean(), fc.nat(9), fc.nat(3)), { maxLength: 12 }),
    fc.array(fc.subarray(['x', 'y', 'z']), { minLength: 16, maxLength: 16 }),
    fc.integer({ min: 2, max: 9 }),
  )
  .map(([network, wishes, groups, maxPathBranches]) => {
    const nodes = [...network.branches, ...network.gateways].map(({ id }) => id)
    const services = wishes.map(([, place], index) => ({
      id: `s${index}`,
      entity: `provider${index}`,
      at: [nodes[place % nodes.length] ?? ''],
    }))
    return {
      ...network,
      maxPathBranches,
      lines: network.lines.map((line, index) => ({ ...line, sharedRiskGroups: groups[index] ?? [] })),
      entities: [...network.gateways, ...services].map(({ id }) => ({ id: `entity of ${id}` })),
      gateways: network.gateways.map(({ id }) => ({ id, entity: `entity of ${id}` })),
      services,
      agreements: wishes.map(([who, , isLimited, avoided], index) => ({
        id: `a${index}`,
        consumer: `entity of g${who % Math.max(1, network.gateways.length)}`,
        grants: [
          {
            service: `s${index}`,
            ...(isLimited ? { transit: { avoid: [`b${avoided}`] } } : {}),
          },
        ],
      })),
      demands: wishes
        .filter(([, place]) => nodes[place % nodes.length] !== nodes[0])
        .map(([, place, , , mbps]) => ({
          from: nodes[0] ?? '',
          to: nodes[place % nodes.length] ?? '',
          mbps,
        })),
    }
  })

function reachedIn(model: NetworkModel): Set<string> {
  return new Set(studyNetwork(model).reached.map(({ entity, service }) => `${entity} ${service}`))
}

/** The model as if the thing had never been there. */
function without(model: NetworkModel, kind: 'branch' | 'line' | 'group', id: string): NetworkModel {
  const isLost = (line: NetworkModel['lines'][number]): boolean =>
    kind === 'group' ? line.sharedRiskGroups?.includes(id) === true : line.id === id || line.ends.includes(id)
  return {
    ...model,
    branches: kind === 'branch' ? model.branches.filter((branch) => branch.id !== id) : model.branches,
    lines: model.lines.filter((line) => !isLost(line)),
    services: model.services.map((service) =>
      kind === 'branch' ? { ...service, at: service.at.filter((at) => at !== id) } : service,
    ),
    demands: [],
  }
}

test('what a failure takes away is what a network that never had the thing cannot reach', () => {
  let lost = 0
  let rerouted = 0
  let groups = 0
  fc.assert(
    fc.property(inhabited, (model) => {
      const study = studyNetwork(model)
      const reached = new Set(study.reached.map(({ entity, service }) => `${entity} ${service}`))
      const effects = new Map(study.failures.map((failure) => [`${failure.kind} ${failure.id}`, failure]))
      const groupIds = ['x', 'y', 'z'].filter(
        (group) => model.lines.filter(({ sharedRiskGroups }) => sharedRiskGroups?.includes(group)).length > 1,
      )
      const failures = [
        ...model.branches.map(({ id }) => ['branch', id] as const),
        ...model.lines.map(({ id }) => ['line', id] as const),
        ...groupIds.map((id) => ['group', id] as const),
      ]
      assert.equal(study.examined, failures.length)
      groups += groupIds.length
      for (const [kind, id] of failures) {
        const after = reachedIn(without(model, kind, id))
        const expected = [...reached].filter((use) => !after.has(use)).sort()
        const effect = effects.get(`${kind} ${id}`)
        const told = (effect?.lost ?? []).map(({ entity, service }) => `${entity} ${service}`).sort()
        assert.deepEqual(told, expected, `${kind} ${id}`)
        lost += expected.length
        rerouted += after.size
      }
    }),
    { numRuns: 400 },
  )
  assert.ok(lost > 200 && rerouted > 200 && groups > 100, `${lost} ${rerouted} ${groups}`)
})

test('the loads of all lines together are each demand as often as it has hops', () => {
  fc.assert(
    fc.property(inhabited, (model) => {
      const { demands, lines } = studyNetwork(model)
      const total = demands.reduce(
        (sum, demand, index) =>
          'lines' in demand ? sum + demand.hops * (model.demands[index]?.mbps ?? 0) : sum,
        0,
      )
      // All demands leave from one node and answer nothing, so on shortest paths no line carries both directions.
      const carried = lines.reduce((sum, { mbps }) => sum + mbps, 0)
      assert.ok(Math.abs(total - carried) < 1e-6, `${total} ${carried}`)
    }),
    { numRuns: 200 },
  )
})
