import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { test } from 'node:test'
import { BILLS, CLIENT, HostileNetwork, type RunningGateway } from '../hostile/hostile-network.ts'
import { runWusla } from './run-wusla.ts'

interface Row {
  readonly role: string
  readonly agreement: string
  readonly dataClass?: string
}

const accessTo = ({ admin }: RunningGateway): string[] => ['--gateway', admin.url, '--token', admin.token]

const ASKED = ['--client', CLIENT, '--service', BILLS, '--method', 'GET', '--path', '/bills/7']

/** What `explain` says, and how it ended. */
async function explained(gateway: RunningGateway, ...more: string[]): Promise<[code: number, text: string]> {
  const { code, stdout, stderr } = await runWusla(['explain', ...accessTo(gateway), ...ASKED, ...more])
  assert.notEqual(code, 2, stderr)
  return [code, stdout]
}

/** A call through RTA's door or one of its mapped ports. */
async function call(url: string): Promise<{ status: number; headers: Headers; text: string }> {
  const { status, headers, ...answer } = await fetch(url, { headers: { 'x-road-client': CLIENT } }).then(
    async (response) => ({
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    }),
  )
  return { status, headers, text: answer.text }
}

test(
  'the class of data goes with an exchange, and each gateway keeps to the highest that it lets through',
  { timeout: 60_000 },
  async () => {
    const seen: IncomingHttpHeaders[] = []
    await using network = await HostileNetwork.open(({ headers }, response) => {
      seen.push(headers)
      response.setHeader('Wusla-Data-Class', 'open')
      response.end('bill')
    })
    await network.agree()
    const dewa = await network.startGateway(network.dewa)
    const rta = await network.startGateway(network.rta)
    const door = `${rta.frontDoor}/r1/${BILLS}/bills/7`

    const first = await call(door)
    const terms = [network.agreement, 'confidential']
    const told = (headers: Headers): unknown =>
      ['wusla-agreement', 'wusla-data-class'].map((name) => headers.get(name))
    assert.deepEqual([first.status, told(first.headers)], [200, terms])
    assert.deepEqual([seen[0]?.['wusla-agreement'], seen[0]?.['wusla-data-class']], terms)
    for (const [gateway, role] of [
      [rta, 'consumer'],
      [dewa, 'provider'],
    ] as const) {
      const { stdout } = await runWusla(['evidence', 'list', ...accessTo(gateway), '--json'])
      const { exchanges } = JSON.parse(stdout) as { exchanges: Row[] }
      assert.deepEqual(
        exchanges.map((row) => [row.role, row.agreement, row.dataClass]),
        [[role, ...terms]],
      )
    }

    // The consumer's side: a mapped port for open data only.
    const mapping = [
      'client',
      'map-port',
      ...accessTo(rta),
      '--client',
      CLIENT,
      '--service',
      BILLS,
      '--port',
      '0',
    ]
    const mapped = await runWusla([...mapping, '--max-data-class', 'open', '--json'])
    const { url, port } = JSON.parse(mapped.stdout) as { url: string; port: number }
    const refused = await call(`${url}/bills/7`)
    assert.equal(refused.status, 403)
    assert.match(refused.text, /data_class_too_high/)
    assert.match(
      refused.text,
      /as confidential data, and AE-DU\/GOV\/RTA lets open data through here at most/,
    )
    assert.equal((await call(door)).status, 200, 'the front door has no such bound')
    assert.equal(seen.length, 2)
    assert.equal((await explained(rta))[0], 0)
    const [code, words] = await explained(rta, '--port', String(port), '--language', 'ar')
    assert.equal(code, 1)
    assert.match(words, /تمنح الاتفاقية .* بتصنيف «\u2066خاصّة\u2069»، والجهة \u2066AE-DU\/GOV\/RTA\u2069/)
    const nowhere = await explained(rta, '--port', '9')
    assert.equal(nowhere[0], 1)

    // The provider's side: whatever the consumer lets through.
    const publish = [
      'service',
      'publish',
      ...accessTo(dewa),
      '--service',
      BILLS,
      '--url',
      network.backend.url,
    ]
    const published = await runWusla([...publish, '--max-data-class', 'open'])
    assert.equal(published.code, 0, published.stderr)
    const atProvider = await call(door)
    assert.equal(atProvider.status, 500)
    assert.match(atProvider.text, /data_class_too_high/)
    assert.match(atProvider.text, /AE-DU\/SEMI\/DEWA lets open data through here at most/)
    assert.equal(seen.length, 2, 'the backend was not called')
    const [unserved, why] = await explained(dewa)
    assert.equal(unserved, 1)
    assert.match(why, /AE-DU\/SEMI\/DEWA raises the highest class of the service/)
  },
)
