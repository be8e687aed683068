import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { makeAcceptance } from '../agreements/acceptance.ts'
import { type Agreement, agreementHash, decodeAgreement } from '../agreements/agreement.ts'
import { draftHosting, draftMembership } from '../agreements/testing/draft-agreement.ts'
import { type Answer, DEWA, NETWORK, RTA, type TestGateway, TestRegistry } from './testing/test-registry.ts'

const DHA = `${NETWORK}/GOV/DHA`

function draft(more: Partial<Agreement> = {}): Agreement {
  return decodeAgreement({
    type: 'wusla/agreement/v1',
    network: NETWORK,
    title: { ar: 'الاطلاع على الفواتير', en: 'Reading bills' },
    parties: [
      { member: DEWA, role: 'provider' },
      { member: RTA, role: 'consumer' },
    ],
    grants: [
      {
        service: `${DEWA}/BILLING/bills`,
        operations: [{ method: 'GET', path: '/bills/*' }],
        kinds: ['api'],
        dataClass: 'confidential',
      },
    ],
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: '2029-01-01T00:00:00.000Z',
    nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
    ...more,
  })
}

async function accepted(content: Agreement, { member, seal }: TestGateway): Promise<string> {
  return await makeAcceptance({ agreement: agreementHash(content), member, nowMs: Date.now(), key: seal })
}

async function propose(registry: TestRegistry, by: TestGateway, content: Agreement): Promise<Answer> {
  return await registry.sealed(by, 'POST', '/v1/agreements', {
    content,
    acceptance: await accepted(content, by),
  })
}

async function accept(registry: TestRegistry, by: TestGateway, content: Agreement): Promise<Answer> {
  const path = `/v1/agreements/${agreementHash(content)}/acceptances`
  return await registry.sealed(by, 'POST', path, { acceptance: await accepted(content, by) })
}

async function threeMembers() {
  const registry = await TestRegistry.start()
  const dewa = await registry.join(`${DEWA}/gw-1`)
  const rta = await registry.join(`${RTA}/gw-1`)
  const dha = await registry.join(`${DHA}/gw-1`)
  return { registry, dewa, rta, dha, [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose]() }
}

const sizeOf = async (registry: TestRegistry): Promise<number> => (await registry.get('/healthz')).body.size

