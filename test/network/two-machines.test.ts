import assert from 'node:assert/strict'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { decodeEnrolmentToken } from '../../src/trust/enrolment-token.ts'
import { untilTrue } from './running-sandbox.ts'

const LAUNCHER = fileURLToPath(new URL('../../cli/bin/wusla.js', import.meta.url))
const PUBLIC = 'https://registry.example'
const HOST = 'AE-DU/COM/MORO'

async function wusla(...args: string[]): Promise<Readonly<Record<string, unknown>>> {
  const { stdout } = await promisify(execFile)(process.execPath, [LAUNCHER, ...args, '--json'])
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>
}

/** The registry under the address that its `running.json` tells, in a process of its own. */
async function runRegistry(dir: string): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = spawn(process.execPath, [LAUNCHER, 'registry', 'run', '--dir', dir], { stdio: 'ignore' })
  let url = ''
  await untilTrue(async () => {
    const text = await readFile(join(dir, 'running.json'), 'utf8').catch(() => '{}')
    url = (JSON.parse(text) as { url?: string }).url ?? ''
    return url !== ''
  })
  return { child, url }
}

test('anchor and tokens carry the public address, and who reaches the registry elsewhere says so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wusla-two-'))
  const dir = join(folder, 'registry')
  const made = await wusla(
    'registry',
    'create',
    'AE-DU',
    '--dir',
    dir,
    '--listen',
    '127.0.0.1:0',
    '--public-url',
    `${PUBLIC}/`,
  )
  const tokens = made['tokens'] as Readonly<Record<string, string>>
  assert.deepEqual(Object.keys(tokens).toSorted(), ['admin', 'auditor', 'operator'])
  const { child, url } = await runRegistry(dir)
  try {
    const access = ['--registry', url, '--token', tokens['operator'] ?? '']
    await wusla('member', 'admit', HOST, ...access)
    const { token } = await wusla('branch', 'token', 'AE-DU/branch/MORO', '--host', HOST, ...access)
    const { registryUrl, anchor } = decodeEnrolmentToken(String(token))
    assert.deepEqual([registryUrl, anchor.registryUrl], [PUBLIC, PUBLIC])
    const branch = join(folder, 'moro')
    await wusla('branch', 'join', String(token), '--dir', branch, '--no-start', '--registry-url', url)
    const config = JSON.parse(await readFile(join(branch, 'branch.json'), 'utf8')) as { registryUrl: string }
    assert.equal(config.registryUrl, url)
    await wusla('config', 'check', '--dir', branch)
    const { token: gatewayToken } = await wusla('gateway', 'token', '--member', HOST, ...access)
    const gateway = join(folder, 'gateway')
    const joined = await wusla(
      'gateway',
      'join',
      String(gatewayToken),
      '--dir',
      gateway,
      '--no-start',
      '--registry-url',
      url,
    )
    assert.equal((await readFile(join(gateway, 'gateway.json'), 'utf8')).includes(url), true)
    assert.equal(Object.keys(joined['tokens'] as object).length, 3)
    await checkTokens(dir, url, tokens['admin'] ?? '')
  } finally {
    child.kill('SIGTERM')
    if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve))
    await rm(folder, { recursive: true })
  }
})

/** A token that the command line makes beside the running registry works at once, and not any more once revoked. */
async function checkTokens(dir: string, url: string, admin: string): Promise<void> {
  const made = await wusla('token', 'create', '--role', 'auditor', '--label', 'inspection', '--dir', dir)
  const read = async (): Promise<number> => {
    const headers = { authorization: `Bearer ${String(made['token'])}` }
    return (await fetch(`${url}/v1/agreements`, { headers })).status
  }
  assert.equal(await read(), 200)
  const { tokens } = (await wusla('token', 'list', '--registry', url, '--token', admin)) as unknown as {
    tokens: readonly { id: string; role: string }[]
  }
  assert.deepEqual(
    tokens.map(({ role }) => role),
    ['admin', 'operator', 'auditor', 'auditor'],
  )
  await wusla('token', 'revoke', String(made['id']), '--dir', dir)
  assert.equal(await read(), 401)
}
