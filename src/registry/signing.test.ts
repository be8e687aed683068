import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { makeAcceptance } from '../agreements/acceptance.ts'
import { draft } from '../agreements/testing/draft-agreement.ts'
import { digest256 } from '../protocol/digest.ts'
import { SigningNetwork } from './testing/signing-network.ts'
import { entriesOf } from './testing/log-entries.ts'
import { DEWA, RTA } from './testing/test-registry.ts'

const NONCE = 'AAAAAAAAAAAAAAAAAAAAAQ'

suite('officials sign an agreement', () => {
  test('in either order, each on the revision before, and the second one puts it into force', async () => {
    await using network = await SigningNetwork.start()
    const { registry, dewa, rta } = network
    const signers = { [DEWA]: await network.mandate(dewa), [RTA]: await network.mandate(rta) }
    for (const order of [
      [dewa, rta],
      [rta, dewa],
    ] as const) {
      const hash = await network.draft(dewa)
      for (const [place, by] of order.entries()) {
        const signer = signers[by.member]
        assert.ok(signer !== undefined)
        assert.equal((await network.sign(by, hash, signer)).status, 200)
        const shown = (await network.read(dewa, `/${hash}`)).body
        assert.equal(shown.status, place === 0 ? 'frozen' : 'effective')
        assert.deepEqual(shown.signed[by.member]?.signers, [signer])
        assert.equal(shown.lease, undefined, 'the lease ends with the upload')
      }
      const { document, digest } = (await network.read(rta, `/${hash}/document`)).body
      assert.equal(digest256(Buffer.from(String(document), 'base64')), digest)
      const change = (await entriesOf(registry)).at(-1)?.change
      assert.deepEqual([change?.kind, change?.agreement], ['agreement_effective', hash])
      assert.deepEqual(change?.signedUnder, [[signers[DEWA]?.mandate], [signers[RTA]?.mandate]])
      assert.equal(change?.document, digest)
      assert.equal(change?.supersedes, undefined)
    }
    const files = await readdir(join(registry.folder, 'agreements'))
    assert.equal(
      files.filter((name) => name.endsWith('.pdf')).length,
      2,
      'one revision of each agreement is kept',
    )
  })

  test('and nobody puts one into force with a seal alone', async () => {
    await using network = await SigningNetwork.start()
    const { registry, dewa, rta } = network
    const content = draft()
    const hash = await network.draft(dewa, { nonce: content.nonce })
    const sealOf = async ({ member, seal }: typeof dewa): Promise<string> =>
      await makeAcceptance({ agreement: hash, member, nowMs: Date.now(), key: seal })
    const before = (await registry.get('/healthz')).body.size
    const proposed = await network.call(dewa, '', { content, acceptance: await sealOf(dewa) })
    const accepted = await network.call(rta, `/${hash}/acceptances`, { acceptance: await sealOf(rta) })
    assert.deepEqual([proposed.body.code, accepted.body.code], ['signatures_required', 'signatures_required'])
    assert.equal((await registry.get('/healthz')).body.size, before)
  })

  test('in a network without a signing policy there is nothing to sign under, and the seals suffice', async () => {
    await using network = await SigningNetwork.start(false)
    const { dewa, rta } = network
    const hash = await network.draft(dewa)
    assert.equal((await network.call(rta, `/${hash}/lease`)).body.code, 'conflict')
    const seals = [dewa, rta].map(async ({ member, seal: key }) => {
      return await makeAcceptance({ agreement: hash, member, nowMs: Date.now(), key })
    })
    const [first, second] = await Promise.all(seals)
    assert.equal((await network.call(dewa, `/${hash}/acceptances`, { acceptance: first })).status, 200)
    assert.equal((await network.read(rta, `/${hash}`)).body.status, 'draft')
    assert.equal((await network.call(rta, `/${hash}/acceptances`, { acceptance: second })).status, 200)
    assert.equal((await network.read(rta, `/${hash}`)).body.status, 'effective')
  })

  test('one party at a time: the other is told until when, and comes in when the lease is over or given back', async () => {
    await using network = await SigningNetwork.start()
    const { registry, dewa, rta, clock } = network
    const signer = await network.mandate(rta)
    const hash = await network.draft(dewa)
    const { leaseUntil, document } = (await registry.must(await network.call(dewa, `/${hash}/lease`))).body
    assert.equal(document, null)
    const minutes = (Date.parse(leaseUntil) - clock.nowMs()) / 60_000
    assert.ok(minutes > 19 && minutes <= 20, `${minutes} minutes`)
    const refused = (await network.call(rta, `/${hash}/lease`)).body
    assert.deepEqual([refused.code, refused.details['until']], ['signing_in_progress', leaseUntil])
    const early = await network.upload(rta, hash, await network.nextRevision(rta, hash), [signer])
    assert.equal((await network.call(rta, `/${hash}/document`, early)).body.code, 'signing_in_progress')
    assert.equal(
      (await network.call(rta, `/${hash}/refusal`, { reason: 'no' })).body.code,
      'signing_in_progress',
    )
    assert.equal((await network.call(rta, `/${hash}/lease/release`)).status, 200)
    assert.equal(
      (await network.call(rta, `/${hash}/lease`)).body.code,
      'signing_in_progress',
      'not its own to give back',
    )
    assert.equal((await network.call(dewa, `/${hash}/lease`)).status, 200, 'its holder renews it')
    assert.equal((await network.call(dewa, `/${hash}/lease/release`)).status, 200)
    assert.equal((await network.call(rta, `/${hash}/document`, early)).body.code, 'lease_required')
    assert.equal((await network.call(rta, `/${hash}/lease`)).status, 200)
    assert.equal((await network.call(dewa, `/${hash}/lease`)).body.code, 'signing_in_progress')
    clock.addMs += 20 * 60_000
    assert.equal((await network.call(dewa, `/${hash}/lease`)).status, 200)
    await registry.stop()
    await registry.start()
    assert.equal((await network.call(rta, `/${hash}/lease`)).status, 200, 'a restart ends every lease')
  })

  test('whoever signed on an older revision does not wipe out the newer one', async () => {
    await using network = await SigningNetwork.start()
    const { dewa, rta, registry } = network
    const [own, other] = [await network.mandate(dewa), await network.mandate(rta)]
    const hash = await network.draft(dewa)
    const stale = await network.upload(rta, hash, await network.nextRevision(rta, hash), [other])
    await registry.must(await network.sign(dewa, hash, own))
    await registry.must(await network.call(rta, `/${hash}/lease`))
    const refused = await network.call(rta, `/${hash}/document`, stale)
    assert.equal(refused.body.code, 'document_not_extended')
    const { digest } = (await network.read(rta, `/${hash}/document`)).body
    assert.equal(digest, (await network.read(rta, `/${hash}`)).body.signed[DEWA]?.document)
  })

  test('a party signs once; the same revision again is taken once', async () => {
    await using network = await SigningNetwork.start()
    const { dewa, registry } = network
    const signer = await network.mandate(dewa)
    const hash = await network.draft(dewa)
    await registry.must(await network.call(dewa, `/${hash}/lease`))
    const first = await network.upload(dewa, hash, await network.nextRevision(dewa, hash), [signer])
    await registry.must(await network.call(dewa, `/${hash}/document`, first))
    await registry.must(await network.call(dewa, `/${hash}/document`, first))
    assert.equal((await network.call(dewa, `/${hash}/lease`)).body.code, 'already_signed')
    const second = await network.upload(dewa, hash, await network.nextRevision(dewa, hash), [signer])
    assert.equal((await network.call(dewa, `/${hash}/document`, second)).body.code, 'already_signed')
    const withdrawn = await network.call(dewa, `/${hash}/refusal`, { reason: 'changed our mind' })
    assert.equal(withdrawn.body.code, 'conflict', 'what an official signed is not taken back')
  })

  test('one takes the place of another of the same two parties, and of no other', async () => {
    await using network = await SigningNetwork.start()
    const { registry, dewa, rta } = network
    const [own, other] = [await network.mandate(dewa), await network.mandate(rta)]
    const inForce = async (supersedes?: string): Promise<string> => {
      const hash = await network.draft(dewa, supersedes === undefined ? {} : { supersedes })
      await registry.must(await network.sign(rta, hash, other))
      await registry.must(await network.sign(dewa, hash, own))
      return hash
    }
    const first = await inForce()
    const waiting = await network.draft(dewa, { supersedes: first })
    const second = await inForce(first)
    const change = (await entriesOf(registry)).at(-1)?.change
    assert.deepEqual([change?.agreement, change?.supersedes], [second, first])
    const late = await network.call(rta, `/${waiting}/lease`)
    assert.equal(late.body.code, 'invalid_agreement', 'before anybody signs in vain')
    for (const supersedes of [first, 'A'.repeat(43)]) {
      const content = draft({ nonce: NONCE, supersedes })
      assert.equal((await network.call(dewa, '', { content })).body.code, 'invalid_agreement')
    }
  })

  test('one that the directory does not take yet is published when its party sends it again, with a new seal', async () => {
    await using network = await SigningNetwork.start()
    const { registry, dewa, rta } = network
    const [own, other] = [await network.mandate(dewa), await network.mandate(rta)]
    const hash = await network.draft(dewa)
    await registry.must(await network.sign(dewa, hash, own))
    const suspension = { member: DEWA, reason: 'audit' }
    await registry.must(await registry.as('operator', '/v1/members/suspend', suspension))
    const refused = await network.sign(rta, hash, other)
    assert.equal(refused.body.code, 'change_refused')
    assert.equal((await network.read(rta, `/${hash}`)).body.status, 'frozen')
    await registry.must(await registry.as('operator', '/v1/members/resume', suspension))
    const document = Buffer.from(
      String((await network.read(rta, `/${hash}/document`)).body.document),
      'base64',
    )
    const again = await network.upload(rta, hash, document, [other])
    await registry.must(await network.call(rta, `/${hash}/document`, again))
    assert.equal((await network.read(rta, `/${hash}`)).body.status, 'effective')
  })
})
