import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { makeAcceptance } from '../agreements/acceptance.ts'
import { draft } from '../agreements/testing/draft-agreement.ts'
import { SigningNetwork, UNSIGNED } from './testing/signing-network.ts'
import { DEWA } from './testing/test-registry.ts'

const NONCE = 'AAAAAAAAAAAAAAAAAAAAAQ'

suite('whoever signs an agreement amiss', () => {
  test('what does not fit together is refused, and nothing of it is kept', async () => {
    await using network = await SigningNetwork.start()
    const { registry, dewa, rta, clock } = network
    const [own, others] = [await network.mandate(dewa), await network.mandate(rta)]
    const future = await network.mandate(dewa, { validFrom: '2098-12-01T00:00:00.000Z' })
    const past = await network.mandate(dewa, { validUntil: '2026-02-01T00:00:00.000Z' })
    const ended = await network.mandate(dewa)
    const end = { member: DEWA, mandate: ended.mandate, reason: 'left' }
    await registry.must(await registry.submit(dewa, 'mandate_ended', end))
    const hash = await network.draft(dewa)
    const another = await network.draft(dewa)
    await registry.must(await network.call(dewa, `/${hash}/lease`))
    const document = await network.nextRevision(dewa, hash)
    const good = await network.upload(dewa, hash, document, [own])
    const changed = Buffer.concat([document, Buffer.from('.')]).toString('base64')
    const under = async (...signers: (typeof own)[]) => await network.upload(dewa, hash, document, signers)
    const plainSeal = { agreement: hash, member: DEWA, nowMs: clock.nowMs(), key: dewa.seal }
    const attempts: readonly (readonly [string, object, string])[] = [
      ['another digest than the seal names', { ...good, document: changed }, 'invalid_signature'],
      ['other mandates than the seal names', { ...good, signers: [ended] }, 'invalid_signature'],
      [
        'a seal for another agreement',
        await network.upload(dewa, another, document, [own]),
        'invalid_signature',
      ],
      ['a seal of the other party', await network.upload(rta, hash, document, [own]), 'invalid_signature'],
      [
        'a seal without a document',
        { ...good, acceptance: await makeAcceptance(plainSeal) },
        'invalid_signature',
      ],
      ['the mandate of another member', await under(others), 'mandate_not_valid'],
      [
        'a mandate that nobody granted',
        await under({ ...own, mandate: 'A'.repeat(22) }),
        'mandate_not_valid',
      ],
      ['a mandate that has not begun', await under(future), 'mandate_not_valid'],
      ['a mandate that has expired', await under(past), 'mandate_not_valid'],
      ['a mandate that was ended', await under(ended), 'mandate_not_valid'],
      ['a good mandate beside a bad one', await under(own, others), 'mandate_not_valid'],
      ['one field for two officials', await under(own, { ...ended, field: own.field }), 'invalid_request'],
      ['nobody', { ...good, signers: [] }, 'invalid_request'],
      ['no base64', { ...good, document: '%PDF-' }, 'invalid_request'],
      [
        'no PDF',
        await network.upload(dewa, hash, Buffer.from('MZ and more'), [own]),
        'document_not_extended',
      ],
      ['an empty salt', { ...good, signers: [{ ...own, salt: '' }] }, 'invalid_request'],
    ]
    for (const [what, upload, code] of attempts) {
      const { body } = await network.call(dewa, `/${hash}/document`, upload)
      assert.equal(body.code, code, what)
    }
    const shown = (await network.read(dewa, `/${hash}`)).body
    assert.deepEqual([shown.signed, shown.acceptances], [{}, []])
    assert.deepEqual((await network.read(dewa, `/${hash}/document`)).body, {})
    assert.equal((await network.call(dewa, `/${hash}/document`, good)).status, 200)
  })

  test('a document up to 8 MiB is taken, a longer one is not, and a stranger is stopped before its body is read', async () => {
    await using network = await SigningNetwork.start()
    const { registry, dewa } = network
    const signer = await network.mandate(dewa)
    const hash = await network.draft(dewa)
    await registry.must(await network.call(dewa, `/${hash}/lease`))
    const sized = (bytes: number) => Buffer.concat([UNSIGNED, Buffer.alloc(bytes - UNSIGNED.length, 'x')])
    const most = 8 * 1_048_576
    const send = async (bytes: number) =>
      await network.call(dewa, `/${hash}/document`, await network.upload(dewa, hash, sized(bytes), [signer]))
    assert.equal((await send(most + 1)).body.code, 'request_too_large')
    assert.equal((await send(most * 2)).body.code, 'request_too_large')
    const body = 'x'.repeat(1_000_000)
    const unsealed = await registry.post(`/v1/agreements/${hash}/document`, body, 'Wusla-Seal a.b.c')
    assert.equal(unsealed.body.code, 'unauthorized', 'and not that it is no JSON')
    assert.equal((await send(most)).status, 200)
    const { document } = (await network.read(dewa, `/${hash}/document`)).body
    assert.equal(Buffer.from(String(document), 'base64').length, most)
  })

  test('a third member reads and does nothing; an auditor reads all but the salts', async () => {
    await using network = await SigningNetwork.start()
    const { registry, dewa, rta, dha } = network
    const [signer, foreign] = [await network.mandate(dewa), await network.mandate(dha)]
    const hash = await network.draft(dewa)
    await registry.must(await network.sign(dewa, hash, signer))
    const upload = await network.upload(dha, hash, await network.nextRevision(dewa, hash), [foreign])
    const faces = [
      await network.read(dha, `/${hash}`),
      await network.read(dha, `/${hash}/document`),
      await network.call(dha, `/${hash}/freeze`),
      await network.call(dha, `/${hash}/refusal`, { reason: 'mine' }),
      await network.call(dha, `/${hash}/lease`),
      await network.call(dha, `/${hash}/lease/release`),
      await network.call(dha, `/${hash}/document`, upload),
      await network.call(dha, `/${'A'.repeat(43)}/lease`),
    ]
    assert.deepEqual(
      new Set(faces.map(({ status, body }) => `${status} ${body.code}`)),
      new Set(['404 agreement_not_found']),
    )
    assert.deepEqual((await network.read(dha, '')).body.agreements, [])
    const counter = { content: draft({ nonce: NONCE }), counters: hash }
    assert.equal((await network.call(dha, '', counter)).body.code, 'forbidden')
    const auditor = `Bearer ${registry.tokens.auditor}`
    const shown = await registry.get(`/v1/agreements/${hash}`, auditor)
    assert.ok(!shown.text.includes(signer.salt) && shown.text.includes(signer.mandate))
    assert.ok(
      (await network.read(rta, `/${hash}`)).text.includes(signer.salt),
      'the other party verifies with it',
    )
    const own = (await network.read(dewa, `/${hash}/document`)).body
    assert.deepEqual((await registry.get(`/v1/agreements/${hash}/document`, auditor)).body, own)
    assert.equal((await registry.get(`/v1/agreements/${hash}/document`)).body.code, 'unauthorized')
  })
})
