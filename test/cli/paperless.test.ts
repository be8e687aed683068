import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { BILLS, callBills, HostileNetwork, type RunningGateway } from '../hostile/hostile-network.ts'
import { runWusla } from './run-wusla.ts'

interface Told {
  readonly blocks: readonly {
    readonly gateways: readonly string[]
    readonly figures: { readonly saved: Readonly<Record<string, string>> }
  }[]
}

/** A folder in which these gateways are told of as those of a sandbox, and a file of coefficients. */
async function folderOf(context: TestContext, gateways: readonly RunningGateway[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wusla-paperless-'))
  context.after(async () => await rm(folder, { recursive: true }))
  const sandbox = {
    network: 'AE-DU',
    anchor: 'anchor.json',
    registry: { url: 'http://127.0.0.1:9', pid: 1, adminToken: 'none' },
    branches: [],
    gateways: gateways.map(({ keys, frontDoor, admin }) => {
      return { id: keys.gateway, member: keys.member, frontDoor, admin, state: folder, pid: 1 }
    }),
    examples: [],
  }
  const source = { en: 'counted by hand', ar: 'عدّ يدوي' }
  const own = { exchanges: { services: { [BILLS]: { value: 2.5, source } } } }
  await writeFile(join(folder, 'sandbox.json'), JSON.stringify(sandbox))
  await writeFile(join(folder, 'own.json'), JSON.stringify(own))
  await writeFile(join(folder, 'bad.json'), JSON.stringify({ exchanges: { minutesPerSheet: { value: 2 } } }))
  return folder
}

test(
  'an exchange and an agreement that two gateways hold save paper once, by coefficients that are shown',
  { timeout: 60_000 },
  async (context) => {
    await using network = await HostileNetwork.open()
    await network.agree()
    const dewa = await network.startGateway(network.dewa)
    const rta = await network.startGateway(network.rta)
    for (let call = 0; call < 3; call += 1) assert.equal((await callBills(rta)).status, 200)
    assert.equal((await callBills(rta, { method: 'DELETE' })).status, 500)
    const folder = await folderOf(context, [dewa, rta])

    const wusla = async (...more: string[]): Promise<string> => {
      const { code, stdout, stderr } = await runWusla(['paperless', '--state', folder, ...more])
      assert.equal(code, 0, stderr)
      return stdout
    }
    const saved = async (...more: string[]): Promise<Readonly<Record<string, string>> | undefined> => {
      const { blocks } = JSON.parse(await wusla('--json', ...more)) as Told
      assert.equal(blocks.length, 1)
      return blocks[0]?.figures.saved
    }
    // Three exchanges of one sheet each, one agreement of three pages in two originals: 9 sheets.
    const all = { sheets: '9', hours: '0.4', dirham: '34.83', trees: '0.001' }
    assert.deepEqual(await saved(), all)
    assert.deepEqual(await saved('--member', network.rta.member), all)
    const none = { sheets: '0', hours: '0.0', dirham: '0.00', trees: '0.000' }
    assert.deepEqual(await saved('--member', network.dewa.member), none)
    assert.deepEqual(await saved('--until', '2020-01-01T00:00:00Z'), none)
    assert.equal((await saved('--coefficients', join(folder, 'own.json')))?.['sheets'], '14')

    const english = await wusla()
    assert.match(english, /3 exchanges × 1 sheet an exchange \(source: assumption of Wusla/)
    assert.match(english, /9 sheets, 0\.4 hours, 34\.83 dirhams, 0\.001 trees/)
    const arabic = await wusla('--language', 'ar')
    assert.match(arabic, /3 تبادلات × ورقة واحدة لكل تبادل \(المصدر: افتراض/)
    assert.match(arabic, /9 أوراق، 0\.4 ساعة، 34\.83 درهم، 0\.001 شجرة/)

    const bad = await runWusla(['paperless', '--state', folder, '--coefficients', join(folder, 'bad.json')])
    assert.equal(bad.code, 1)
    assert.match(bad.stderr, /must have required property 'source'/)
  },
)

test('figures are for auditors, and the API says how it counts them', { timeout: 60_000 }, async () => {
  await using network = await HostileNetwork.open()
  await network.agree()
  await network.startGateway(network.dewa)
  const rta = await network.startGateway(network.rta)
  assert.equal((await callBills(rta)).status, 200)
  const ask = async (query: string, token = rta.admin.token): Promise<Response> =>
    await fetch(`${rta.admin.url}/v1/paperless${query}`, { headers: { authorization: `Bearer ${token}` } })
  const answer = (await (await ask('?from=2025-01-01T00:00:00%2B04:00')).json()) as Record<string, unknown>
  assert.deepEqual(answer['exchanges'], [{ agreement: network.agreement, service: BILLS, answered: 1 }])
  assert.deepEqual(answer['agreements'], [{ agreement: network.agreement }])
  assert.deepEqual(
    [answer['from'], answer['complete'], answer['hasRemoved']],
    ['2024-12-31T20:00:00.000Z', true, false],
  )
  const { kinds } = answer['figures'] as { kinds: { from: { times: { source: { ar: string } }[] }[] }[] }
  assert.match(kinds[0]?.from[0]?.times[0]?.source.ar ?? '', /افتراض/)
  assert.equal((await ask('', 'no token')).status, 401)
  assert.equal((await ask('?from=yesterday')).status, 400)
  assert.equal((await ask('?cursor=x')).status, 400)
})
