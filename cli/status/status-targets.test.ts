import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { UsageError } from '../voice.ts'
import { statusTargets } from './status-targets.ts'

const folder = mkdtempSync(join(tmpdir(), 'wusla-targets-'))
after(() => rmSync(folder, { recursive: true }))

function write(name: string, value: object): string {
  const file = join(folder, name)
  writeFileSync(file, JSON.stringify(value))
  return file
}

const nobody = write('empty.json', {})
const [CORE, RTA] = ['AE-DU/branch/CORE', 'AE-DU/GOV/RTA/gw-1']
write('sandbox.json', {
  network: 'AE-DU',
  anchor: 'a',
  registry: { url: 'http://127.0.0.1:1', pid: 1, adminToken: 'R' },
  branches: [{ id: CORE, url: 'http://127.0.0.1:2', pid: 2 }],
  gateways: [
    {
      id: RTA,
      member: 'AE-DU/GOV/RTA',
      frontDoor: 'f',
      admin: { url: 'http://127.0.0.1:3', token: 'G' },
      state: 's',
      pid: 3,
    },
  ],
  examples: [],
})

const WHOLE = {
  registry: { url: 'http://127.0.0.1:1', token: 'R' },
  branches: [{ id: CORE, url: 'http://127.0.0.1:2', token: '' }],
  gateways: [{ id: RTA, url: 'http://127.0.0.1:3', token: 'G' }],
}

test('flags come before a sandbox, that before the environment, and that before the configuration file', () => {
  const config = write('cli.json', { gateway: 'https://config', gatewayToken: 'C' })
  const env = { WUSLA_GATEWAY: 'https://env', WUSLA_TOKEN: 'E' }
  const gatewaysOf = (options: object, given: NodeJS.ProcessEnv): string[] =>
    statusTargets({ config, ...options }, given).gateways.map(({ url }) => url)
  assert.deepEqual(gatewaysOf({ gateway: ['https://flag'], state: folder }, env), ['https://flag'])
  assert.deepEqual(gatewaysOf({ state: folder }, env), ['http://127.0.0.1:3'])
  assert.deepEqual(gatewaysOf({}, env), ['https://env'])
  assert.deepEqual(gatewaysOf({}, { WUSLA_STATE: folder }), ['http://127.0.0.1:3'])
  assert.deepEqual(gatewaysOf({}, {}), ['https://config'])
})

test('a sandbox is looked at as a whole, or by the identifiers of its actors', () => {
  assert.deepEqual(statusTargets({ state: folder, config: nobody }, {}), WHOLE)
  const some = { state: folder, config: nobody, gateway: [RTA], branch: [CORE] }
  assert.deepEqual(statusTargets(some, {}), { gateways: WHOLE.gateways, branches: WHOLE.branches })
})

test('a configuration file names several, each with its token; a branch is told none in clear', () => {
  const config = write('several.json', {
    registry: 'https://registry',
    registryToken: 'R',
    gateways: [
      { url: 'https://a', token: 'A' },
      { url: 'https://b', token: 'B' },
    ],
    branches: [
      { url: 'https://c', token: 'C' },
      { url: 'http://10.0.0.1:7603', token: 'D' },
    ],
  })
  assert.deepEqual(statusTargets({ config }, {}), {
    registry: { url: 'https://registry', token: 'R' },
    gateways: [
      { url: 'https://a', token: 'A' },
      { url: 'https://b', token: 'B' },
    ],
    branches: [
      { url: 'https://c', token: 'C' },
      { url: 'http://10.0.0.1:7603', token: '' },
    ],
  })
})

test('nothing to look at, no token, and a name without a sandbox are mistakes of the command', () => {
  for (const options of [
    {},
    { gateway: ['https://a'] },
    { registry: 'https://a' },
    { branch: [CORE], token: 'T' },
    { gateway: ['AE-DU/GOV/DM/gw-1'], state: folder, token: 'T' },
  ])
    assert.throws(
      () => statusTargets({ config: nobody, ...options }, {}),
      UsageError,
      JSON.stringify(options),
    )
})
