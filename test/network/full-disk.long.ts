import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { callOnce, type CallOutcome, type Traffic } from './load.ts'
import { BILLS, DEWA, LICENSING, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

const READ_BILLS: Traffic = {
  name: 'bills',
  consumer: RTA,
  provider: DEWA,
  client: LICENSING,
  method: 'GET',
  service: BILLS,
  path: '/bills?account=2000000002',
}

/** Lets every write of a process to any file fail, its log included, as a full disk does; or lets them succeed again. */
function fill(pid: number, isFull: boolean): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${isFull ? '0' : 'unlimited'}:unlimited`])
}

for (const victim of [RTA, DEWA]) {
  test(`a full disk at ${victim}: exchanges are refused, and taken again without a restart`, async () => {
    await using sandbox = await RunningSandbox.start({ restart: false })
    const { pid, state } = sandbox.gatewayOf(victim)
    assert.equal((await callOnce(sandbox, READ_BILLS)).kind, 'acknowledged')

    fill(pid, true)
    const refused: CallOutcome[] = []
    // Long enough for attempts to open the evidence again in vain.
    for (const endMs = Date.now() + 5_000; Date.now() < endMs;)
      refused.push(await callOnce(sandbox, READ_BILLS))
    assert.ok(refused.every(({ kind }) => kind === 'told'))
    assert.equal(refused.at(-1)?.code, 'logging_failed')

    fill(pid, false)
    await untilTrue(async () => (await callOnce(sandbox, READ_BILLS)).kind === 'acknowledged')
    assert.equal(sandbox.gatewayOf(victim).pid, pid, 'it is the same process')
    process.kill(pid, 0)
    await untilTrue(() => readFileSync(join(state, 'wusla.log'), 'utf8').includes('"log_lines_lost"'))
  })
}
