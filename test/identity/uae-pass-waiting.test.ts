import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { SigningOutcome, SigningProcess } from '../../src/identity/document-signing.ts'
import type { Person } from '../../src/identity/person.ts'
import { documentOf, onePage, requestOf, UaePassInstallation } from './uae-pass-installation.ts'

/** A telephone that waits until it is let go. */
class SlowPhone {
  #letGo: (() => void) | undefined

  readonly waitMs = (ms: number): Promise<void> =>
    ms === 0 ? Promise.resolve() : new Promise((resolve) => (this.#letGo = resolve))

  get isWaiting(): boolean {
    return this.#letGo !== undefined
  }

  letGo(): void {
    this.#letGo?.()
  }
}

const phone = new SlowPhone()
let installation: UaePassInstallation
let mariam: Person
let pdf: Uint8Array
before(async () => {
  installation = await UaePassInstallation.start(phone.waitMs)
  mariam = await installation.logIn('mariam')
  pdf = await onePage()
})
beforeEach(() => installation.calm())
after(() => installation[Symbol.asyncDispose]())

const begin = (): Promise<SigningProcess> => installation.signing.begin(requestOf(mariam, documentOf(pdf)))
const approve = (process: SigningProcess): Promise<string> =>
  installation.standIn.answer(process.address, 'mariam')
const isResult = (path: string): boolean => path.endsWith('/result')
const isToken = (path: string): boolean => path.endsWith('/main-as/token')
const asked = (kind: (path: string) => boolean): number => installation.asked.filter(kind).length

function assertRefused(outcome: SigningOutcome, code: string): void {
  assert.ok(outcome.outcome === 'refused')
  assert.equal(outcome.failure.code, code)
  installation.assertSilent(outcome.failure)
}

/** Waits for a condition, for a machine that is busy. */
async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; !condition(); round++) {
    assert.ok(round < 3_000, 'it never came')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

test('a callback that never comes is not missed: the server is asked', async () => {
  await installation.standIn.switches({ callback: 'never' })
  await using process = await begin()
  const waiting = process.outcome()
  const earlier = asked(isResult)
  await until(() => asked(isResult) > earlier + 1)
  await approve(process)
  assert.equal((await waiting).outcome, 'signed')
})

test('a forged callback proves nothing: the wait goes on, and the contradiction is told', async () => {
  await installation.standIn.switches({ callback: 'forged' })
  await using process = await begin()
  const waiting = process.outcome()
  const forged = new URL(await approve(process))
  assert.equal(forged.searchParams.get('status'), 'finished')
  const earlier = asked(isResult)
  installation.signing.noteCallback(forged.searchParams)
  await until(() => asked(isResult) > earlier + 2)
  await installation.standIn.switches({})
  await installation.standIn.answer(process.address, 'mariam', 'refuse')
  assertRefused(await waiting, 'signing_cancelled')
  assert.ok(
    installation.events.some(
      (event) => event.type === 'signing_callback_contradicted' && event.process === process.id,
    ),
  )
})

test('a callback ahead of the result: 404 means wait', async () => {
  await installation.standIn.switches({ callback: 'early' })
  await using process = await begin()
  const back = new URL(await approve(process))
  const earlier = asked(isResult)
  installation.signing.noteCallback(back.searchParams)
  assert.equal((await process.outcome()).outcome, 'signed')
  assert.ok(asked(isResult) >= earlier + 3)
})

test('a person who never decides is waited for with a bound', async () => {
  await using process = await begin()
  assertRefused(await process.outcome({ patienceMs: 200 }), 'signing_timed_out')
})

test('a wait can be given up', async () => {
  await using process = await begin()
  const giveUp = new AbortController()
  const waiting = process.outcome({ signal: giveUp.signal })
  const earlier = asked(isResult)
  await until(() => asked(isResult) > earlier)
  giveUp.abort(new Error('the operator went home'))
  await assert.rejects(waiting, /the operator went home/)
})

test('a slow telephone ends well, also when the provider is away for a while', async () => {
  await installation.standIn.switches({ phoneDelayMs: 120_000 })
  await using process = await begin()
  const waiting = process.outcome()
  const answering = approve(process)
  await until(() => phone.isWaiting)
  let refusals = 0
  installation.meddle = (path) => {
    if (!isResult(path)) return undefined
    refusals += 1
    return refusals % 2 === 0
      ? Promise.resolve(new Response('down', { status: 503 }))
      : Promise.reject(new TypeError('fetch failed'))
  }
  await until(() => refusals >= 4)
  installation.meddle = () => undefined
  phone.letGo()
  await answering
  assert.equal((await waiting).outcome, 'signed')
})

test('a provider that is away until the end of patience is told as such', async () => {
  await using process = await begin()
  installation.meddle = (path) =>
    isResult(path) ? Promise.resolve(new Response('down', { status: 503 })) : undefined
  await installation.rejects(process.outcome({ patienceMs: 200 }), 'identity_provider_unreachable', {
    step: 'result',
    status: 503,
  })
  installation.meddle = () => undefined
})

test('a signing token that is about to end is renewed before it is used', async () => {
  installation.advance(300_000)
  const process = await begin()
  const earlier = asked(isToken)
  installation.advance(240_000)
  await approve(process)
  await process.outcome()
  assert.equal(asked(isToken), earlier)
  // 25 seconds before its end at the latest, so it would still be accepted.
  installation.advance(35_000)
  await process.close()
  assert.equal(asked(isToken), earlier + 1)
})

test('a signing token that ends half-way is replaced, and the step repeated once', async () => {
  const process = await begin()
  await approve(process)
  const earlier = asked(isToken)
  await installation.standIn.control('POST', '/tokens/expire')
  assert.equal((await process.outcome()).outcome, 'signed')
  await installation.standIn.control('POST', '/tokens/expire')
  await process.close()
  assert.equal(asked(isToken), earlier + 2)
  installation.meddle = (path) =>
    isResult(path) ? Promise.resolve(new Response('no', { status: 401 })) : undefined
  await using other = await begin()
  await installation.rejects(other.outcome(), 'identity_provider_refused', { step: 'result', status: 401 })
})

test('a process that the provider deleted is gone', async () => {
  const process = await begin()
  const waiting = process.outcome()
  await installation.standIn.call(
    'DELETE',
    `/trustedx-resources/esignsp/v2/signer_processes/${process.id}`,
    await installation.standIn.signingToken(),
  )
  assertRefused(await waiting, 'signing_process_gone')
  await process.close()
})

test('documents are deleted at the provider once, and a deletion that fails is told', async () => {
  const isDelete = (path: string): boolean => path.startsWith('DELETE ')
  {
    await using process = await begin()
    installation.meddle = (path) =>
      isDelete(path) ? Promise.resolve(new Response('down', { status: 503 })) : undefined
    await installation.rejects(process.close(), 'identity_provider_unreachable')
  }
  assert.partialDeepStrictEqual(installation.events.at(-1), {
    type: 'signing_not_deleted',
    code: 'identity_provider_unreachable',
  })
  installation.meddle = () => undefined
  const process = await begin()
  const earlier = asked(isDelete)
  await process.close()
  await process.close()
  assert.equal(asked(isDelete), earlier + 1)
})

test('documents of a signing that could not begin are deleted', async () => {
  let uploads = 0
  installation.meddle = (path) => {
    if (path !== 'POST /trustedx-resources/esignsp/v2/documents') return undefined
    uploads += 1
    return uploads === 2 ? Promise.resolve(new Response('down', { status: 503 })) : undefined
  }
  const earlier = installation.asked.length
  const documents = [documentOf(pdf, 'one'), documentOf(pdf, 'two')]
  await installation.rejects(
    installation.signing.begin(requestOf(mariam, ...documents)),
    'identity_provider_unreachable',
    { step: 'document', status: 503 },
  )
  const deleted = installation.asked
    .slice(earlier)
    .filter((path) => path.startsWith('DELETE /trustedx-resources/esignsp/v2/documents/'))
  assert.equal(deleted.length, 1)
})

test('a callback for nothing that is open here is refused', async () => {
  const process = await begin()
  const callback = (status: string, id: string = process.id): (() => void) => {
    const parameters = new URLSearchParams({ status, signer_process_id: id })
    return () => installation.signing.noteCallback(parameters)
  }
  const unknown = { code: 'identity_attempt_unknown' }
  assert.throws(callback('finished', 'another'), unknown)
  assert.throws(callback('completed'), unknown)
  assert.doesNotThrow(callback('canceled'))
  await process.close()
  assert.throws(callback('finished'), unknown)
})

test('what a strange answer would make us do is not done', async () => {
  const created = {
    id: 'p-1',
    tasks: { pending: [{ type: 'UserBrowserTask', url: 'https://id.example/ui/1' }] },
    documents: [{ url: 'https://elsewhere.example/documents/d-1' }],
  }
  const cases: readonly (readonly [string, object])[] = [
    ['id', { id: '../../idshub/userinfo' }],
    ['tasks.pending.url', { tasks: { pending: [{ type: 'UserBrowserTask', url: 'javascript:alert(1)' }] } }],
    [
      'tasks.pending.url',
      { tasks: { pending: [{ type: 'UserBrowserTask', url: 'http://elsewhere.example/' }] } },
    ],
    ['tasks.pending.url', { tasks: {} }],
    ['documents', { documents: [] }],
  ]
  for (const [part, change] of cases) {
    installation.meddle = (path) =>
      path.endsWith('/signer_processes')
        ? Promise.resolve(Response.json({ ...created, ...change }, { status: 201 }))
        : undefined
    await installation.rejects(begin(), 'identity_provider_answer_invalid', { step: 'process', part })
  }
  // The address of a document may name another host: the token goes to ours all the same.
  installation.meddle = (path) =>
    path.endsWith('/signer_processes')
      ? Promise.resolve(Response.json(created, { status: 201 }))
      : isResult(path)
        ? Promise.resolve(Response.json({ status: 'finished' }))
        : path.endsWith('/signer_processes/p-1')
          ? Promise.resolve(Response.json({ ...created }))
          : undefined
  const process = await begin()
  assertRefused(await process.outcome(), 'signing_process_gone')
  assert.ok(installation.asked.includes('GET /trustedx-resources/esignsp/v2/documents/d-1/content'))
})
