import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { PDFDocument } from '@cantoo/pdf-lib'
import { processBody, signerBody, type Started, taskUrl, TestStandIn } from '../testing/stand-in-client.ts'

const RESOURCES = '/trustedx-resources/esignsp/v2'

/** What a slow telephone waits for; tests let go of it. */
let letGo: () => void = () => {}
let standIn: TestStandIn
let pdf: Uint8Array<ArrayBuffer>

before(async () => {
  standIn = await TestStandIn.start(async (ms) => {
    if (ms > 0) await new Promise<void>((resolve) => (letGo = resolve))
  })
  const document = await PDFDocument.create()
  document.addPage([300, 200])
  pdf = await document.save({ useObjectStreams: false })
})
beforeEach(async () => await standIn.switches({}))
after(async () => await standIn[Symbol.asyncDispose]())

const get = async (path: string, token?: string) =>
  await standIn.call('GET', path, token ?? (await standIn.signingToken()))

async function resultOf({ self }: { readonly self: string }): Promise<{ status: number; result: unknown }> {
  const { status, json } = await get(`${self}/result`)
  return { status, result: json['status'] }
}

function statusIn(address: string): string | null {
  return new URL(address).searchParams.get('status')
}

async function start(name = 'Sign1'): Promise<Started> {
  return await standIn.startSigning(pdf, { name })
}

test('a browser approves on the page, and the server is asked for the result', async () => {
  const process = await start()
  assert.deepEqual(await resultOf(process), { status: 404, result: undefined })
  const html = await (await fetch(process.page)).text()
  assert.match(html, /TEST ONLY/)
  assert.match(html, /طابِق هذا الرقم/)
  const body = new URLSearchParams({ persona: 'noura', answer: 'approve' })
  const sent = await fetch(process.page, { method: 'POST', body, redirect: 'manual' })
  const back = new URL(sent.headers.get('location') ?? '')
  assert.deepEqual(
    [
      back.searchParams.get('status'),
      back.searchParams.get('signer_process_id'),
      back.searchParams.get('from'),
    ],
    ['finished', process.id, 'signing'],
  )
  assert.deepEqual(await resultOf(process), { status: 200, result: 'finished' })
  const { json } = await get(process.self)
  assert.deepEqual(json['tasks'], { pending: [] })
  assert.deepEqual((json['documents'] as { result: object }[])[0]?.result, { status: 'finished' })
  const [signature] = await standIn.verify(await standIn.download(process.documents[0]?.content ?? ''))
  assert.match(signature?.subject ?? '', /784199066447543/)
})

test('refused, or cancelled although approved: canceled with one l, and nothing is signed', async () => {
  const refused = await start()
  assert.equal(statusIn(await standIn.answer(refused.page, 'noura', 'refuse')), 'canceled')
  assert.deepEqual(await resultOf(refused), { status: 200, result: 'canceled' })
  assert.deepEqual(await standIn.download(refused.documents[0]?.content ?? ''), pdf)
  await standIn.switches({ personCancels: true })
  assert.equal(statusIn(await standIn.answer((await start()).page, 'noura')), 'canceled')
})

test('another person signs', async () => {
  await standIn.switches({ signsInstead: 'khalid' })
  const [signature] = await standIn.verify(await standIn.sign(pdf, { name: 'Sign1' }, 'noura'))
  assert.match(signature?.subject ?? '', /784198450885052/)
  assert.equal(signature?.isIntact, true)
})

test('the callback never comes, and the result is there', async () => {
  await standIn.switches({ callback: 'never' })
  const process = await start()
  const body = new URLSearchParams({ persona: 'noura', answer: 'approve' })
  const sent = await fetch(process.page, { method: 'POST', body, redirect: 'manual' })
  assert.deepEqual([sent.status, sent.headers.get('location')], [200, null])
  assert.deepEqual(await resultOf(process), { status: 200, result: 'finished' })
})

