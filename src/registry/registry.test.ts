import assert from 'node:assert/strict'
import { copyFile, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { signChange } from '../trust/signed-change.ts'
import { createRegistry } from './create-registry.ts'
import { startRegistry } from './start-registry.ts'
import { DEWA, NAME, NETWORK, RTA, TestRegistry } from './testing/test-registry.ts'

suite('a registry', () => {
  test('is founded by an explicit act, once', async () => {
    await using registry = await TestRegistry.found()
    const config = { network: NETWORK, listen: '127.0.0.1:0', publicUrl: 'http://127.0.0.1:1' }
    const clock = { nowMs: () => Date.now() }
    await assert.rejects(
      createRegistry({ directory: registry.folder, config, name: NAME, clock }),
      (error) => isWuslaError(error) && error.code === 'file_exists',
    )
    const deps = { clock, fetch: globalThis.fetch, onEvent: () => undefined }
    await rm(join(registry.folder, 'registry.json'))
    await assert.rejects(
      startRegistry(registry.folder, deps),
      (error) => isWuslaError(error) && error.code === 'config_invalid',
    )
  })

  test('stores no API token and no token secret', async () => {
    await using registry = await TestRegistry.start()
    await registry.as('operator', '/v1/members', { member: DEWA, name: NAME })
    const { secret } = await registry.token(`${DEWA}/gw-1`)
    await registry.stop()
    const files = await readdir(registry.folder, { recursive: true, withFileTypes: true })
    let looked = 0
    for (const file of files) {
      if (!file.isFile()) continue
      const bytes = await readFile(join(file.parentPath, file.name))
      for (const word of [secret, ...Object.values(registry.tokens)]) {
        assert.ok(!bytes.includes(word), `${file.name} holds a secret`)
        assert.ok(!bytes.includes(Buffer.from(word, 'base64url')), `${file.name} holds the bytes of a secret`)
      }
      looked += 1
    }
    assert.ok(looked > 8)
  })

  test('lets each role do its own and no more', async () => {
    await using registry = await TestRegistry.start()
    const admit = { member: DEWA, name: NAME }
    assert.equal((await registry.post('/v1/members', admit)).status, 401)
    assert.equal((await registry.post('/v1/members', admit, 'Bearer nobody')).status, 401)
    const refused = await registry.as('auditor', '/v1/members', admit)
    assert.deepEqual([refused.status, refused.body.code], [403, 'forbidden'])
    assert.equal((await registry.as('operator', '/v1/members', admit)).body.index, 1)
    assert.equal((await registry.as('admin', '/v1/members', { member: RTA, name: NAME })).body.index, 2)
    assert.deepEqual(
      (await registry.get('/v1/members')).body.members.map(({ member }) => member),
      [DEWA, RTA],
    )
    const agreements = `Bearer ${registry.tokens.auditor}`
    assert.deepEqual((await registry.get('/v1/agreements', agreements)).body.agreements, [])
  })

  test('refuses what every follower would refuse, says why, and appends nothing', async () => {
    await using registry = await TestRegistry.start()
    const dewa = await registry.join(`${DEWA}/gw-1`)
    const rta = await registry.join(`${RTA}/gw-1`)
    const before = (await registry.get('/healthz')).body.size
    const service = { service: `${DEWA}/BILLING/bills`, serviceKind: 'api', xroadType: 'REST', name: NAME }
    const forged = await registry.signed({ ...rta, member: DEWA }, 'system_registered', {
      system: `${DEWA}/B`,
      name: NAME,
    })
    const cases = [
      [await registry.submit(dewa, 'service_published', service), 'unknown_subject'],
      [await registry.post('/v1/changes', forged), 'wrong_signer'],
      [
        await registry.submit(dewa, 'system_registered', { system: `${RTA}/B`, name: NAME }),
        'missing_signature',
      ],
      [await registry.submit(dewa, 'system_registered', { system: `${DEWA}/B` }), 'malformed'],
      [await registry.as('operator', '/v1/members', { member: DEWA, name: NAME }), 'already_exists'],
      [await registry.as('operator', '/v1/members/resume', { member: DEWA, reason: 'r' }), 'wrong_state'],
    ] as const
    for (const [{ status, body }, reason] of cases) {
      assert.equal(status, 422, JSON.stringify(body))
      assert.equal(body.code, 'change_refused')
      assert.equal(body.details['reason'], reason)
      assert.ok(body.message.length > 0 && body.remedy.length > 0)
    }
    assert.equal((await registry.get('/healthz')).body.size, before)
  })

  test('gives the same index for the same change, also signed anew and after a restart', async () => {
    await using registry = await TestRegistry.start()
    const dewa = await registry.join(`${DEWA}/gw-1`)
    const first = await registry.signed(dewa, 'system_registered', { system: `${DEWA}/B`, name: NAME })
    const index = (await registry.post('/v1/changes', first)).body.index
    assert.equal((await registry.post('/v1/changes', first)).body.index, index)
    const seal = dewa.seal.sign(Buffer.from('not this change'))
    const resigned = { ...first, signatures: [{ ...seal, by: DEWA }] }
    assert.equal((await registry.post('/v1/changes', resigned)).body.index, index)
    await registry.stop()
    await registry.start()
    assert.equal((await registry.post('/v1/changes', first)).body.index, index)
    assert.equal((await registry.get('/healthz')).body.size, index + 1)
  })

  test('takes no change from far ahead', async () => {
    await using registry = await TestRegistry.start()
    const dewa = await registry.join(`${DEWA}/gw-1`)
    const { change } = await registry.signed(dewa, 'system_registered', { system: `${DEWA}/B`, name: NAME })
    const ahead = { ...change, time: new Date(Date.now() + 600_000).toISOString() }
    const answer = await registry.submit(dewa, 'system_registered', ahead)
    assert.ok(answer.status === 200, 'the helper sets its own time')
    const future = { change: ahead, signatures: [await signChange(ahead, DEWA, dewa.seal)] }
    const refused = await registry.post('/v1/changes', future)
    assert.deepEqual([refused.body.code, refused.body.details['reason']], ['change_refused', 'bad_time'])
  })

  test('answers one address no more often than it may ask, but always about the log', async () => {
    const startedMs = Date.now()
    let nowMs = startedMs
    await using registry = await TestRegistry.found({ nowMs: () => nowMs }, { requestsPerSecond: 4 })
    await registry.start()
    const ask = async (times: number): Promise<number> => {
      const answers = await Promise.all(Array.from({ length: times }, () => registry.get('/healthz')))
      assert.ok(answers.every(({ status, body }) => status === 200 || body.code === 'too_many_requests'))
      return answers.filter(({ status }) => status === 200).length
    }
    assert.equal(await ask(30), 20, 'five seconds at once')
    assert.equal(await ask(5), 0)
    nowMs = startedMs + 1000
    assert.equal(await ask(5), 4)
    assert.equal((await registry.get('/log/checkpoint')).status, 200)
  })

  test('rebuilds its index when it is missing, and when it belongs to another log', async () => {
    await using registry = await TestRegistry.start()
    await using other = await TestRegistry.start()
    for (const member of [DEWA, RTA]) await registry.as('operator', '/v1/members', { member, name: NAME })
    for (let i = 0; i < 5; i += 1)
      await other.as('operator', '/v1/members', { member: `${NETWORK}/COM/C${i}`, name: NAME })
    const before = (await registry.get('/v1/changes')).body
    assert.equal(before.changes.length, 3)
    await registry.stop()
    for (const suffix of ['', '-wal', '-shm'])
      await rm(join(registry.folder, `index.sqlite${suffix}`), { force: true })
    await registry.start()
    assert.deepEqual((await registry.get('/v1/changes')).body, before)
    await registry.stop()
    await other.stop()
    await copyFile(join(other.folder, 'index.sqlite'), join(registry.folder, 'index.sqlite'))
    await registry.start()
    assert.deepEqual((await registry.get('/v1/changes')).body, before)
    const page = (await registry.get(`/v1/changes?subject=${encodeURIComponent(RTA)}&limit=1`)).body
    assert.deepEqual(
      page.changes.map(({ kind }) => kind),
      ['member_admitted'],
    )
  })

  test('closes at once, though somebody waits for news', async () => {
    await using registry = await TestRegistry.start()
    const waiting = registry.get('/log/checkpoint?beyond=1')
    await registry.get('/healthz')
    const beganMs = performance.now()
    await registry.stop()
    assert.ok(performance.now() - beganMs < 5000)
    await waiting.catch(() => undefined)
  })

  test('describes itself in OpenAPI 3.1', async () => {
    await using registry = await TestRegistry.start()
    const { body } = await registry.get('/v1/openapi.json')
    assert.match(body.openapi, /^3\.1/)
    const paths = Object.keys(body.paths)
    for (const path of [
      '/v1/members',
      '/v1/tokens',
      '/v1/enrol',
      '/v1/certificates',
      '/v1/changes',
      '/v1/agreements',
      '/v1/lines',
    ]) {
      assert.ok(paths.includes(path), path)
    }
    assert.deepEqual(body.paths['/v1/tokens']?.post.security, [{ bearer: [] }])
    const unknown = await registry.get('/v1/nothing')
    assert.deepEqual([unknown.status, unknown.body.code], [404, 'not_found'])
  })
})
