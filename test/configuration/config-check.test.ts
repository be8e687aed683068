import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readBranchState } from '../../cli/run/branch-state.ts'
import { checkGatewayState, readGatewayState } from '../../cli/run/gateway-state.ts'
import { checkRegistryState } from '../../cli/run/registry-state.ts'
import { createApiToken } from '../../src/admin-api/api-tokens.ts'
import { makeSelfSigned } from '../../src/gateway/front-door/testing/self-signed.ts'
import { isWuslaError } from '../../src/protocol/wusla-error.ts'
import { generateSealKey } from '../../src/trust/seal-key.ts'
import { makeStateFolders } from './state-folders.ts'

const LAUNCHER = fileURLToPath(new URL('../../cli/bin/wusla.js', import.meta.url))

/** Every problem that a check names. */
async function problemsOf(check: () => Promise<unknown>): Promise<string[]> {
  try {
    await check()
    return []
  } catch (error) {
    if (!isWuslaError(error)) throw error
    assert.equal(error.code, 'config_invalid')
    return error.details['problems'] as string[]
  }
}

/** File and place of each problem: what stands before the first colon. */
const places = (problems: readonly string[]): string[] =>
  problems.map((problem) => problem.slice(0, problem.indexOf(':'))).toSorted()

async function change(file: string, changes: object): Promise<void> {
  const before = JSON.parse(await readFile(file, 'utf8')) as object
  await writeFile(file, JSON.stringify({ ...before, ...changes }))
}

test('folders as joining leaves them have no problems', async () => {
  await using folders = await makeStateFolders()
  assert.deepEqual(await problemsOf(async () => await checkGatewayState(folders.gateway)), [])
  assert.deepEqual(await problemsOf(async () => await readGatewayState(folders.gateway)), [])
  assert.deepEqual(await problemsOf(async () => await readBranchState(folders.branch)), [])
  assert.deepEqual(await problemsOf(async () => await checkRegistryState(folders.registry)), [])
})

test('every mistake in the configuration of a gateway is named at once, and no value is repeated', async () => {
  await using folders = await makeStateFolders()
  const file = join(folders.gateway, 'gateway.json')
  await change(file, {
    gateway: 'nonsense',
    registry: 'nope',
    frontDoor: { http: '0.0.0.0:99999', https: { listen: 'x', certificate: 'c.pem', key: 'k.pem' } },
    admin: { listen: '10.9.8.7:80' },
  })
  await writeFile(join(folders.gateway, 'api-tokens.json'), '[{"role":"king","sha256":"secret"}]')
  await rm(join(folders.gateway, 'keys', 'seal.pem'))
  await rm(join(folders.gateway, 'anchor.json'))
  const problems = await problemsOf(async () => await readGatewayState(folders.gateway))
  assert.deepEqual(
    new Set(places(problems)),
    new Set([
      'anchor.json /',
      'api-tokens.json /0/role',
      'api-tokens.json /0/sha256',
      'gateway.json /admin/listen',
      'gateway.json /frontDoor/http',
      'gateway.json /frontDoor/https/listen',
      'gateway.json /gateway',
      'gateway.json /registry',
      'keys/ /',
    ]),
  )
  assert.doesNotMatch(problems.join('\n'), /nonsense|nope|99999|10\.9|king|secret/)
})

test('the files of the HTTPS door are read: missing, exposed, not belonging together', async () => {
  await using folders = await makeStateFolders()
  const { gateway } = folders
  const https = { listen: '0.0.0.0:8443', certificate: 'c.pem', key: 'k.pem' }
  await change(join(gateway, 'gateway.json'), { frontDoor: { https } })
  const check = async (): Promise<string[]> =>
    places(await problemsOf(async () => await readGatewayState(gateway)))
  assert.deepEqual(await check(), [
    'gateway.json /frontDoor/https/certificate',
    'gateway.json /frontDoor/https/key',
  ])
  const [mine, other] = [await makeSelfSigned('mine'), await makeSelfSigned('other')]
  await writeFile(join(gateway, 'c.pem'), mine.cert)
  await writeFile(join(gateway, 'k.pem'), other.key, { mode: 0o644 })
  await chmod(join(gateway, 'k.pem'), 0o644)
  assert.deepEqual(await check(), ['gateway.json /frontDoor/https/key'])
  await chmod(join(gateway, 'k.pem'), 0o600)
  assert.deepEqual(await check(), ['gateway.json /frontDoor/https'])
  await writeFile(join(gateway, 'k.pem'), mine.key)
  assert.deepEqual(await check(), [])
})

