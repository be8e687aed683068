import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { suite, test } from 'node:test'
import { draft } from '../agreements/testing/draft-agreement.ts'
import { DHA, SigningNetwork } from './testing/signing-network.ts'
import { DEWA, RTA } from './testing/test-registry.ts'

suite('a draft', () => {
  test('is filed once, shown to both parties, and frozen by either of them', async () => {
    await using network = await SigningNetwork.start()
    const { dewa, rta, registry } = network
    for (const by of [dewa, rta]) {
      const hash = await network.draft(dewa)
      const shown = (await network.read(rta, `/${hash}`)).body
      assert.deepEqual([shown.status, shown.proposedBy, shown.acceptances], ['draft', DEWA, []])
      await registry.must(await network.call(by, `/${hash}/freeze`))
      await registry.must(await network.call(by, `/${hash}/freeze`))
      assert.equal((await network.read(dewa, `/${hash}`)).body.status, 'frozen')
    }
    const content = draft()
    for (const by of [dewa, rta, dewa]) await registry.must(await network.call(by, '', { content }))
    assert.equal((await network.read(dewa, '')).body.agreements.length, 3)
  })

  test('is refused by the other party or withdrawn by its own, and then it is over', async () => {
    await using network = await SigningNetwork.start()
    const { dewa, rta, registry } = network
    for (const by of [rta, dewa]) {
      const content = draft({
        nonce: randomBytes(16).toString('base64url'),
      })
      const hash = (await registry.must(await network.call(dewa, '', { content }))).body.agreement
      await registry.must(await network.call(by, `/${hash}/freeze`))
      const reason = 'The purpose is too wide.'
      await registry.must(await network.call(by, `/${hash}/refusal`, { reason }))
      await registry.must(await network.call(by, `/${hash}/refusal`, { reason }))
      const shown = (await network.read(rta, `/${hash}`)).body
      assert.deepEqual([shown.status, shown.closedBy, shown.reason], ['refused', by.member, reason])
      const other = by === rta ? dewa : rta
      for (const [path, body] of [
        ['/freeze', {}],
        ['/lease', {}],
        ['/refusal', { reason }],
      ] as const) {
        assert.equal((await network.call(other, `/${hash}${path}`, body)).body.code, 'conflict', path)
      }
      assert.equal((await network.call(dewa, '', { content })).body.code, 'conflict', 'nor is it filed again')
      assert.equal((await network.call(dewa, '', { content, counters: hash })).body.code, 'conflict')
    }
  })

  test('is closed by a counter-proposal, which takes its place also for the request', async () => {
    await using network = await SigningNetwork.start()
    const { dewa, rta, registry } = network
    const first = await network.draft(dewa)
    const counter = await network.draft(rta, {}, { counters: first })
    const closed = (await network.read(dewa, `/${first}`)).body
    assert.deepEqual([closed.status, closed.counteredBy, closed.closedBy], ['countered', counter, RTA])
    assert.equal((await network.read(dewa, `/${counter}`)).body.status, 'draft')
    assert.equal((await network.call(dewa, `/${first}/lease`)).body.code, 'conflict')
    const third = draft({ nonce: 'AAAAAAAAAAAAAAAAAAAAAQ' })
    const onClosed = await network.call(dewa, '', { content: third, counters: first })
    assert.equal(onClosed.body.code, 'conflict')
    const unknown = await network.call(dewa, '', { content: third, counters: 'A'.repeat(43) })
    assert.equal(unknown.body.code, 'agreement_not_found')
    const others = draft({
      nonce: 'AAAAAAAAAAAAAAAAAAAAAQ',
      parties: [
        { member: DEWA, role: 'provider' },
        { member: DHA, role: 'consumer' },
      ],
    })
    const between = await network.call(dewa, '', { content: others, counters: counter })
    assert.equal(between.body.code, 'conflict', 'not between the same two members')
    await registry.stop()
    await registry.start()
    assert.equal((await network.read(dewa, `/${first}`)).body.status, 'countered')
  })

  test('is no longer countered, refused or withdrawn once it is being signed, or signed', async () => {
    await using network = await SigningNetwork.start()
    const { dewa, rta, registry } = network
    const signer = await network.mandate(dewa)
    const hash = await network.draft(dewa)
    const content = draft()
    await registry.must(await network.call(dewa, `/${hash}/lease`))
    assert.equal((await network.call(rta, '', { content, counters: hash })).body.code, 'signing_in_progress')
    await registry.must(await network.sign(dewa, hash, signer))
    for (const by of [dewa, rta]) {
      assert.equal((await network.call(by, '', { content, counters: hash })).body.code, 'conflict')
      assert.equal((await network.call(by, `/${hash}/refusal`, { reason: 'no' })).body.code, 'conflict')
    }
    assert.equal((await network.read(rta, '')).body.agreements.length, 1, 'no counter-proposal was filed')
  })
})
