import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callBills, HostileNetwork } from '../hostile/hostile-network.ts'
import { runWusla } from './run-wusla.ts'

test(
  'exchanges are found by time in any spelling of RFC 3339, and the unanswered by themselves',
  { timeout: 60_000 },
  async () => {
    await using network = await HostileNetwork.open()
    await network.agree()
    await network.startGateway(network.dewa)
    const { admin, ...rta } = await network.startGateway(network.rta)
    assert.equal((await callBills({ admin, ...rta })).status, 200)
    const count = async (...filter: string[]): Promise<number> => {
      const access = ['--gateway', admin.url, '--token', admin.token]
      const { stdout, code, stderr } = await runWusla(['evidence', 'list', ...access, '--json', ...filter])
      assert.equal(code, 0, stderr)
      return (JSON.parse(stdout) as { exchanges: unknown[] }).exchanges.length
    }
    assert.equal(await count('--from', '2025-01-01T00:00:00Z'), 1)
    assert.equal(await count('--from', '2025-01-01T04:00:00.5+04:00'), 1)
    assert.equal(await count('--until', '2025-01-01T00:00:00Z'), 0)
    assert.equal(await count('--unanswered'), 0)
    // The admin API takes the same texts from programs that do not go through the command line.
    const ask = async (from: string): Promise<number> => {
      const query = new URLSearchParams({ from })
      const headers = { authorization: `Bearer ${admin.token}` }
      return (await fetch(`${admin.url}/v1/exchanges?${query.toString()}`, { headers })).status
    }
    assert.deepEqual([await ask('2025-01-01T00:00:00-04:00'), await ask('2025-01-01')], [200, 400])
  },
)
