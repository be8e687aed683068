import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { SigningView } from '../../src/gateway/signing/signing.ts'
import { DEWA, RTA, SigningNetwork, type SigningParty } from './signing-parties.ts'

// Each cause has an end of its own, against the stand-in and a registry over HTTP, and none keeps the lease.

let network: SigningNetwork
let dewa: SigningParty
let rta: SigningParty

before(async () => {
  network = await SigningNetwork.start()
  dewa = await network.party(DEWA)
  rta = await network.party(RTA)
  await dewa.grant('khalid')
  for (const persona of ['noura', 'omar', 'layla']) await rta.grant(persona)
})

beforeEach(async () => await network.standIn.switches({}))

after(async () => {
  await dewa[Symbol.asyncDispose]()
  await rta[Symbol.asyncDispose]()
  await network[Symbol.asyncDispose]()
})

/** Nobody has signed, and the other party may. */
async function assertFree(agreement: string): Promise<void> {
  const filed = await dewa.registry.readAgreement(agreement)
  assert.deepEqual([filed.signed, filed.lease], [{}, undefined])
}

async function refused(persona: string, agreement: string): Promise<NonNullable<SigningView['error']>> {
  const view = await rta.sign(persona, agreement)
  assert.equal(view.status, 'failed', JSON.stringify(view))
  assert.ok(view.error !== undefined)
  await assertFree(agreement)
  return view.error
}

test('levels SOP1 and SOP2 are not enough where the policy asks for qualified signatures', async () => {
  const agreement = await rta.propose()
  for (const [persona, assurance] of [
    ['omar', 'SOP2'],
    ['layla', 'SOP1'],
  ] as const) {
    const error = await refused(persona, agreement)
    assert.deepEqual(
      [error.code, error.details],
      ['assurance_too_low', { assurance, needed: 'SOP3', required: 'qualified' }],
    )
  }
})

test('a person without a mandate, and one whose mandate has expired', async () => {
  const agreement = await rta.propose()
  assert.equal((await refused('hessa', agreement)).code, 'mandate_missing')
  await rta.grant('hessa', { validFrom: '2026-01-01T00:00:00.000Z', validUntil: '2026-02-01T00:00:00.000Z' })
  const error = await refused('hessa', agreement)
  assert.deepEqual([error.code, error.details], ['mandate_expired', { member: RTA, standing: 'expired' }])
})

test('a mandate that ends between the login and the signature', async () => {
  const agreement = await rta.propose()
  const mandate = await rta.grant('saif')
  const { signing, address } = await rta.desk.begin([agreement])
  const { answer } = await rta.logIn(address, 'saif')
  await rta.endMandate(mandate)
  await network.standIn.answer(answer.headers.get('location') ?? '', 'saif')
  const { error } = await rta.ended(signing)
  assert.deepEqual(
    [error?.code, error?.details],
    ['signed_document_refused', { step: 'mandates', failure: 'mandate_not_valid' }],
  )
  await assertFree(agreement)
})

test('another person signs than the one who is logged in', async () => {
  await network.standIn.switches({ signsInstead: 'mariam' })
  assert.equal((await refused('noura', await rta.propose())).code, 'signed_by_another_person')
})

test('the person cancels', async () => {
  await network.standIn.switches({ personCancels: true })
  const agreement = await rta.propose()
  const { signing, address } = await rta.desk.begin([agreement])
  const { answer } = await rta.logIn(address, 'noura')
  // With this switch the login is cancelled too.
  assert.ok(answer.status === 200)
  assert.equal((await rta.ended(signing)).error?.code, 'login_cancelled')
  await network.standIn.switches({})
  const again = await rta.desk.begin([agreement])
  const back = await rta.logIn(again.address, 'noura')
  await network.standIn.answer(back.answer.headers.get('location') ?? '', 'noura', 'refuse')
  assert.equal((await rta.ended(again.signing)).error?.code, 'signing_cancelled')
  await assertFree(agreement)
})

test('a certificate that was revoked before it signed', async () => {
  await network.standIn.switches({ revoked: { noura: '2026-01-01T00:00:00.000Z' } })
  assert.equal((await refused('noura', await rta.propose())).code, 'certificate_revoked')
})

