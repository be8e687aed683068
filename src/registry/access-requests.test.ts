import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { suite, test } from 'node:test'
import { DHA, SigningNetwork } from './testing/signing-network.ts'
import { type Answer, DEWA, NETWORK, RTA, type TestGateway } from './testing/test-registry.ts'

const DAY_MS = 86_400_000

function wish(more: object = {}): object {
  return {
    type: 'wusla/access-request/v1',
    network: NETWORK,
    consumer: RTA,
    provider: DEWA,
    services: [{ service: `${DEWA}/BILLING/bills`, operations: [{ method: 'GET', path: '/bills/*' }] }],
    purpose: { ar: 'التحقق من سداد الرسوم', en: 'Checking payment' },
    dataClass: 'confidential',
    days: 365,
    nonce: randomBytes(16).toString('base64url'),
    ...more,
  }
}

async function ask(network: SigningNetwork, by: TestGateway, request: object): Promise<Answer> {
  return await network.registry.sealed(by, 'POST', '/v1/access-requests', { request })
}

async function listed(network: SigningNetwork, by: TestGateway): Promise<Answer['body']['requests']> {
  return (await network.registry.sealed(by, 'GET', '/v1/access-requests')).body.requests
}

async function close(
  network: SigningNetwork,
  by: TestGateway,
  path: string,
  body: object = {},
): Promise<Answer> {
  return await network.registry.sealed(by, 'POST', `/v1/access-requests/${path}`, body)
}

