import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { DEWA, DHA, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

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