test('a forged callback says finished, and nobody signed', async () => {
  await standIn.switches({ callback: 'forged' })
  const process = await start()
  assert.equal(statusIn(await standIn.answer(process.page, 'noura')), 'finished')
  const shown = await fetch(process.page, { redirect: 'manual' })
  assert.equal(statusIn(shown.headers.get('location') ?? ''), 'finished')
  assert.equal((await resultOf(process)).status, 404)
  assert.deepEqual(await standIn.download(process.documents[0]?.content ?? ''), pdf)
})

test('the callback is earlier than the result: 404 first', async () => {
  await standIn.switches({ callback: 'early', phoneDelayMs: 60_000 })
  const process = await start()
  assert.equal(statusIn(await standIn.answer(process.page, 'noura')), 'finished')
  assert.equal((await resultOf(process)).status, 404)
  letGo()
  const seen = []
  while (seen.at(-1) !== 200) seen.push((await resultOf(process)).status)
  assert.ok(seen.length >= 3, `two more questions are answered 404, saw ${seen.join()}`)
})

test('a token ends after 300 seconds, or midway', async () => {
  using _ = standIn.stopClock()
  const token = await standIn.signingToken()
  const process = await standIn.startSigning(pdf, { name: 'Sign1' }, token)
  standIn.advance(299_000)
  assert.equal((await get(process.self, token)).status, 200)
  standIn.advance(1_000)
  assert.equal((await get(process.self, token)).status, 401)
  const next = await standIn.signingToken()
  await standIn.control('POST', '/tokens/expire')
  assert.equal((await get(`${process.self}/result`, next)).status, 401)
  await standIn.switches({ signingTokenSeconds: 5 })
  const short = await standIn.signingToken()
  standIn.advance(5_000)
  assert.equal((await get(process.self, short)).status, 401)
})

test('one approval signs several documents, and one of them may fail', async () => {
  const token = await standIn.signingToken()
  const documents = []
  for (const name of ['A', 'B', 'C']) {
    const form = new FormData()
    form.append('signers', JSON.stringify([signerBody({ name })]))
    form.append('document', new Blob([pdf], { type: 'application/pdf' }), 'a.pdf')
    const { status, json } = await standIn.call('POST', `${RESOURCES}/documents`, token, form)
    assert.equal(status, 201)
    documents.push({ id: json['id'] })
  }
  await standIn.switches({ failsDocument: 1 })
  const { json } = await standIn.call('POST', `${RESOURCES}/signer_processes`, token, {
    ...processBody(),
    documents,
  })
  assert.equal(statusIn(await standIn.answer(taskUrl(json), 'khalid')), 'failed_documents')
  const list = (await get(`${String(json['self'])}/documents`)).json['documents'] as {
    content: string
    result: object
  }[]
  assert.deepEqual(
    list.map(({ result }) => result),
    [{ status: 'finished' }, { status: 'failed' }, { status: 'finished' }],
  )
  assert.deepEqual(await standIn.download(list[1]?.content ?? ''), pdf)
  assert.equal((await standIn.verify(await standIn.download(list[2]?.content ?? '')))[0]?.field, 'C')
})

test('without a time-stamp nothing is signed', async () => {
  await standIn.switches({ timeStampDown: true })
  const process = await start()
  assert.equal(statusIn(await standIn.answer(process.page, 'noura')), 'failed')
  const { json } = await get(`${process.self}/result`)
  assert.match(JSON.stringify(json), /time-stamping authority answered 503/)
})

test('a field name that the document has already fails late', async () => {
  const once = await standIn.sign(pdf, { name: 'Sign1' }, 'noura')
  const process = await standIn.startSigning(once, { name: 'Sign1' })
  assert.equal(statusIn(await standIn.answer(process.page, 'khalid')), 'failed')
  assert.match(JSON.stringify((await get(`${process.self}/result`)).json), /has a field Sign1 already/)
})