test('the time-stamping authority is down', async () => {
  await network.standIn.switches({ timeStampDown: true })
  assert.equal((await refused('noura', await rta.propose())).code, 'signing_failed')
})

test('one of two documents fails: the other one is signed, and the failed one can be signed again', async () => {
  const [good, bad] = [await rta.propose(), await rta.propose()]
  await network.standIn.switches({ failsDocument: 1 })
  const view = await rta.sign('noura', good, bad)
  assert.deepEqual([view.status, view.signed], ['finished', [good]], JSON.stringify(view))
  assert.deepEqual(
    view.failures?.map(({ agreement, code }) => [agreement, code]),
    [[bad, 'signing_incomplete']],
  )
  await assertFree(bad)
  await network.standIn.switches({})
  assert.deepEqual((await rta.sign('noura', bad)).signed, [bad])
})

test('a callback that never comes, one that comes too early, and tokens that end half-way keep nobody from signing', async () => {
  for (const change of [{ callback: 'never' }, { callback: 'early' }]) {
    const agreement = await rta.propose()
    await network.standIn.switches(change)
    assert.deepEqual((await rta.sign('noura', agreement)).signed, [agreement], JSON.stringify(change))
  }
  await network.standIn.switches({})
  const agreement = await rta.propose()
  const { signing, address } = await rta.desk.begin([agreement])
  const { answer } = await rta.logIn(address, 'noura')
  await network.standIn.control('POST', '/tokens/expire')
  await network.standIn.answer(answer.headers.get('location') ?? '', 'noura')
  assert.deepEqual((await rta.ended(signing)).signed, [agreement])
})

test('a forged callback signs nothing; the signing goes on until the person has decided', async () => {
  const agreement = await rta.propose()
  const { signing, address } = await rta.desk.begin([agreement])
  const { cookie, answer } = await rta.logIn(address, 'noura')
  const task = answer.headers.get('location') ?? ''
  const id = /signer_processes\/([^/?]+)/.exec(task)?.[1] ?? 'process'
  for (const header of [cookie, '']) {
    const query = new URLSearchParams({ signer_process_id: id, status: 'finished' }).toString()
    const page = await fetch(`${rta.publicUrl}/sign/done?${query}`, { headers: { cookie: header } })
    assert.ok([200, 404].includes(page.status), String(page.status))
  }
  const { status, signed } = rta.desk.view(signing)
  assert.deepEqual([status, signed], ['waiting_for_signature', []])
  await network.standIn.answer(task, 'noura')
  assert.deepEqual((await rta.ended(signing)).signed, [agreement])
})

test('while one party signs the other one is told to wait, and a restart in the middle lets it begin again', async () => {
  const agreement = await rta.propose()
  const { address } = await rta.desk.begin([agreement])
  await rta.logIn(address, 'noura')
  const view = await dewa.sign('khalid', agreement)
  assert.deepEqual([view.status, view.error?.code], ['failed', 'signing_in_progress'])
  await rta.restart()
  assert.deepEqual((await rta.sign('noura', agreement)).signed, [agreement])
  assert.deepEqual((await dewa.sign('khalid', agreement)).signed, [agreement])
})

test('four eyes: two officials of one party sign side by side', async () => {
  const agreement = await rta.propose()
  await dewa.grant('saif', { fourEyes: true })
  const first = await dewa.sign('saif', agreement)
  assert.deepEqual([first.status, first.waitingForSecond], ['finished', [agreement]], JSON.stringify(first))
  assert.equal((await rta.sign('noura', agreement)).error?.code, 'signing_in_progress')
  assert.equal((await dewa.sign('saif', agreement)).error?.code, 'second_signer_is_first')
  assert.deepEqual((await dewa.sign('khalid', agreement)).signed, [agreement])
  assert.deepEqual((await rta.sign('noura', agreement)).signed, [agreement])
  const { directory } = rta.follower
  await rta.until(() => directory.agreement(agreement) !== undefined)
  const record = directory.agreement(agreement)
  assert.ok(record !== undefined)
  await rta.until(() => rta.open.verified.failureOf(record) === undefined)
  assert.deepEqual(
    record.signedUnder?.map(({ length }) => length),
    [2, 1],
  )
})
