import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createSealVerifier } from '../../trust/seal-key.ts'
import { verifyJws } from '../../trust/jws.ts'
import { digest256 } from '../../protocol/digest.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { SigningDeps } from './signing-ports.ts'
import { refusalOf } from '../testing/gateway-world.ts'
import { NOURA, OTHER, OWN, PUBLIC_URL, SigningBench } from '../testing/signing-bench.ts'

function bench(): SigningBench {
  const made = new SigningBench()
  made.grant(NOURA)
  return made
}

const SECOND = 'BBBBBBBBBBBBBBBBBBBBBA'

test('an official signs two agreements with one approval, and each is sealed with what was signed', async () => {
  const b = bench()
  const hashes = [b.file(), b.file(SECOND)]
  const { signing, address } = await b.desk.begin(hashes, 'en')
  assert.match(address, /^https:\/\/sign\.example\/sign\/[\w-]{43}$/)
  assert.equal(b.desk.view(signing).status, 'waiting_for_login')
  assert.deepEqual(b.leases, [], 'a link that nobody opens keeps nobody from signing')
  assert.equal(await b.visit(address), 'https://id.example/sign')
  const view = await b.ended(signing)
  assert.deepEqual([view.status, view.signed, view.failures], ['finished', hashes, undefined])
  const [request, ...more] = b.requests
  assert.equal(more.length, 0)
  assert.deepEqual(
    [request?.required, request?.language, request?.callback],
    ['qualified', 'en', `${PUBLIC_URL}/sign/done`],
  )
  assert.deepEqual(
    request?.documents.map(({ field }) => [field.name, field.page, field.rectangle]),
    [0, 1].map(() => ['Party2-1', 2, { x: 200, y: 100, width: 180, height: 60 }]),
  )
  for (const { agreement, acceptance } of b.submitted) {
    const { payload } = verifyJws(acceptance, {
      typ: 'wusla-acceptance+jws',
      resolveKey: () => createSealVerifier(b.key.publicKeyDer),
    }) as { payload: Record<string, unknown> }
    const document = b.filed.get(agreement)?.document
    assert.ok(document !== undefined)
    assert.match(Buffer.from(document).toString(), /signed Party2-1\nvalidated\n$/)
    assert.deepEqual(
      [payload['agreement'], payload['member'], payload['document'], payload['mandates']],
      [agreement, OWN, digest256(document), ['mandate-0']],
    )
  }
  assert.deepEqual([b.leases, b.closed], [[], 1])
})

suite('whatever fails, its code is told and no lease is kept', () => {
  const cases: Readonly<Record<string, (b: SigningBench) => void>> = {
    signing_cancelled: (b) => (b.ends = 'cancels'),
    login_cancelled: (b) => (b.person = new WuslaError('login_cancelled')),
    identity_provider_unreachable: (b) =>
      b.throws.set('begin', new WuslaError('identity_provider_unreachable')),
    signed_by_another_person: (b) => b.throws.set('outcome', new WuslaError('signed_by_another_person')),
    signing_failed: (b) => b.throws.set('outcome', new WuslaError('signing_failed')),
    signature_field_missing: (b) =>
      b.throws.set('addValidationData', new WuslaError('signature_field_missing')),
    change_refused: (b) => b.throws.set('submit', new WuslaError('change_refused')),
    signed_document_refused: (b) =>
      (b.verdict = () => ({
        ok: false,
        step: 'signer-path',
        code: 'test_root',
        message: 'of a test authority',
      })),
    document_not_typeset: (b) => b.open({ typeset: failing(b) }),
  }
  for (const [code, prepare] of Object.entries(cases)) {
    test(code, async () => {
      const b = bench()
      prepare(b)
      const hash = b.file()
      const view = await b.sign(hash)
      assert.equal(view.status, 'failed')
      assert.equal(view.error?.code, code)
      assert.deepEqual([view.signed, b.submitted, b.leases], [[], [], []])
      assert.ok(b.events.some((event) => event.kind === 'signing_not_done' && event.code === code))
      // Nothing is left over that would keep the person from beginning again.
      b.throws.clear()
      Object.assign(b, { ends: 'signs', verdict: () => undefined, person: NOURA })
      b.open()
      assert.deepEqual((await b.sign(hash)).signed, [hash])
    })
  }
})

/** A typesetter that fails from the second document on: the first call is that of `begin`. */
function failing(b: SigningBench): SigningDeps['typeset'] {
  let calls = 0
  return async (content) => {
    if ((calls += 1) > 1) throw new WuslaError('document_not_typeset')
    return await b.typeset(content)
  }
}

test('of two documents the one that the provider did not sign can be signed again, the other is in', async () => {
  const b = bench()
  const [good, bad] = [b.file(), b.file(SECOND)]
  b.unsigned.add(bad)
  const view = await b.sign(good, bad)
  assert.deepEqual([view.status, view.signed], ['finished', [good]])
  assert.deepEqual(
    view.failures?.map(({ agreement, code }) => [agreement, code]),
    [[bad, 'signing_incomplete']],
  )
  assert.deepEqual([b.leases, b.submitted.map(({ agreement }) => agreement)], [[], [good]])
  b.unsigned.clear()
  assert.deepEqual((await b.sign(bad)).signed, [bad])
})