test('a deleted process is gone: 410 for its result, 404 for the rest', async () => {
  const process = await start()
  const remove = async () => (await standIn.call('DELETE', process.self, await standIn.signingToken())).status
  assert.equal(await remove(), 204)
  assert.equal(await remove(), 404)
  assert.equal((await resultOf(process)).status, 410)
  assert.equal((await get(process.self)).status, 404)
  assert.equal((await get(process.documents[0]?.content ?? '')).status, 404, 'its documents go with it')
  assert.equal((await fetch(process.page)).status, 410)
})

test('who has level SOP1 cannot sign', async () => {
  for (const persona of ['layla', 'emma']) {
    const process = await start()
    assert.equal(statusIn(await standIn.answer(process.page, persona)), 'failed')
    assert.match(JSON.stringify((await get(`${process.self}/result`)).json), /level of the person/)
    assert.deepEqual(await standIn.download(process.documents[0]?.content ?? ''), pdf)
  }
})

test('a slow telephone keeps the result away, and a second answer does not count', async () => {
  await standIn.switches({ phoneDelayMs: 300_000 })
  const process = await start()
  const answered = standIn.answer(process.page, 'noura')
  while ((await fetch(process.page)).status !== 410) assert.equal((await resultOf(process)).status, 404)
  assert.equal(
    (await standIn.control('POST', '/answer', { url: process.page, persona: 'omar', answer: 'approve' }))
      .status,
    410,
  )
  letGo()
  assert.equal(statusIn(await answered), 'finished')
})

test('a browser is shown a page while the telephone is slow, and sent back later', async () => {
  await standIn.switches({ phoneDelayMs: 300_000 })
  const process = await start()
  const body = new URLSearchParams({ persona: 'noura', answer: 'approve' })
  const sent = await fetch(process.page, { method: 'POST', body, redirect: 'manual' })
  const wait = `${standIn.url}${sent.headers.get('location') ?? ''}`
  const waiting = await fetch(wait)
  assert.match(await waiting.text(), /http-equiv="refresh" content="2"/)
  letGo()
  let shown = await fetch(wait, { redirect: 'manual' })
  while (shown.status === 200) shown = await fetch(wait, { redirect: 'manual' })
  assert.equal(statusIn(shown.headers.get('location') ?? ''), 'finished')
})

test('another client sees neither process nor document', async () => {
  const process = await start()
  const { json } = await standIn.control('POST', '/clients', { redirectUris: [] })
  const form = { grant_type: 'client_credentials', scope: 'urn:safelayer:eidas:sign:process:document' }
  const basic = `Basic ${Buffer.from(`${String(json['id'])}:${String(json['secret'])}`).toString('base64')}`
  const token = String(
    (await standIn.post('/trustedx-authserver/oauth/main-as/token', form, basic)).json['access_token'],
  )
  assert.equal((await get(process.self, token)).status, 404)
  assert.equal((await get(process.documents[0]?.content ?? '', token)).status, 404)
})

test('what is not as documented is refused with 400', async () => {
  const token = await standIn.signingToken()
  const good = { ...processBody(), signer: signerBody({ name: 'Sign1' }) }
  const send = async (process: object, document: Blob): Promise<number> => {
    const form = new FormData()
    form.append('process', JSON.stringify(process))
    form.append('document', document, 'a.pdf')
    return (await standIn.call('POST', `${RESOURCES}/signer_processes`, token, form)).status
  }
  assert.equal(await send(good, new Blob([pdf])), 201)
  assert.equal(await send(good, new Blob(['hello'])), 400)
  for (const change of [
    { process_type: 'x' },
    { timestamp: {} },
    { finish_callback_url: 'javascript:1' },
    { signer: {} },
  ])
    assert.equal(await send({ ...good, ...change }, new Blob([pdf])), 400, JSON.stringify(change))
})
