import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BILLS, callBills, CLIENT, HostileNetwork, type RunningGateway } from '../hostile/hostile-network.ts'
import { type CliResult, runWusla } from './run-wusla.ts'

const BOUNDED = { timeout: 60_000 }
const DEWA = 'AE-DU/SEMI/DEWA'

async function ask(
  at: RunningGateway,
  changes: Record<string, string> = {},
  ...more: string[]
): Promise<CliResult> {
  const wanted = { client: CLIENT, service: BILLS, method: 'GET', path: '/bills/7', ...changes }
  const options = Object.entries(wanted).flatMap(([name, value]) => [`--${name}`, value])
  const { url, token } = at.admin
  return await runWusla(['explain', '--gateway', url, '--token', token, ...options, ...more])
}

interface Told {
  readonly allowed: boolean
  readonly failedStep?: string
  readonly code?: string
  readonly reason?: string
  readonly changedBy?: readonly string[]
  readonly steps: readonly { readonly step: string; readonly ok: boolean }[]
}

function told({ stdout }: CliResult): Told {
  return JSON.parse(stdout) as Told
}

test(
  "a provider's gateway that does not run is the step that fails, and its member can change it",
  BOUNDED,
  async () => {
    await using network = await HostileNetwork.open()
    await network.agree()
    const rta = await network.startGateway(network.rta)
    const [away, inArabic] = await Promise.all([ask(rta, {}, '--json'), ask(rta, {}, '--language', 'ar')])
    assert.equal(away.code, 1, away.stderr)
    const { allowed, failedStep, code, reason, changedBy, steps } = told(away)
    assert.deepEqual([allowed, failedStep, code, reason], [false, 'gateway', 'no_path', 'gateway_away'])
    assert.deepEqual(changedBy, [DEWA])
    assert.deepEqual(
      steps.map(({ step, ok }) => [step, ok]),
      [
        ['client', true],
        ['agreement', true],
        ['service', true],
        ['gateway', false],
      ],
    )
    // Without identifiers nothing in Latin letters is left: verdict, remedy and every step are Arabic.
    assert.doesNotMatch(inArabic.stdout.replaceAll(/\u2066[^\u2069]*\u2069/g, ''), /[A-Za-z]/)
    assert.equal((await callBills(rta)).status, 500, 'the call fails, as explained')

    const dewa = await network.startGateway(network.dewa)
    const works = await ask(rta)
    assert.equal(works.code, 0, works.stdout)
    assert.match(works.stdout, /^allowed\n(?: {2}ok .*\n){5}$/)
    assert.equal((await callBills(rta)).status, 200, 'the call works, as explained')
    assert.equal((await ask(dewa)).code, 0, 'the other party reads the same')
  },
)

test(
  'what the door refuses is refused here: a client that is not registered, also for an open service',
  BOUNDED,
  async () => {
    await using network = await HostileNetwork.open()
    await network.agree()
    const { script, dewa } = network
    const open = {
      service: `${DEWA}/BILLING/tariffs`,
      serviceKind: 'api' as const,
      xroadType: 'REST' as const,
      name: { ar: 'تعرفة', en: 'Tariffs' },
    }
    const operations = [{ method: 'GET', path: '/**' }]
    network.publish(
      await script.entry('service_published', { ...open, operations, open: { operations } }, [
        dewa.member,
        dewa.seal,
      ]),
    )
    await network.startGateway(dewa)
    const rta = await network.startGateway(network.rta)
    const registered = await ask(rta, { service: open.service })
    assert.equal(registered.code, 0, registered.stdout)
    const stranger = told(await ask(rta, { service: open.service, client: 'AE-DU/GOV/RTA/NOSUCH' }, '--json'))
    assert.deepEqual(
      [stranger.allowed, stranger.failedStep, stranger.code, stranger.changedBy],
      [false, 'client', 'unknown_client', ['AE-DU/GOV/RTA']],
    )
    const unknown = told(await ask(rta, { service: `${DEWA}/BILLING/nothing` }, '--json'))
    assert.deepEqual([unknown.failedStep, unknown.code], ['service', 'unknown_service'])
    const denied = told(await ask(rta, { method: 'delete' }, '--json'))
    assert.deepEqual([denied.failedStep, denied.reason], ['agreement', 'operation_not_granted'])
  },
)

test('a language, a service or a method that is none is a mistake of the command', BOUNDED, async () => {
  const at = { admin: { url: 'http://127.0.0.1:1', token: 't' } } as RunningGateway
  for (const [result, words] of [
    [ask(at, {}, '--language', 'fr'), /Allowed choices are en, ar/],
    [ask(at, { service: 'xx' }), /identifier of a service, such as/],
    [ask(at, { method: 'FETCH' }), /one of .*GET/],
  ] as const) {
    const { code, stderr } = await result
    assert.equal(code, 2, stderr)
    assert.match(stderr, words)
  }
})
