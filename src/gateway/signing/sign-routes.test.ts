import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Api, createApi } from '../../admin-api/api-server.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { NOURA, PUBLIC_URL, SigningBench } from '../testing/signing-bench.ts'
import { signRoutes } from './sign-routes.ts'

async function open(
  publicUrl: string | undefined = PUBLIC_URL,
): Promise<{ readonly bench: SigningBench; readonly api: Api }> {
  const bench = new SigningBench()
  bench.grant(NOURA)
  const onUnexpected = (error: unknown): void => assert.fail(String(error))
  const api = await createApi({ title: 'test', description: 'test', onUnexpected })
  signRoutes(api, bench.desk, publicUrl, (event) => bench.events.push(event))
  return { bench, api }
}

const pathOf = (address: string): string => address.slice(PUBLIC_URL.length)

test('the ticket sets the cookie and leads to the login, once', async () => {
  const { bench, api } = await open()
  const { address } = await bench.desk.begin([bench.file()])
  const first = await api.inject({ url: pathOf(address) })
  assert.equal(first.statusCode, 303)
  assert.equal(first.headers.location, 'https://id.example/authorize')
  assert.match(
    String(first.headers['set-cookie']),
    /^wusla_sign=[\w-]{43}; Path=\/sign; HttpOnly; SameSite=Lax; Secure$/,
  )
  assert.deepEqual(
    [first.headers['cache-control'], first.headers['referrer-policy']],
    ['no-store', 'no-referrer'],
  )
  const second = await api.inject({ url: pathOf(address) })
  assert.deepEqual([second.statusCode, second.headers['set-cookie']], [404, undefined])
  assert.match(second.body, /dir="rtl"/)
  assert.match(String(second.headers['content-security-policy']), /^default-src 'none'/)
})

test('on this machine the cookie goes over plain http', async () => {
  const { bench, api } = await open('http://127.0.0.1:8081')
  const { address } = await bench.desk.begin([bench.file()])
  const answer = await api.inject({ url: pathOf(address) })
  assert.match(String(answer.headers['set-cookie']), /SameSite=Lax$/)
})

test('the login comes back with the cookie and leads to the signature, and that to the result', async () => {
  const { bench, api } = await open()
  const { signing, address } = await bench.desk.begin([bench.file()])
  const opened = await api.inject({ url: pathOf(address) })
  const [cookie = ''] = String(opened.headers['set-cookie']).split(';')
  const [, value = ''] = cookie.split('=')
  const callback = `/sign/callback?state=${value}`
  const stranger = await api.inject({ url: callback })
  assert.equal(stranger.statusCode, 404)
  const forged = await api.inject({ url: '/sign/callback?state=x', headers: { cookie } })
  assert.deepEqual([forged.statusCode, forged.body.includes('identity_attempt_unknown')], [400, true])
  const back = await api.inject({ url: callback, headers: { cookie: `other=1; ${cookie}; more=2` } })
  assert.deepEqual([back.statusCode, back.headers.location], [303, 'https://id.example/sign'])
  await bench.ended(signing)
  const done = await api.inject({ url: '/sign/done?status=finished', headers: { cookie } })
  assert.equal(done.statusCode, 200)
  assert.match(done.body, /تم التوقيع/)
})

test('what the provider cannot do is told on a page, with its code', async () => {
  const { bench, api } = await open()
  bench.throws.set('login', new WuslaError('identity_provider_unreachable'))
  const { signing, address } = await bench.desk.begin([bench.file()])
  const answer = await api.inject({ url: pathOf(address) })
  assert.deepEqual([answer.statusCode, answer.body.includes('identity_provider_unreachable')], [503, true])
  assert.equal(bench.desk.view(signing).status, 'failed')
})

test('without a provider there are no pages', async () => {
  const bench = new SigningBench()
  const api = await createApi({ title: 'test', description: 'test', onUnexpected: () => undefined })
  signRoutes(api, bench.desk, undefined, () => undefined)
  assert.equal((await api.inject({ url: '/sign/done' })).json<{ code: string }>().code, 'not_found')
})
