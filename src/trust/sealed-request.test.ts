import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createNonceMemory } from './nonce-memory.ts'
import { createSealVerifier, generateSealKey } from './seal-key.ts'
import { checkSealedHead, checkSealedRequest, sealRequest } from './sealed-request.ts'
import { code } from './testing/fixtures.ts'

const NOW_MS = Date.parse('2026-11-23T07:36:33.123Z')
const ACTOR = 'AE-DU/SEMI/DEWA/gw-1'

describe('a sealed request', () => {
  const key = generateSealKey()
  const owner = { actor: ACTOR, verifier: createSealVerifier(key.publicKeyDer) }
  const parts = { method: 'POST', path: '/v1/changes?dry=1', body: '{"a":1}' }
  type Parts = Parameters<typeof sealRequest>[0]
  type Check = Parameters<typeof checkSealedRequest>[0]

  const seal = (change: Partial<Parts> = {}) =>
    sealRequest({ ...parts, actor: ACTOR, network: 'AE-DU', key, nowMs: NOW_MS, ...change })
  const check = (authorization: string | undefined, change: Partial<Check> = {}) =>
    checkSealedRequest({
      ...parts,
      authorization,
      network: 'AE-DU',
      nowMs: NOW_MS,
      resolveKey: (kid) => (kid === key.keyId ? owner : undefined),
      nonces: createNonceMemory(),
      ...change,
    })

  it('says who sent it', async () => {
    assert.deepEqual(check(await seal()), { actor: ACTOR, kid: key.keyId })
    assert.ok(check(await seal({ body: '' }), { body: new Uint8Array() }))
  })

  it('holds for its method, target, body and network only', async () => {
    const authorization = await seal()
    assert.throws(() => check(authorization, { method: 'PUT' }), code('unauthorized', 'target'))
    assert.throws(() => check(authorization, { path: '/v1/changes' }), code('unauthorized', 'target'))
    assert.throws(() => check(authorization, { body: '{"a":2}' }), code('unauthorized', 'body'))
    assert.throws(() => check(authorization, { network: 'XX' }), code('unauthorized', 'network'))
  })

  it('is known by its head before the body is read, and checked again with it', async () => {
    const authorization = await seal()
    const head = {
      method: parts.method,
      path: parts.path,
      authorization,
      network: 'AE-DU',
      nowMs: NOW_MS,
      resolveKey: (kid: string) => (kid === key.keyId ? owner : undefined),
    }
    assert.deepEqual(checkSealedHead(head), { actor: ACTOR, kid: key.keyId })
    for (const [change, step] of [
      [{ method: 'PUT' }, 'target'],
      [{ path: '/v1/changes' }, 'target'],
      [{ network: 'XX' }, 'network'],
      [{ nowMs: NOW_MS + 60_001 }, 'time'],
      [{ authorization: undefined }, 'scheme'],
    ] as const) {
      assert.throws(() => checkSealedHead({ ...head, ...change }), code('unauthorized', step), step)
    }
    assert.ok(check(authorization), 'a head that was looked at has not been used up')
  })

  it('holds for a minute before and after its time', async () => {
    const authorization = await seal()
    assert.ok(check(authorization, { nowMs: NOW_MS + 60_000 }))
    assert.ok(check(authorization, { nowMs: NOW_MS - 60_000 }))
    assert.throws(() => check(authorization, { nowMs: NOW_MS + 60_001 }), code('unauthorized', 'time'))
    assert.throws(() => check(authorization, { nowMs: NOW_MS - 60_001 }), code('unauthorized', 'time'))
  })

  it('works once within the whole time it holds', async () => {
    const authorization = await seal()
    const nonces = createNonceMemory()
    assert.ok(check(authorization, { nonces, nowMs: NOW_MS - 60_000 }))
    assert.throws(
      () => check(authorization, { nonces, nowMs: NOW_MS - 60_000 }),
      code('unauthorized', 'replay'),
    )
    assert.throws(
      () => check(authorization, { nonces, nowMs: NOW_MS + 60_000 }),
      code('unauthorized', 'replay'),
    )
    assert.ok(check(await seal(), { nonces }))
  })

  it('speaks only for the owner of its key', async () => {
    const inAnothersName = await seal({ actor: 'AE-DU/GOV/RTA/gw-1' })
    assert.throws(() => check(inAnothersName), code('unauthorized', 'actor'))
    const byAnother = await seal({ key: generateSealKey() })
    assert.throws(() => check(byAnother), code('unauthorized', 'unknown_key'))
  })

  it('is the only thing accepted in its place', async () => {
    const authorization = await seal()
    assert.throws(() => check(undefined), code('unauthorized', 'scheme'))
    assert.throws(() => check('Bearer x'), code('unauthorized', 'scheme'))
    assert.throws(() => check('Wusla-Seal '), code('unauthorized'))
    assert.throws(() => check(`${authorization}x`), code('unauthorized'))
    assert.throws(() => check(authorization.toLowerCase()), code('unauthorized', 'scheme'))
  })

  it('takes no memory before it is good', async () => {
    const nonces = { use: () => assert.fail('a bad request reached the memory') }
    const authorization = await seal()
    assert.throws(() => check(authorization, { nonces, body: 'x' }), code('unauthorized', 'body'))
    assert.throws(() => check(authorization, { nonces, nowMs: 0 }), code('unauthorized', 'time'))
  })

  it('is turned away, and not forgotten, when its key has used up its share', async () => {
    const nonces = createNonceMemory({ maxPerKey: 2 })
    for (let i = 0; i < 2; i += 1) assert.ok(check(await seal(), { nonces }))
    const third = await seal()
    assert.throws(() => check(third, { nonces }), code('too_many_requests'))
  })
})

describe('the memory for nonces', () => {
  it('forgets what is too old to be accepted, key by key', () => {
    const nonces = createNonceMemory({ lifeMs: 100, maxPerKey: 2 })
    assert.equal(nonces.use('a', '1', 0), 'fresh')
    assert.equal(nonces.use('a', '1', 100), 'used')
    assert.equal(nonces.use('a', '2', 100), 'fresh')
    assert.equal(nonces.use('a', '3', 100), 'full')
    assert.equal(nonces.use('b', '1', 100), 'fresh')
    assert.equal(nonces.use('a', '3', 101), 'fresh')
    assert.equal(nonces.use('a', '1', 201), 'fresh')
  })
})