suite('agreements at the registry', () => {
  test('come into force with the second acceptance, whoever gives it first, and once', async () => {
    await using parts = await threeMembers()
    const { registry, dewa, rta } = parts
    const content = draft()
    const hash = agreementHash(content)
    const before = await sizeOf(registry)
    assert.deepEqual((await propose(registry, rta, content)).body.agreement, hash)
    assert.equal(await sizeOf(registry), before)
    for (let i = 0; i < 3; i += 1) assert.equal((await accept(registry, dewa, content)).status, 200)
    assert.equal(await sizeOf(registry), before + 1)
    const [newest] = (await registry.get('/v1/changes?limit=1')).body.changes
    assert.equal(newest?.kind, 'agreement_effective')
  })

  test('about hosting and membership come into force like those about services', async () => {
    await using parts = await threeMembers()
    const { registry, dewa, rta } = parts
    const hosting = draftHosting({
      network: NETWORK,
      parties: [
        { member: RTA, role: 'operator' },
        { member: DEWA, role: 'host' },
      ],
    })
    const membership = draftMembership({
      network: NETWORK,
      parties: [
        { member: DEWA, role: 'operator' },
        { member: RTA, role: 'member' },
      ],
    })
    for (const content of [hosting, membership]) {
      const before = await sizeOf(registry)
      assert.equal((await propose(registry, rta, content)).status, 200)
      assert.equal((await accept(registry, dewa, content)).status, 200)
      assert.equal(await sizeOf(registry), before + 1)
      const [newest] = (await registry.get('/v1/changes?limit=1')).body.changes
      assert.equal(newest?.kind, 'agreement_effective')
    }
  })

  test('are shown to their parties, the operator and auditors, and to nobody else', async () => {
    await using parts = await threeMembers()
    const { registry, dewa, rta, dha } = parts
    const content = draft()
    const hash = agreementHash(content)
    await registry.must(await propose(registry, dewa, content))
    const path = `/v1/agreements/${hash}`
    for (const party of [dewa, rta]) {
      assert.equal((await registry.sealed(party, 'GET', path)).body.hash, hash)
      assert.equal((await registry.sealed(party, 'GET', '/v1/agreements')).body.agreements.length, 1)
    }
    assert.equal((await registry.get(path, `Bearer ${registry.tokens.auditor}`)).body.hash, hash)
    const stranger = await registry.sealed(dha, 'GET', path)
    const unknown = await registry.sealed(dha, 'GET', path.replace(hash, `${hash.slice(0, -1)}A`))
    assert.deepEqual([stranger.status, stranger.text], [404, unknown.text], 'not even that it exists')
    assert.deepEqual((await registry.sealed(dha, 'GET', '/v1/agreements')).body.agreements, [])
    const nosy = await registry.sealed(dha, 'GET', `/v1/agreements?member=${encodeURIComponent(DEWA)}`)
    assert.equal(nosy.body.code, 'forbidden')
    assert.equal((await registry.get(path)).body.code, 'unauthorized')
    assert.equal((await accept(registry, dha, content)).body.code, 'agreement_not_found')
    const proposed = await propose(registry, dha, content)
    assert.equal(proposed.body.code, 'forbidden')
  })

  test('a sealed request works once, for what it says, and tells nobody why it failed', async () => {
    await using parts = await threeMembers()
    const { registry, dewa, rta } = parts
    const path = '/v1/agreements'
    const seal = await registry.seal(dewa, 'GET', path, '')
    assert.equal((await registry.get(path, seal)).status, 200)
    const faces = new Set<string>()
    const attempts = [
      await registry.get(path, seal),
      await registry.get(`${path}?member=x`, await registry.seal(dewa, 'GET', path, '')),
      await registry.get(path, await registry.seal(dewa, 'POST', path, '')),
      await registry.get(path, await registry.seal({ ...dewa, seal: rta.seal }, 'GET', path, '')),
      await registry.get(path, await registry.seal({ ...dewa, seal: dewa.tls }, 'GET', path, '')),
      await registry.get(path, 'Wusla-Seal x.y.z'),
      await registry.post(
        path,
        '{"content":{},"acceptance":"x"}',
        await registry.seal(dewa, 'POST', path, '{}'),
      ),
    ]
    for (const { status, text } of attempts) {
      assert.equal(status, 401)
      faces.add(text)
    }
    assert.equal(faces.size, 1)
  })

  test('what nobody could keep is refused before it is filed', async () => {
    await using parts = await threeMembers()
    const { registry, dewa, rta } = parts
    const foreign = { ...draft(), network: 'AE-AZ' }
    const absent = draft({
      parties: [
        { member: DEWA, role: 'provider' },
        { member: `${NETWORK}/GOV/ABSENT`, role: 'consumer' },
      ],
    })
    for (const content of [foreign, absent]) {
      assert.equal((await propose(registry, dewa, content)).body.code, 'invalid_agreement')
    }
    const content = draft()
    const body = { content, acceptance: await accepted(content, rta) }
    assert.equal((await registry.sealed(dewa, 'POST', '/v1/agreements', body)).body.code, 'invalid_signature')
    const twice = '{"content":{},"acceptance":"x","acceptance":"y"}'
    const seal = await registry.seal(dewa, 'POST', '/v1/agreements', twice)
    assert.equal((await registry.post('/v1/agreements', twice, seal)).body.code, 'invalid_json')
    const path = '/v1/agreements'
    assert.deepEqual((await registry.sealed(dewa, 'GET', path)).body.agreements, [])
  })

  test('one that was complete when the registry died is published at its next start', async () => {
    await using parts = await threeMembers()
    const { registry, dewa, rta } = parts
    const content = draft()
    const hash = agreementHash(content)
    const before = await sizeOf(registry)
    await registry.stop()
    const acceptances = { [DEWA]: await accepted(content, dewa), [RTA]: await accepted(content, rta) }
    const file = join(registry.folder, 'agreements', `${hash}.json`)
    await writeFile(file, JSON.stringify({ hash, content, acceptances }))
    await registry.start()
    assert.equal(await sizeOf(registry), before + 1)
    await registry.stop()
    await registry.start()
    assert.equal(await sizeOf(registry), before + 1)
    await registry.stop()
    const forged = draft({ nonce: 'AAAAAAAAAAAAAAAAAAAAAQ' })
    const bad = { ...acceptances, [RTA]: await accepted(forged, dewa) }
    const other = join(registry.folder, 'agreements', `${agreementHash(forged)}.json`)
    await writeFile(other, JSON.stringify({ hash: agreementHash(forged), content: forged, acceptances: bad }))
    await registry.start()
    assert.equal(await sizeOf(registry), before + 1, 'what followers would refuse is not published')
    await rm(other)
  })
})