test('while the other party signs one agreement, the other one is signed', async () => {
  const b = bench()
  const [busy, free] = [b.file(), b.file(SECOND)]
  const filed = b.filed.get(busy)
  assert.ok(filed !== undefined)
  filed.holder = OTHER
  const view = await b.sign(busy, free)
  assert.deepEqual([view.status, view.signed], ['finished', [free]])
  assert.deepEqual(
    view.failures?.map(({ agreement, code }) => [agreement, code]),
    [[busy, 'signing_in_progress']],
  )
  assert.equal(filed.holder, OTHER)
  const alone = await b.sign(busy)
  assert.deepEqual([alone.status, alone.error?.code], ['failed', 'signing_in_progress'])
})

test('what the other party signed is verified before this party signs on it', async () => {
  const b = bench()
  const hash = b.file()
  const filed = b.filed.get(hash)
  assert.ok(filed !== undefined)
  const theirs = { field: 'Party1-1', mandate: 'mandate-x', salt: 's' }
  filed.signed = { [OTHER]: { signers: [theirs] } }
  filed.document = Buffer.from('signed by them\n')
  const seen: unknown[] = []
  b.verdict = ({ partial, signers, pdf }) => {
    seen.push([partial, signers.map(({ field }) => field), Buffer.from(pdf).toString().split('\n').length])
    return undefined
  }
  assert.deepEqual((await b.sign(hash)).signed, [hash])
  assert.deepEqual(seen, [
    [true, ['Party1-1'], 2],
    [false, ['Party1-1', 'Party2-1'], 4],
  ])
  filed.signed = { [OTHER]: { signers: [theirs] } }
  b.verdict = () => ({ ok: false, step: 'mandates', code: 'mandate_of_another', message: 'of another' })
  const refused = await b.sign(hash)
  assert.deepEqual(refused.error?.details, { step: 'mandates', failure: 'mandate_of_another' })
  assert.deepEqual([b.requests.length, b.leases], [1, []])
})

test('a signing that nobody goes on with is over after its time', async () => {
  const b = bench()
  const { signing, address, expiresAt } = await b.desk.begin([b.file()])
  assert.equal(Date.parse(expiresAt) - b.clock.nowMs(), 15 * 60_000)
  b.clock.advance(15 * 60_000)
  assert.equal(b.desk.view(signing).error?.code, 'signing_timed_out')
  assert.equal(await b.desk.open(address.slice(`${PUBLIC_URL}/sign/`.length)), undefined)
  b.clock.advance(60 * 60_000)
  assert.equal((await refusalOf(() => b.desk.view(signing))).code, 'not_found')
})

test('a cancelled signing cannot be opened any more', async () => {
  const b = bench()
  const { signing, address } = await b.desk.begin([b.file()])
  assert.equal(b.desk.cancel(signing).error?.code, 'signing_cancelled')
  assert.equal(await b.desk.open(address.slice(`${PUBLIC_URL}/sign/`.length)), undefined)
})

test('there are bounds to what is under way', async () => {
  const b = bench()
  const hash = b.file()
  for (let at = 0; at < 100; at++) await b.desk.begin([hash])
  assert.equal((await refusalOf(async () => await b.desk.begin([hash]))).code, 'too_many_requests')
  b.clock.advance(15 * 60_000)
  await b.desk.begin([hash])
})

test('what keeps everybody from signing is told to whoever begins', async () => {
  const b = bench()
  const hash = b.file()
  const refused = async (): Promise<string> => (await refusalOf(async () => await b.desk.begin([hash]))).code
  assert.equal((await refusalOf(async () => await b.desk.begin(['x']))).code, 'agreement_not_found')
  const filed = b.filed.get(hash)
  assert.ok(filed !== undefined)
  filed.signed = { [OWN]: { signers: [] } }
  assert.equal(await refused(), 'already_signed')
  b.policy = undefined
  assert.equal(await refused(), 'signing_policy_missing')
  b.open({ identity: undefined })
  assert.equal(await refused(), 'identity_not_connected')
})

test('a gateway that ends gives the leases back; one that was killed begins again', async () => {
  const b = bench()
  b.ends = 'never'
  const hash = b.file()
  const { signing, address } = await b.desk.begin([hash])
  await b.visit(address)
  assert.deepEqual(b.leases, [hash])
  const killed = b.desk
  b.open()
  assert.equal((await refusalOf(() => b.desk.view(signing))).code, 'not_found')
  b.ends = 'signs'
  assert.deepEqual((await b.sign(hash)).signed, [hash])
  await killed[Symbol.asyncDispose]()
  const other = b.file(SECOND)
  b.ends = 'never'
  const begun = await b.desk.begin([other])
  await b.visit(begun.address)
  assert.deepEqual(b.leases, [other])
  await b.desk[Symbol.asyncDispose]()
  assert.deepEqual([b.leases, b.closed], [[], 3])
})

test(
  'a registry that is away for a moment does not make the person sign again',
  { timeout: 60_000 },
  async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const b = bench()
    const hash = b.file()
    b.throws.set('submit', new WuslaError('registry_unreachable'))
    const { signing, address } = await b.desk.begin([hash])
    await b.visit(address)
    const ended = b.ended(signing)
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(b.desk.view(signing).status, 'waiting_for_signature')
    b.throws.clear()
    t.mock.timers.tick(1_000)
    assert.deepEqual([(await ended).signed, b.requests.length], [[hash], 1])
  },
)

test('a lease that cannot be given back is told', async () => {
  const b = bench()
  b.ends = 'cancels'
  b.throws.set('release', new WuslaError('registry_unreachable'))
  const view = await b.sign(b.file())
  assert.equal(view.error?.code, 'signing_cancelled')
  assert.deepEqual(
    b.events.flatMap((event) => (event.kind === 'lease_not_released' ? [event.code] : [])),
    ['registry_unreachable'],
  )
})
