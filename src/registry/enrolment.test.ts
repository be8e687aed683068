import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { suite, test } from 'node:test'
import { enrolmentKey } from '../directory/enrolment-key.ts'
import { DirectoryFollower } from '../directory/directory-follower.ts'
import { systemClock } from '../protocol/clock.ts'
import { rootCertificatePem } from '../trust/anchor.ts'
import { createCertificateRequest } from '../trust/certificate-request.ts'
import { type EnrolmentToken, newSecret } from '../trust/enrolment-token.ts'
import { generateNoteKey } from '../trust/note-key.ts'
import { generateSealKey } from '../trust/seal-key.ts'
import { signChange } from '../trust/signed-change.ts'
import { readPeerIdentity } from '../trust/tls-identity.ts'
import { signVoucher } from '../trust/voucher.ts'
import { join } from 'node:path'
import { DEWA, NAME, NETWORK, newGateway, TestRegistry, textOf } from './testing/test-registry.ts'

suite('enrolment', () => {
  test('a token enrols one gateway, once, and gives it a certificate under the root', async () => {
    await using registry = await TestRegistry.start()
    const gateway = newGateway(`${DEWA}/gw-1`)
    await registry.as('operator', '/v1/members', { member: DEWA, name: NAME })
    const token = await registry.token(gateway.gateway)
    const enrolment = await registry.enrolmentOf(token, gateway)
    const answer = await registry.post('/v1/enrol', enrolment)
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.body.index, 2)
    const [leafPem = '', caPem = ''] = answer.body.certificateChain.split(/(?<=-----END CERTIFICATE-----\n)/)
    const [leaf, ca, root] = [leafPem, caPem, rootCertificatePem(registry.anchor)].map(
      (pem) => new X509Certificate(pem),
    )
    assert.ok(leaf !== undefined && ca !== undefined && root !== undefined)
    assert.ok(leaf.verify(ca.publicKey) && ca.verify(root.publicKey))
    const identity = readPeerIdentity(leaf, NETWORK)
    assert.deepEqual([identity.id, identity.tlsKeyId], [gateway.gateway, gateway.tls.keyId])

    const again = await registry.post('/v1/enrol', enrolment)
    assert.deepEqual([again.status, again.body.index], [200, 2], 'a lost answer is given again')
    const second = newGateway(`${DEWA}/gw-1`)
    const stolen = await registry.post('/v1/enrol', await registry.enrolmentOf(token, second))
    assert.deepEqual([stolen.status, stolen.body.code], [409, 'token_used'])
  })

  test('of many who use one token at the same time, one gets in', async () => {
    await using registry = await TestRegistry.start()
    await registry.as('operator', '/v1/members', { member: DEWA, name: NAME })
    const token = await registry.token(`${DEWA}/gw-1`)
    const enrolments = await Promise.all(
      Array.from({ length: 12 }, () => registry.enrolmentOf(token, newGateway(`${DEWA}/gw-1`))),
    )
    const answers = await Promise.all(enrolments.map((enrolment) => registry.post('/v1/enrol', enrolment)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(answers.filter(({ body }) => body.code === 'token_used').length, 11)
    assert.equal((await registry.get('/healthz')).body.size, 3)
  })

  test('a used token stays used over a restart, also for a gateway that was retired since', async () => {
    await using registry = await TestRegistry.start()
    await registry.as('operator', '/v1/members', { member: DEWA, name: NAME })
    const token = await registry.token(`${DEWA}/gw-1`)
    await registry.must(
      await registry.post('/v1/enrol', await registry.enrolmentOf(token, newGateway(`${DEWA}/gw-1`))),
    )
    await registry.must(await registry.as('operator', '/v1/gateways/retire', { gateway: `${DEWA}/gw-1` }))
    await registry.must(await registry.as('operator', '/v1/members/readmit', { member: DEWA, reason: 'r' }))
    await registry.stop()
    await registry.start()
    const again = await registry.post(
      '/v1/enrol',
      await registry.enrolmentOf(token, newGateway(`${DEWA}/gw-1`)),
    )
    assert.equal(again.body.code, 'token_used')
    const fresh = await registry.token(`${DEWA}/gw-1`)
    const enrolment = await registry.enrolmentOf(fresh, newGateway(`${DEWA}/gw-1`))
    assert.equal((await registry.post('/v1/enrol', enrolment)).status, 200)
  })

  test('a token is for its holder, its gateway, its branches and its time', async () => {
    let nowMs = Date.now()
    await using registry = await TestRegistry.start({ nowMs: () => nowMs })
    await registry.as('operator', '/v1/members', { member: DEWA, name: NAME })
    const token = await registry.token(`${DEWA}/gw-1`)
    const gateway = newGateway(`${DEWA}/gw-1`)
    const other = newGateway(`${DEWA}/gw-2`)
    const good = await registry.enrolmentOf(token, gateway)
    const attempts = [
      await registry.enrolmentOf({ ...token, secret: newSecret() }, gateway),
      await registry.enrolmentOf(token, other),
      await registry.enrolmentOf({ ...token, branches: [`${NETWORK}/branch/X`] }, gateway),
      { ...good, signatures: good.signatures.slice(0, 1) },
      {
        ...good,
        signatures: [good.signatures[0], enrolmentKey(token.secret).sign(registry.change('x', {}))],
      },
    ]
    for (const attempt of attempts) {
      const { status, body } = await registry.post('/v1/enrol', attempt)
      assert.deepEqual([status, body.code], [400, 'token_invalid'])
    }
    const otherKey = { ...good, csr: await createCertificateRequest(generateSealKey()) }
    assert.equal((await registry.post('/v1/enrol', otherKey)).body.code, 'invalid_request')
    nowMs += 25 * 3_600_000
    const late = await registry.post('/v1/enrol', await registry.enrolmentOf(token, gateway))
    assert.deepEqual([late.status, late.body.code], [403, 'token_expired'])
    assert.equal((await registry.get('/healthz')).body.size, 2)
  })

  test('a further gateway joins by the voucher of its member, and the registry never sees the secret', async () => {
    await using registry = await TestRegistry.start()
    const first = await registry.join(`${DEWA}/gw-1`)
    const refused = await registry.as('operator', '/v1/tokens', { kind: 'gateway', subject: `${DEWA}/gw-2` })
    assert.deepEqual([refused.status, refused.body.code], [409, 'conflict'])
    const secret = newSecret()
    const gateway = `${DEWA}/gw-2`
    const expires = new Date(Date.now() + 3_600_000).toISOString()
    const words = { gateway, member: DEWA, secretHash: enrolmentKey(secret).publicKey, expires }
    const voucher = await signVoucher(words, first.seal)
    const { anchor } = registry
    const facts = { subject: gateway, member: DEWA, branches: [], registryUrl: registry.url, anchor }
    const token = { type: 'wusla/token/v1', kind: 'gateway', ...facts, secret, expires, voucher } as const
    const second = newGateway(gateway)
    const enrolment = await registry.enrolmentOf(token, second)
    assert.ok(!JSON.stringify(enrolment).includes(secret))
    assert.equal((await registry.post('/v1/enrol', enrolment)).status, 200)
    const again = await registry.post('/v1/enrol', await registry.enrolmentOf(token, newGateway(gateway)))
    assert.equal(again.body.code, 'token_used')
    const byOther = await signVoucher({ ...words, gateway: `${DEWA}/gw-3` }, generateSealKey())
    const forged = { ...token, subject: `${DEWA}/gw-3`, voucher: byOther, secret: newSecret() }
    const answer = await registry.post(
      '/v1/enrol',
      await registry.enrolmentOf(forged, newGateway(`${DEWA}/gw-3`)),
    )
    assert.deepEqual([answer.status, answer.body.details['reason']], [422, 'bad_voucher'])
  })

  test('certificates are renewed over a bound key, and over no other', async () => {
    await using registry = await TestRegistry.start()
    const gateway = await registry.join(`${DEWA}/gw-1`)
    const csr = await createCertificateRequest(gateway.tls)
    assert.equal((await registry.post('/v1/certificates', { csr })).status, 200)
    const stranger = await createCertificateRequest(generateSealKey())
    assert.equal((await registry.post('/v1/certificates', { csr: stranger })).body.code, 'unknown_key')
    const garbage = await registry.post('/v1/certificates', { csr: 'no request' })
    assert.equal(garbage.body.code, 'invalid_certificate_request')
    const revocation = { member: DEWA, key: gateway.tls.keyId, reason: 'lost' }
    await registry.must(await registry.as('operator', '/v1/keys/revoke', revocation))
    assert.equal((await registry.post('/v1/certificates', { csr })).body.code, 'unknown_key')
  })

  test('the class of a branch is what the operator says, at the commission and after it', async () => {
    await using registry = await TestRegistry.start()
    await registry.join(`${DEWA}/gw-1`)
    const branch = `${NETWORK}/branch/CORE`
    const wanted = { kind: 'branch', member: DEWA }
    const join = async (token: EnrolmentToken, as: string | undefined): Promise<string> => {
      const tls = generateSealKey()
      const change = registry.change('branch_commissioned', {
        branch,
        host: DEWA,
        controlAddress: '127.0.0.1:1',
        tunnelAddress: '127.0.0.1:2',
        mirrorUrl: 'http://127.0.0.1:3',
        tlsKey: textOf(tls),
        witnessKey: generateNoteKey(`wusla/${branch}`, 'cosignature').vkey,
        ...(as === undefined ? {} : { class: as }),
      })
      const signatures = [await signChange(change, branch, tls), enrolmentKey(token.secret).sign(change)]
      const csr = await createCertificateRequest(tls)
      const answer = await registry.post('/v1/enrol', { change, signatures, csr })
      return answer.status === 200 ? 'joined' : answer.body.code
    }
    assert.equal(await join(await registry.token(branch, wanted), 'sovereign'), 'token_invalid')
    const token = await registry.token(branch, { ...wanted, class: 'sovereign' })
    assert.equal(token.class, 'sovereign')
    assert.equal(await join(token, undefined), 'token_invalid')
    assert.equal(await join(token, 'public'), 'token_invalid')
    assert.equal(await join(token, 'sovereign'), 'joined')
    const classNow = async (): Promise<unknown> => {
      const { branches } = JSON.parse((await registry.get('/v1/branches')).text) as {
        branches: { class?: string }[]
      }
      return branches[0]?.class
    }
    assert.equal(await classNow(), 'sovereign')
    const again = await registry.as('operator', '/v1/tokens', { ...wanted, subject: branch, class: 'x' })
    assert.equal(again.body.code, 'conflict')
    const set = async (body: object): Promise<number> =>
      (await registry.as('operator', '/v1/branches/class', body)).status
    assert.equal(await set({ branch, class: 'public' }), 200)
    assert.equal(await classNow(), 'public')
    assert.equal(await set({ branch }), 200)
    assert.equal(await classNow(), undefined)
    assert.equal(await set({ branch, class: 'two words' }), 400)
    assert.equal((await registry.post('/v1/branches/class', { branch, class: 'x' })).status, 401)
  })

  test('a branch is commissioned with a token, and by nobody without', async () => {
    await using registry = await TestRegistry.start()
    await registry.join(`${DEWA}/gw-1`)
    const branch = `${NETWORK}/branch/CORE`
    const token = await registry.token(branch, { kind: 'branch', member: DEWA })
    const tls = generateSealKey()
    const change = registry.change('branch_commissioned', {
      branch,
      host: DEWA,
      controlAddress: '127.0.0.1:1',
      tunnelAddress: '127.0.0.1:2',
      mirrorUrl: 'http://127.0.0.1:3',
      tlsKey: textOf(tls),
      witnessKey: generateNoteKey(`wusla/${branch}`, 'cosignature').vkey,
    })
    const own = await signChange(change, branch, tls)
    const csr = await createCertificateRequest(tls)
    const without = await registry.post('/v1/enrol', { change, signatures: [own], csr })
    assert.equal(without.body.code, 'token_invalid')
    const change2 = { change, signatures: [own] }
    assert.equal((await registry.post('/v1/changes', change2)).body.details['reason'], 'missing_signature')
    const holder = enrolmentKey(token.secret).sign(change)
    const answer = await registry.post('/v1/enrol', { change, signatures: [own, holder], csr })
    assert.equal(answer.status, 200, answer.text)
  })
})

suite('a follower of a running registry', () => {
  test('enforces a revocation within two seconds of the call that made it', async () => {
    await using registry = await TestRegistry.start()
    const gateway = await registry.join(`${DEWA}/gw-1`)
    await using follower = await DirectoryFollower.open({
      anchor: registry.anchor,
      storeDirectory: join(registry.folder, 'follower'),
      sources: () => [registry.url],
      clock: systemClock,
      onEvent: () => undefined,
    })
    follower.start()
    await follower.waitForSize(3)
    assert.equal(follower.directory.tlsKeyOwner(gateway.tls.keyId), gateway.gateway)
    assert.ok(follower.staleForMs() < 60_000)
    const enforced = Promise.withResolvers<number>()
    follower.directory.onChange(() => enforced.resolve(performance.now()))
    const beganMs = performance.now()
    const revocation = { member: DEWA, key: gateway.tls.keyId, reason: 'lost' }
    const [answer, enforcedMs] = await Promise.all([
      registry.as('operator', '/v1/keys/revoke', revocation),
      enforced.promise,
    ])
    assert.equal(answer.body.index, 3)
    assert.ok(enforcedMs - beganMs < 2000, `${enforcedMs - beganMs} ms`)
    assert.equal(follower.directory.tlsKeyOwner(gateway.tls.keyId), undefined)
  })
})
