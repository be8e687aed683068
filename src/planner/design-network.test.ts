import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { designNetwork, designSndlib } from './design-network.ts'
import type { Design } from './design-network.ts'
import { designReport } from './design-report.ts'
import type { NetworkModel } from './network-model.ts'
import { readModel } from './read-model.ts'

const GROWTH = readModel(readFileSync(new URL('../../examples/plan/growth.json', import.meta.url)))

/** Three nodes in a ring, a demand for each pair; every figure below can be checked by hand. */
const TRIANGLE = `?SNDlib native format; type: network; version: 1.0
NODES ( a b c )
LINKS (
  ab ( a b ) 0 0 0 3 ( 10 5 40 12 )
  bc ( b c ) 0 0 0 3 ( 10 5 40 12 )
  ca ( c a ) 0 0 0 3 ( 10 7 40 20 )
)
DEMANDS (
  d1 ( a b ) 1 10 UNLIMITED
  d2 ( a c ) 2 5 UNLIMITED
  d3 ( b c ) 1 10 UNLIMITED
)
`

const modelFile = (changes: Readonly<Record<string, string>>): string => {
  const settings = {
    LINK_MODEL: 'BIDIRECTED',
    NODE_MODEL: 'NO_NODE_HARDWARE',
    DEMAND_MODEL: 'DIRECTED',
    LINK_CAPACITY_MODEL: 'MODULAR_LINK_CAPACITIES',
    ROUTING_MODEL: 'CONTINUOUS',
    ADMISSIBLE_PATH_MODEL: 'ALL_PATHS',
    HOP_LIMIT_MODEL: 'IGNORE_HOP_LIMITS',
    SURVIVABILITY_MODEL: 'NO_SURVIVABILITY',
    FIXED_CHARGE_MODEL: 'NO',
    OBJECTIVE_MODEL: 'MINIMIZE_TOTAL_COST',
    ...changes,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  return `?SNDlib native format; type: model; version: 1.0\n# model\n\n${lines.join('\n')}\n`
}

const leased = ({ links }: Design): string[] =>
  links
    .flatMap(({ id, modules }) => modules.map(({ capacity, count }) => `${id} ${count}×${capacity}`))
    .sort()

suite('SNDlib', () => {
  test('the cheapest network of an instance, proven', async () => {
    const design = await designSndlib(TRIANGLE, undefined)
    assert.deepEqual([design.cost, design.bound, design.gap, design.status], [17, 17, 0, 'optimal'])
    assert.deepEqual(leased(design), ['ab 1×10', 'bc 1×10', 'ca 1×10'])
    assert.deepEqual(design.links[0], {
      id: 'ab',
      ends: ['a', 'b'],
      installed: 0,
      modules: [{ capacity: 10, cost: 5, count: 1 }],
      capacity: 10,
      cost: 5,
      load: 10,
    })
  })

  test('with every single link down, everything is still carried', async () => {
    // Whatever fails, two demands share the way that is left: every link needs 20.
    const design = await designSndlib(
      TRIANGLE,
      modelFile({ SURVIVABILITY_MODEL: 'UNRESTRICTED_FLOW_RECONFIGURATION' }),
    )
    assert.deepEqual([design.cost, design.survivability], [34, 'line'])
    assert.deepEqual(leased(design), ['ab 2×10', 'bc 2×10', 'ca 2×10'])
    const asked = await designSndlib(TRIANGLE, undefined, { survivability: 'line' })
    assert.equal(asked.cost, 34)
  })

  test('the other models: shared capacity, one direction, fixed charge, parts of a module, one module', async () => {
    const cost = async (
      changes: Readonly<Record<string, string>>,
      network: string = TRIANGLE,
    ): Promise<number> => (await designSndlib(network, modelFile(changes))).cost
    // Shared by both directions: d3 the other way round would meet d1, so nothing is saved by it.
    assert.equal(await cost({ LINK_MODEL: 'UNDIRECTED', DEMAND_MODEL: 'UNDIRECTED' }), 17)
    // ca leads from c to a only: d2 goes over b, and both links need 20.
    assert.equal(await cost({ LINK_MODEL: 'DIRECTED' }), 20)
    // A link costs 3 more as such: d3 goes over a, against d1 on ab and beside d2 on ca, 8 and 17.
    assert.equal(await cost({ FIXED_CHARGE_MODEL: 'YES' }), 25)
    const single = TRIANGLE.replaceAll(/ 40 \d+/g, '').replaceAll('1 10 UNLIMITED', '1 5 UNLIMITED')
    // Halves of ab and bc, all of ca; in whole modules all three.
    assert.equal(await cost({ LINK_CAPACITY_MODEL: 'LINEAR_LINK_CAPACITIES' }, single), 12)
    assert.equal(await cost({ LINK_CAPACITY_MODEL: 'SINGLE_MODULAR_CAPACITIES' }, single), 17)
    assert.equal(await cost({ LINK_CAPACITY_MODEL: 'EXPLICIT_LINK_CAPACITIES', LINK_MODEL: 'DIRECTED' }), 24)
  })

  test('flow that costs something takes the way that is cheapest together with its capacity', async () => {
    // Over ca each unit costs 2: d2 saves 7 by not needing the link, and 20 by not flowing over it.
    const dear = TRIANGLE.replace('ca ( c a ) 0 0 0', 'ca ( c a ) 0 0 2')
    const design = await designSndlib(dear, undefined)
    assert.deepEqual([design.cost, design.gap], [20, 0])
    assert.deepEqual(leased(design), ['ab 2×10', 'bc 2×10'])
    const inevitable = dear.replace('ab ( a b ) 0 0 0', 'ab ( a b ) 0 0 1')
    // d1 and d2 flow over ab for 1 a unit each: 10 + 10 + 20, against 17 + 10 + 20 with ca.
    assert.equal((await designSndlib(inevitable, undefined)).cost, 40)
  })

  test('what cannot be carried is named, and what fails with it', async () => {
    const cut = TRIANGLE.replace(/ {2}bc .*\n/, '').replace(/ {2}ca .*\n/, '')
    await assert.rejects(designSndlib(cut, undefined), (error) => {
      assert.ok(isWuslaError(error) && error.code === 'design_infeasible')
      assert.deepEqual(error.details['traffic'], [
        { from: 'a', to: 'c' },
        { from: 'b', to: 'c' },
      ])
      return true
    })
    const chain = TRIANGLE.replace(/ {2}ca .*\n/, '')
    await assert.rejects(designSndlib(chain, undefined, { survivability: 'line' }), (error) => {
      assert.ok(isWuslaError(error) && error.code === 'design_infeasible')
      assert.deepEqual((error.details['traffic'] as object[])[0], { from: 'a', to: 'b', outage: 'ab' })
      return true
    })
    const narrow = modelFile({ LINK_CAPACITY_MODEL: 'EXPLICIT_LINK_CAPACITIES' })
    await assert.rejects(designSndlib(TRIANGLE.replaceAll('1 10', '1 90'), narrow), {
      code: 'design_infeasible',
    })
  })

  test('a setting that the planner does not do is refused, not approximated', async () => {
    const refused = [
      modelFile({ ROUTING_MODEL: 'SINGLE_PATH' }),
      modelFile({ SURVIVABILITY_MODEL: 'ONE_PLUS_ONE_PROTECTION' }),
      modelFile({ DEMAND_MODEL: 'UNDIRECTED' }),
      modelFile({ COLOUR: 'GREEN' }),
      modelFile({}).replace('FIXED_CHARGE_MODEL = NO', ''),
      TRIANGLE,
    ]
    for (const file of refused)
      await assert.rejects(designSndlib(TRIANGLE, file), { code: 'invalid_network_model' })
    await assert.rejects(
      designSndlib(TRIANGLE, modelFile({ LINK_CAPACITY_MODEL: 'SINGLE_MODULAR_CAPACITIES' })),
      { code: 'invalid_network_model' },
    )
  })
})

suite('our own model', () => {
  test('needs nothing where existing lines carry everything', async () => {
    const design = await designNetwork(GROWTH)
    assert.deepEqual([design.cost, design.gap, leased(design)], [0, 0, []])
    assert.equal(design.links.find(({ id }) => id === 'RTA-CORE')?.load, 60)
  })

  test('leases the cheapest second lines that survive the loss of any one', async () => {
    const design = await designNetwork(GROWTH, { survivability: 'line' })
    // 60 Mbit/s back to RTA do not fit 50; over SOUTH it would be 15,000 + 3,000 + 2,000 + 1,500.
    assert.deepEqual([design.cost, design.gap], [10_500, 0])
    assert.deepEqual(leased(design), ['DHA-CORE 1×100', 'RTA-NORTH 1×200'])
    assert.deepEqual(design.branches, [])
  })

  test('commissions a branch where that is cheaper', async () => {
    const branches = GROWTH.candidates.branches.map((branch) => ({ ...branch, monthlyCostAed: 3_000 }))
    const cheaper: NetworkModel = { ...GROWTH, candidates: { ...GROWTH.candidates, branches } }
    const design = await designNetwork(cheaper, { survivability: 'line' })
    assert.deepEqual([design.cost, design.gap], [9_500, 0])
    assert.deepEqual(leased(design), ['DHA-SOUTH 1×100', 'RTA-SOUTH 1×200', 'SOUTH-CORE 1×1000'])
    assert.deepEqual(design.branches, ['AE-DU/branch/SOUTH'])
    assert.match(
      designReport(design, 'en').join('\n'),
      /Proven: no network costs less\.[\s\S]*AE-DU\/branch\/SOUTH/,
    )
    assert.match(designReport(design, 'ar').join('\n'), /ثبت أنه لا شبكة أقلّ كلفة/)
  })

  test('keeps to transit constraints: a branch that an agreement rules out carries nothing of it', async () => {
    const branches = GROWTH.candidates.branches.map((branch) => ({ ...branch, monthlyCostAed: 3_000 }))
    const agreements = GROWTH.agreements.map((agreement) => ({
      ...agreement,
      grants: agreement.grants.map((grant) => ({ ...grant, transit: { onlyClasses: ['sovereign'] } })),
    }))
    const bound: NetworkModel = { ...GROWTH, agreements, candidates: { ...GROWTH.candidates, branches } }
    const design = await designNetwork(bound, { survivability: 'line' })
    assert.deepEqual([design.cost, design.branches], [10_500, []])
  })

  test('survives a branch as well, and lines that fail together', async () => {
    // With CORE down RTA reaches DEWA over NORTH, and DHA over CORE with NORTH down: the same second lines.
    assert.equal((await designNetwork(GROWTH, { survivability: 'branch' })).cost, 10_500)
    const lines = GROWTH.candidates.lines.map((line) =>
      line.id === 'RTA-NORTH' ? { ...line, sharedRiskGroups: ['duct'] } : line,
    )
    const grouped: NetworkModel = {
      ...GROWTH,
      lines: GROWTH.lines.map((line) =>
        line.id === 'RTA-CORE' ? { ...line, sharedRiskGroups: ['duct'] } : line,
      ),
      candidates: { ...GROWTH.candidates, lines },
    }
    const design = await designNetwork(grouped, { survivability: 'line' })
    // The cheap second line lies in the same duct as the first, so the branch it is.
    assert.deepEqual([design.cost, design.branches], [21_500, ['AE-DU/branch/SOUTH']])
  })

  test('says what it lacks: capacities, grants, gateways', async () => {
    const { capacityMbps: _, ...line } = GROWTH.lines[0] ?? { id: '', ends: ['', ''] as const }
    const lacking: NetworkModel = {
      ...GROWTH,
      lines: [line, ...GROWTH.lines.slice(1)],
      agreements: GROWTH.agreements.slice(1),
      gateways: GROWTH.gateways.filter(({ entity }) => entity !== 'AE-DU/GOV/DHA'),
    }
    await assert.rejects(designNetwork(lacking), (error) => {
      assert.ok(isWuslaError(error) && error.code === 'invalid_network_model')
      const problems = error.details['problems'] as { path: string }[]
      assert.deepEqual(
        problems.map(({ path }) => path),
        ['/lines/0', '/demands/0', '/demands/1'],
      )
      return true
    })
  })
})