test('settings, the files of authorities, and keys of another gateway', async () => {
  await using folders = await makeStateFolders()
  const { gateway } = folders
  const settings = {
    services: [{ service: 'AE-DU/GOV/RTA/LICENSING/x', url: 'https://backend', tls: { caFile: 'none.pem' } }],
    clients: [],
    mappedPorts: [],
  }
  await writeFile(join(gateway, 'settings.json'), JSON.stringify(settings))
  assert.deepEqual(places(await problemsOf(async () => await checkGatewayState(gateway))), [
    'settings.json /services/0/tls/caFile',
  ])
  assert.deepEqual(
    await problemsOf(async () => await readGatewayState(gateway)),
    [],
    'it starts all the same',
  )
  await writeFile(join(gateway, 'paperless.json'), '{"exchanges":{"minutesPerSheet":{"value":2}}}')
  assert.deepEqual(places(await problemsOf(async () => await checkGatewayState(gateway))), [
    'paperless.json /exchanges/minutesPerSheet',
    'settings.json /services/0/tls/caFile',
  ])
  assert.deepEqual(await problemsOf(async () => await readGatewayState(gateway)), [])
  const clients = [{ client: 'garbage', rules: [{ kind: 'address', allow: ['300.1.1.1'] }] }]
  await change(join(gateway, 'settings.json'), { clients })
  assert.deepEqual(places(await problemsOf(async () => await readGatewayState(gateway))), [
    'settings.json /clients/0/client',
    'settings.json /clients/0/rules/0/allow/0',
  ])
  await rm(join(gateway, 'settings.json'))
  await writeFile(join(gateway, 'keys', 'tls.pem'), generateSealKey().privateKeyPem())
  assert.deepEqual(places(await problemsOf(async () => await readGatewayState(gateway))), [
    'keys/chain.pem /',
  ])
  await change(join(gateway, 'gateway.json'), { gateway: 'AE-DX/GOV/RTA/gw-1' })
  assert.deepEqual(places(await problemsOf(async () => await readGatewayState(gateway))), [
    'gateway.json /gateway',
    'keys/chain.pem /',
    'keys/ledger.key /',
  ])
})

test('a change of the TLS key that a crash interrupted is no problem: the next start finishes it', async () => {
  await using folders = await makeStateFolders()
  const { gateway } = folders
  const keys = join(gateway, 'keys')
  for (const name of ['tls', 'chain']) await rename(join(keys, `${name}.pem`), join(keys, `${name}.next.pem`))
  await writeFile(join(keys, 'tls.pem'), generateSealKey().privateKeyPem(), { mode: 0o600 })
  await writeFile(join(keys, 'chain.pem'), 'of the former key')
  assert.deepEqual(await problemsOf(async () => await checkGatewayState(gateway)), [])
  await rename(join(keys, 'tls.next.pem'), join(keys, 'tls.pem'))
  assert.deepEqual(await problemsOf(async () => await checkGatewayState(gateway)), [])
  await writeFile(join(keys, 'chain.next.pem'), 'no chain')
  assert.deepEqual(places(await problemsOf(async () => await checkGatewayState(gateway))), [
    'keys/chain.next.pem /',
  ])
})

test('API tokens with label and time are fine; a branch may have none, and no bad ones', async () => {
  await using folders = await makeStateFolders()
  const { stored } = createApiToken('auditor')
  const tokens = JSON.stringify([{ ...stored, label: 'monitoring', createdAt: '2027-01-01T00:00:00.000Z' }])
  for (const folder of [folders.gateway, folders.branch, folders.registry])
    await writeFile(join(folder, 'api-tokens.json'), tokens)
  assert.deepEqual(await problemsOf(async () => await checkGatewayState(folders.gateway)), [])
  assert.deepEqual(await problemsOf(async () => await readBranchState(folders.branch)), [])
  assert.deepEqual(await problemsOf(async () => await checkRegistryState(folders.registry)), [])
  await writeFile(join(folders.branch, 'api-tokens.json'), '[{}]')
  assert.deepEqual(places(await problemsOf(async () => await readBranchState(folders.branch))), [
    'api-tokens.json /0',
    'api-tokens.json /0',
  ])
})

test('a branch and a registry', async () => {
  await using folders = await makeStateFolders()
  const { branch, registry } = folders
  await change(join(branch, 'branch.json'), { branch: 'AE-DX/branch/MORO', httpListen: 'x:99999' })
  await rm(join(branch, 'keys', 'witness.key'))
  assert.deepEqual(places(await problemsOf(async () => await readBranchState(branch))), [
    'branch.json /httpListen',
    'keys/witness.key /',
  ])
  await change(join(branch, 'branch.json'), { httpListen: '127.0.0.1:7603' })
  assert.deepEqual(places(await problemsOf(async () => await readBranchState(branch))), [
    'branch.json /branch',
    'keys/chain.pem /',
    'keys/witness.key /',
  ])
  await change(join(registry, 'registry.json'), { testAuthorities: 'yes' })
  assert.deepEqual(places(await problemsOf(async () => await checkRegistryState(registry))), [
    'registry.json /testAuthorities',
  ])
  await change(join(registry, 'registry.json'), { testAuthorities: true })
  assert.deepEqual(await problemsOf(async () => await checkRegistryState(registry)), [])
  await change(join(registry, 'registry.json'), {
    network: 'AE-DX',
    listen: '10.0.0.1:99999',
    publicUrl: 'http://',
  })
  await writeFile(join(registry, 'api-tokens.json'), 'no JSON')
  assert.deepEqual(places(await problemsOf(async () => await checkRegistryState(registry))), [
    'api-tokens.json /',
    'registry.json /listen',
    'registry.json /network',
    'registry.json /publicUrl',
  ])
})

test('`wusla config check` prints them all and ends with 1', async () => {
  await using folders = await makeStateFolders()
  await change(join(folders.gateway, 'gateway.json'), { gateway: 'nonsense', registry: 'nope' })
  const args = [LAUNCHER, 'config', 'check', '--dir', folders.gateway, '--json']
  const [code, stdout] = await new Promise<[unknown, string]>((resolve) => {
    execFile(process.execPath, args, (error, out) => resolve([error?.code ?? 0, out]))
  })
  assert.equal(code, 1)
  const { error } = JSON.parse(stdout) as { error: { code: string; details: { problems: string[] } } }
  assert.equal(error.code, 'config_invalid')
  assert.deepEqual(places(error.details.problems), ['gateway.json /gateway', 'gateway.json /registry'])
})
