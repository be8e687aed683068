import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { refusalOf } from '../testing/gateway-world.ts'
import { NOURA, PUBLIC_URL, SigningBench } from '../testing/signing-bench.ts'

function bench(): SigningBench {
  const made = new SigningBench()
  made.grant(NOURA)
  return made
}

suite('what a browser brings proves nothing', () => {
  test('a ticket is good once, and another one is none', async () => {
    const b = bench()
    const { address } = await b.desk.begin([b.file()])
    const ticket = address.slice(`${PUBLIC_URL}/sign/`.length)
    assert.equal(await b.desk.open(ticket.replace(/.$/, 'x')), undefined)
    assert.ok((await b.desk.open(ticket)) !== undefined)
    assert.equal(await b.desk.open(ticket), undefined)
  })

  test('a forged answer of a login neither signs nor ends anything', async () => {
    const b = bench()
    const { signing, address } = await b.desk.begin([b.file()])
    const opened = await b.desk.open(address.slice(`${PUBLIC_URL}/sign/`.length))
    assert.ok(opened !== undefined)
    const { cookie } = opened
    assert.equal(await b.desk.loggedIn(new URLSearchParams({ state: cookie }), undefined), undefined)
    assert.equal(await b.desk.loggedIn(new URLSearchParams({ state: cookie }), 'another'), undefined)
    const forged = async (): Promise<unknown> =>
      await b.desk.loggedIn(new URLSearchParams({ state: 'x' }), cookie)
    assert.equal((await refusalOf(forged)).code, 'identity_attempt_unknown')
    assert.equal(b.desk.view(signing).status, 'waiting_for_login')
    await b.desk.loggedIn(new URLSearchParams({ state: cookie }), cookie)
    assert.equal((await b.ended(signing)).status, 'finished')
  })

  test('the callback of a signature only wakes, and only the browser of that very signing', async () => {
    const b = bench()
    b.ends = 'never'
    const { signing, address } = await b.desk.begin([b.file()])
    const opened = await b.desk.open(address.slice(`${PUBLIC_URL}/sign/`.length))
    assert.ok(opened !== undefined)
    const { cookie } = opened
    await b.desk.loggedIn(new URLSearchParams({ state: cookie }), cookie)
    const finished = new URLSearchParams({ status: 'finished', signer_process_id: 'process-1' })
    assert.equal(b.desk.cameBack(finished, undefined), undefined)
    assert.equal(b.desk.cameBack(finished, 'another'), undefined)
    b.desk.cameBack(new URLSearchParams({ status: 'finished', signer_process_id: 'process-2' }), cookie)
    assert.deepEqual(b.callbacks, [])
    assert.equal(b.desk.cameBack(finished, cookie)?.id, signing)
    assert.equal(b.callbacks.length, 1)
    assert.deepEqual([b.desk.view(signing).status, b.submitted], ['waiting_for_signature', []])
    b.desk.cancel(signing)
    const view = await b.ended(signing)
    assert.deepEqual([view.error?.code, b.leases, b.closed], ['signing_cancelled', [], 1])
  })
})