suite('a request for access', () => {
  test('has a clock, set by the policy that stood when it came, and is shown when it is overdue', async () => {
    await using network = await SigningNetwork.start(false)
    const { registry, rta, dewa, clock } = network
    const first = wish()
    const before = clock.nowMs()
    const { id, answerBy } = (await registry.must(await ask(network, rta, first))).body
    const days = (Date.parse(answerBy) - before) / DAY_MS
    assert.ok(days >= 14 && days < 14.01, `${days} days where the operator set none`)
    await network.setPolicy()
    const second = (await registry.must(await ask(network, rta, wish()))).body
    assert.equal(Math.round((Date.parse(second.answerBy) - before) / DAY_MS), 10)
    assert.deepEqual(
      (await registry.must(await ask(network, rta, first))).body,
      { id, answerBy },
      'filed once',
    )
    clock.addMs += 12 * DAY_MS
    await registry.stop()
    await registry.start()
    for (const by of [rta, dewa]) {
      const overdue = (await listed(network, by)).map((each) => [each.id, each.isOverdue])
      assert.deepEqual(overdue, [
        [id, false],
        [second.id, true],
      ])
    }
  })

  test('is answered by a draft of the provider, follows its counter-proposals, and is then not overdue', async () => {
    await using network = await SigningNetwork.start()
    const { registry, dewa, rta, clock } = network
    const { id } = (await registry.must(await ask(network, rta, wish()))).body
    const own = await network.call(rta, '', { content: {}, request: id })
    assert.equal(own.body.code, 'invalid_agreement')
    const hash = await network.draft(dewa, {}, { request: id })
    clock.addMs += 100 * DAY_MS
    const [answered] = await listed(network, rta)
    assert.deepEqual([answered?.status, answered?.agreement, answered?.isOverdue], ['answered', hash, false])
    assert.equal((await network.read(rta, `/${hash}`)).body.request, id)
    const counter = await network.draft(rta, {}, { counters: hash })
    assert.equal((await network.read(dewa, `/${counter}`)).body.request, id)
    assert.equal((await listed(network, dewa))[0]?.agreement, counter)
    await registry.stop()
    await registry.start()
    assert.equal((await listed(network, dewa))[0]?.agreement, counter)
    assert.equal((await close(network, dewa, `${id}/refusal`, { reason: 'late' })).body.code, 'conflict')
    assert.equal((await close(network, rta, `${id}/withdrawal`)).body.code, 'conflict')
  })

  test('is refused by its provider or withdrawn by its consumer, each with its own word', async () => {
    await using network = await SigningNetwork.start()
    const { registry, dewa, rta } = network
    const one = (await registry.must(await ask(network, rta, wish()))).body.id
    const other = (await registry.must(await ask(network, rta, wish()))).body.id
    assert.equal((await close(network, rta, `${one}/refusal`, { reason: 'x' })).body.code, 'forbidden')
    assert.equal((await close(network, dewa, `${one}/withdrawal`)).body.code, 'forbidden')
    await registry.must(await close(network, dewa, `${one}/refusal`, { reason: 'No legal basis.' }))
    await registry.must(await close(network, rta, `${other}/withdrawal`))
    await registry.must(await close(network, rta, `${other}/withdrawal`))
    const shown = (await listed(network, rta)).map(({ status, reason }) => [status, reason])
    assert.deepEqual(shown, [
      ['refused', 'No legal basis.'],
      ['withdrawn', undefined],
    ])
    for (const id of [one, other]) {
      assert.equal((await close(network, rta, `${id}/withdrawal`)).status, id === one ? 409 : 200)
    }
  })

  test('is nobody else’s business, and no third member answers it', async () => {
    await using network = await SigningNetwork.start()
    const { registry, rta, dha } = network
    const { id } = (await registry.must(await ask(network, rta, wish()))).body
    assert.deepEqual(await listed(network, dha), [])
    const nosy = `/v1/access-requests?member=${encodeURIComponent(RTA)}`
    assert.equal((await registry.sealed(dha, 'GET', nosy)).body.code, 'forbidden')
    assert.equal((await registry.get('/v1/access-requests')).body.code, 'unauthorized')
    const unknown = await close(network, dha, `${'A'.repeat(43)}/withdrawal`)
    for (const stranger of [
      await close(network, dha, `${id}/withdrawal`),
      await close(network, dha, `${id}/refusal`, { reason: 'x' }),
    ]) {
      assert.deepEqual([stranger.status, stranger.text], [404, unknown.text], 'not even that it exists')
    }
    const parties = [
      { member: DHA, role: 'provider' as const },
      { member: RTA, role: 'consumer' as const },
    ]
    const grant = { service: `${DHA}/CLINIC/visits` }
    const other = await network.draft(dha, { parties, grant })
    const content = (await network.read(dha, `/${other}`)).body as unknown as { content: object }
    const answer = { content: { ...content.content, nonce: 'AAAAAAAAAAAAAAAAAAAAAQ' }, request: id }
    assert.equal((await network.call(dha, '', answer)).body.code, 'not_found')
    assert.equal((await network.call(rta, '', answer)).body.code, 'forbidden', 'the provider answers')
    const all = await registry.get('/v1/access-requests', `Bearer ${registry.tokens.auditor}`)
    assert.equal(all.body.requests.length, 1)
  })

  test('that is none is refused with every problem', async () => {
    await using network = await SigningNetwork.start()
    const { rta, dewa } = network
    const bills = { service: `${DEWA}/BILLING/bills`, operations: [{ method: 'GET', path: '/' }] }
    const attempts: readonly (readonly [string, TestGateway, object, string])[] = [
      ['for another member', dewa, wish(), 'forbidden'],
      [
        'to nobody',
        rta,
        wish({
          provider: `${NETWORK}/GOV/NONE`,
          services: [{ ...bills, service: `${NETWORK}/GOV/NONE/A/b` }],
        }),
        'unknown_member',
      ],
      [
        'of a third member’s service',
        rta,
        wish({ services: [{ ...bills, service: `${DHA}/A/b` }] }),
        'invalid_request',
      ],
      ['of one service twice', rta, wish({ services: [bills, bills] }), 'invalid_request'],
      ['of itself', rta, wish({ provider: RTA }), 'invalid_request'],
      ['of another network', rta, wish({ network: 'AE-AZ' }), 'invalid_request'],
      ['with a client of another', rta, wish({ clients: [`${DHA}/CLINIC`] }), 'invalid_request'],
      ['for ever', rta, wish({ days: 36_501 }), 'invalid_request'],
      ['with an unknown member', rta, wish({ urgent: true }), 'invalid_request'],
      ['without purpose', rta, wish({ purpose: undefined }), 'invalid_request'],
      ['with more than a request holds', rta, wish({ services: long(bills) }), 'invalid_request'],
    ]
    for (const [what, by, request, code] of attempts) {
      assert.equal((await ask(network, by, request)).body.code, code, what)
    }
    assert.deepEqual(await listed(network, rta), [])
  })
})

/** Services whose canonical text is longer than 65,536 bytes. */
function long(bills: object): object[] {
  const operations = Array.from({ length: 80 }, (_, i) => ({
    method: 'GET',
    path: `/${i}/${'x'.repeat(900)}`,
  }))
  return [{ ...bills, operations }]
}
