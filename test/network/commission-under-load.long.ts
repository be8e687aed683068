import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { startCountingBackend } from './counting-backend.ts'
import { countingService, Load, type Traffic } from './load.ts'
import { type Added, answersOf, pairsOf } from './new-branch-calls.ts'
import { BILLS, DEWA, DHA, LICENSING, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

const NORTH = 'AE-DU/branch/NORTH'
const HOST = 'AE-DU/COM/NORTH'

let sandbox: RunningSandbox

before(async () => {
  sandbox = await RunningSandbox.start()
})

after(async () => {
  await sandbox[Symbol.asyncDispose]()
})

test('sandbox.json names the line between the branches, and those of the gateways to their home branches', () => {
  const { lines, branches } = sandbox.file
  const ids = branches.map(({ id }) => id)
  const [first, ...homes] = lines
  assert.deepEqual([first?.id, first?.ends, first?.capacityMbps], ['CORE-MORO', ids, 10_000])
  assert.deepEqual(
    homes.map(({ id, owner, monthlyCostAed }) => [id, owner, monthlyCostAed]),
    [
      ['DDA-CORE', 'AE-DU/GOV/DDA', 0],
      ['DDA-MORO', 'AE-DU/GOV/DDA', 6_500],
      ['DEWA-CORE', DEWA, 6_500],
      ['DEWA-MORO', DEWA, 6_500],
      ['MORO-MORO', 'AE-DU/COM/MORO', 0],
      ['RTA-CORE', RTA, 6_500],
      ['RTA-MORO', RTA, 6_500],
      ['DHA-CORE', DHA, 6_500],
    ],
  )
  for (const { ends, owner } of homes)
    assert.deepEqual([ends[0], ids.includes(ends[1] ?? '')], [`${owner}/gw-1`, true])
})

test('a line is registered, replaced, listed and removed from the command line, and sandbox.json follows', async () => {
  const ends = [`${DHA}/gw-1`, 'AE-DU/branch/MORO']
  const price = ['--owner', DHA, '--capacity', '500', '--cost']
  const register = ['line', 'register', 'DHA-MORO', ...ends, ...price]
  const listed = (): unknown => sandbox.file.lines.find(({ id }) => id === 'DHA-MORO')
  for (const cost of [3_000, 2_500]) {
    const made = await sandbox.cli(...register, String(cost), '--risk-group', 'duct-moro', '--json')
    assert.equal(made.code, 0, made.stderr)
    const facts = { ends, capacityMbps: 500, monthlyCostAed: cost, owner: DHA, riskGroups: ['duct-moro'] }
    const { index, ...told } = JSON.parse(made.stdout) as { index: number }
    assert.ok(index > 0)
    assert.deepEqual(told, { line: 'DHA-MORO', ...facts })
    await untilTrue(() => isDeepStrictEqual(listed(), { id: 'DHA-MORO', ...facts }))
  }
  const shown = await sandbox.cli('line', 'list', '--end', `${DHA}/gw-1`)
  assert.match(
    shown.stdout,
    /^DHA-MORO {2}AE-DU\/GOV\/DHA\/gw-1 – AE-DU\/branch\/MORO {2}500 Mbit\/s {2}2500 AED a month/m,
  )
  assert.doesNotMatch(shown.stdout, /RTA/)
  // The gateway uses its new line by itself.
  await untilTrue(async () => {
    const { branches } = (await sandbox.admin(DHA, 'GET', '/v1/status')) as { branches: { branch: string }[] }
    return branches.some(({ branch }) => branch === 'AE-DU/branch/MORO')
  })
  assert.equal((await sandbox.cli('line', 'remove', 'DHA-MORO')).code, 0)
  await untilTrue(() => listed() === undefined)
  const again = await sandbox.cli('line', 'remove', 'DHA-MORO', '--json')
  assert.equal(again.code, 1)
  assert.match(again.stderr, /removed before/)
})

test('a line that leads nowhere, or back, is refused with the reason', async () => {
  const price = ['--owner', DHA, '--capacity', '500', '--cost', '1']
  const [core, nowhere] = ['AE-DU/branch/CORE', 'AE-DU/branch/NOWHERE']
  const unknown = await sandbox.cli('line', 'register', 'X', core, nowhere, ...price)
  assert.equal(unknown.code, 1)
  assert.match(unknown.stderr, /NOWHERE is no active branch or gateway/)
  const same = await sandbox.cli('line', 'register', 'X', core, core, ...price)
  assert.deepEqual([same.code, /both ends/.test(same.stderr)], [2, true], same.stderr)
  const member = await sandbox.cli('line', 'register', 'X', core, DHA, ...price)
  assert.deepEqual([member.code, /identifier of a branch/.test(member.stderr)], [2, true], member.stderr)
})

test('a branch that cannot be is refused before anything is done', async () => {
  const before = JSON.stringify(sandbox.file)
  for (const [args, words] of [
    [['CORE'], /AE-DU\/branch\/CORE is commissioned already/],
    [['NORTH', '--capacity', '0'], /whole number from 1/],
  ] as const) {
    const { code, stderr } = await sandbox.cli('sandbox', 'branch', 'add', ...args)
    assert.deepEqual([code, words.test(stderr)], [2, true], stderr)
  }
  assert.equal(JSON.stringify(sandbox.file), before)
})

test('a third branch under load: as predicted, and no exchange fails', async (t) => {
  const counted = countingService(2)
  const backend = await startCountingBackend(counted.answer)
  t.after(async () => await backend.close())
  const { service } = await sandbox.offer('counted', backend.url, [{ method: 'POST', path: '/count' }])
  const between = { consumer: RTA, provider: DEWA, client: LICENSING }
  const bill = '/bills/2000000001-2026-03'
  const reads: Traffic = { name: 'reads', ...between, method: 'GET', service: BILLS, path: bill }
  const writes: Traffic = { name: 'writes', ...between, method: 'POST', service, path: '/count' }
  const linesBefore = new Set(sandbox.file.lines.map(({ id }) => id))
  await using load = new Load(sandbox)
  for (const traffic of [reads, writes, reads, writes]) load.add(traffic)

  const asked = await sandbox.cli('sandbox', 'branch', 'add', 'NORTH', '--plan-only', '--json')
  assert.equal(asked.code, 0, asked.stderr)
  const { files, predicted } = JSON.parse(asked.stdout) as Added
  assert.ok(!sandbox.file.branches.some(({ id }) => id === NORTH))
  const byHand = ['--model', files.model, '--add-branch', files.addition, '--json']
  const impact = JSON.parse((await sandbox.cli('plan', 'impact', ...byHand)).stdout) as Added['predicted']
  assert.deepEqual(pairsOf(impact.gained), pairsOf(predicted.gained))

  const startedMs = Date.now()
  const added = await sandbox.cli('sandbox', 'branch', 'add', 'NORTH', '--json')
  assert.equal(added.code, 0, added.stderr)
  const result = JSON.parse(added.stdout) as Added
  await untilTrue(() => load.acknowledged(writes, Date.now() - 500).length > 0)
  await load.stop()

  for (const traffic of [reads, writes]) assert.ok(load.acknowledged(traffic, startedMs).length > 20)
  assert.deepEqual(
    load.outcomes.filter(({ kind }) => kind !== 'acknowledged'),
    [],
  )
  assert.deepEqual(
    [...counted.executions.values()].filter((times) => times !== 1),
    [],
  )

  const { first, isExact } = result.proof
  assert.ok(first.path.includes(NORTH))
  assert.ok(isExact)
  // What the command says is one thing; here the test calls for itself.
  const { answered, refused } = await answersOf(sandbox, HOST, [result.service])
  assert.equal(predicted.gained.length, 6)
  assert.deepEqual(answered, pairsOf(predicted.gained))
  assert.deepEqual(new Set(refused.map(({ code }) => code)), new Set(['access_denied']))
  assert.deepEqual(pairsOf(result.predicted.gained), pairsOf(predicted.gained))

  const newLines = sandbox.file.lines.filter(({ id }) => !linesBefore.has(id))
  assert.deepEqual(newLines.map(({ id }) => id).sort(), ['NORTH-CORE', 'NORTH-MORO', 'NORTH-NORTH-gw-1'])
  const costAed = newLines.reduce((sum, { monthlyCostAed }) => sum + monthlyCostAed, 0)
  assert.deepEqual([costAed, impact.cost.extraAed, predicted.extraAed], [84_000, 84_000, 84_000])
})

test('what crosses the new branch is seen at the branch, and the add leaves nothing unfinished', async () => {
  const { url, pid } = sandbox.file.branches.find(({ id }) => id === NORTH) ?? { url: '', pid: 0 }
  assert.ok(pid > 0)
  const { pairs } = (await (await fetch(`${url}/status`)).json()) as {
    pairs: { from: string; target: string; bytesForward: number }[]
  }
  const towards = pairs.filter(({ target, bytesForward }) => target === `${HOST}/gw-1` && bytesForward > 0)
  assert.equal(new Set(towards.map(({ from }) => from)).size, 5)
  assert.equal(existsSync(`${sandbox.state}/additions/NORTH.unfinished.json`), false)
  const again = await sandbox.cli('sandbox', 'branch', 'add', 'NORTH', '--json')
  assert.deepEqual([again.code, /commissioned already/.test(again.stderr)], [2, true])
})

test('a document that one entity keeps at the new branch another reads there', async () => {
  const url = (member: string): string => sandbox.url(member, `${HOST}/CLOUD/archive`, '/objects/a/1.txt')
  const put = await fetch(url(RTA), {
    method: 'PUT',
    headers: { 'x-road-client': RTA },
    body: 'kept at NORTH',
  })
  assert.equal(put.status, 201)
  const got = await fetch(url(DHA), { headers: { 'x-road-client': DHA } })
  assert.deepEqual([got.status, await got.text()], [200, 'kept at NORTH'])
})
