import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { basicOf, type Json, RETURN_URI, TestStandIn } from '../testing/stand-in-client.ts'

let standIn: TestStandIn
before(async () => {
  standIn = await TestStandIn.start()
})
beforeEach(async () => await standIn.switches({}))
after(async () => await standIn[Symbol.asyncDispose]())

async function browse(address: string): Promise<Response> {
  return await fetch(address, { redirect: 'manual' })
}

async function userInfo(persona: string, scope?: string): Promise<Json> {
  const { status, json } = await standIn.call('GET', '/idshub/userinfo', await standIn.logIn(persona, scope))
  assert.equal(status, 200)
  return json
}

async function codeOf(persona: string): Promise<string> {
  return new URL(await standIn.answer(standIn.authoriseUrl(), persona)).searchParams.get('code') ?? ''
}

const tokenForm = (code: string, redirect_uri = RETURN_URI): Record<string, string> => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri,
})

test('a browser without scripts logs a person in, page by page', async () => {
  const shown = await browse(standIn.authoriseUrl())
  const html = await shown.text()
  assert.equal(shown.status, 200)
  assert.match(html, /<html lang="ar" dir="rtl">/)
  assert.match(html, /للاختبار فقط/)
  assert.match(html, /TEST ONLY: this is not the real digital identity/)
  assert.match(html, /نورة أحمد المرّي · <span lang="en">Noura Ahmed Al Marri/)
  assert.doesNotMatch(html, /<script/)
  const action = /action="([^"]+)"/.exec(html)?.[1] ?? ''
  const body = new URLSearchParams({ persona: 'noura', answer: 'approve' })
  const sent = await fetch(`${standIn.url}${action}`, { method: 'POST', body, redirect: 'manual' })
  assert.equal(sent.status, 303)
  const back = new URL(sent.headers.get('location') ?? '')
  assert.equal(back.searchParams.get('from'), 'login', 'parameters of the address itself stay')
  assert.equal(back.searchParams.get('state'), 'state-1')
  const again = await fetch(`${standIn.url}${action}`, { method: 'POST', body, redirect: 'manual' })
  assert.equal(again.status, 410, 'a question is answered once')
  const english = await (await browse(standIn.authoriseUrl({ ui_locales: 'en' }))).text()
  assert.match(english, /<html lang="en" dir="ltr">/)
})

test('an unknown client or an address that differs in one byte is told on a page, never redirected', async () => {
  const changed = { redirect_uri: `${RETURN_URI}&` }
  for (const change of [{ client_id: 'stranger' }, changed, { redirect_uri: undefined }]) {
    const { status, headers } = await browse(standIn.authoriseUrl(change))
    assert.deepEqual([status, headers.get('location')], [400, null], JSON.stringify(change))
  }
  assert.match(
    await (await browse(standIn.authoriseUrl({ client_id: 'x' }))).text(),
    /Consumer Key not found/,
  )
})

test('a request that the provider does not know goes back with its error', async () => {
  const cases: readonly (readonly [object, string])[] = [
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ scope: 'openid' }, 'invalid_scope'],
    [{ scope: 'urn:uae:digitalid:profile:general openid' }, 'invalid_scope'],
    [{ acr_values: undefined }, 'invalid_request'],
    [{ state: undefined }, 'invalid_request'],
    [{ username: '784199066447543' }, 'invalid_request'],
  ]
  for (const [change, error] of cases) {
    const { headers } = await browse(standIn.authoriseUrl(change as Record<string, string | undefined>))
    const back = new URL(headers.get('location') ?? '')
    assert.equal(back.searchParams.get('error'), error, JSON.stringify(change))
  }
})

test('a person refuses, or cancels although approving, and the client learns it', async () => {
  const refused = new URL(await standIn.answer(standIn.authoriseUrl(), 'noura', 'refuse'))
  assert.deepEqual(
    [refused.searchParams.get('error'), refused.searchParams.get('error_description')],
    ['access_denied', 'cancelledOnApp'],
  )
  await standIn.switches({ personCancels: true })
  const cancelled = new URL(await standIn.answer(standIn.authoriseUrl(), 'noura'))
  assert.equal(cancelled.searchParams.get('error'), 'access_denied')
})

test('a code is good once, for ten minutes, for its client and its address', async () => {
  const code = await codeOf('noura')
  const first = await standIn.post('/idshub/token', tokenForm(code))
  assert.equal(first.status, 200)
  assert.match(String(first.json['access_token']), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  assert.deepEqual([first.json['token_type'], first.json['expires_in']], ['Bearer', 3600])
  assert.equal('id_token' in first.json || 'refresh_token' in first.json, false)
  assert.equal((await standIn.post('/idshub/token', tokenForm(code))).json['error'], 'invalid_grant')

  const elsewhere = await standIn.post('/idshub/token', tokenForm(await codeOf('noura'), `${RETURN_URI}&`))
  assert.equal(elsewhere.json['error'], 'invalid_grant')
  const other = (await standIn.control('POST', '/clients', { redirectUris: [RETURN_URI] })).json
  const basic = basicOf(other as unknown as { id: string; secret: string })
  const foreign = await standIn.post('/idshub/token', tokenForm(await codeOf('noura')), basic)
  assert.equal(foreign.json['error'], 'invalid_grant')
  const late = await codeOf('noura')
  standIn.advance(600_000)
  assert.equal((await standIn.post('/idshub/token', tokenForm(late))).json['error'], 'invalid_grant')
})

test('clients authenticate with Basic alone, and a body may be multipart', async () => {
  const { id, secret } = standIn.standIn.client
  const inBody = { ...tokenForm(await codeOf('noura')), client_id: id, client_secret: secret }
  assert.equal((await standIn.post('/idshub/token', inBody, '')).status, 401)
  const wrong = await standIn.post('/idshub/token', inBody, basicOf({ id, secret: 'wrong' }))
  assert.deepEqual([wrong.status, wrong.json['error']], [401, 'invalid_client'])
  const stranger = await standIn.post('/idshub/token', inBody, basicOf({ id: 'stranger', secret }))
  assert.equal(stranger.json['error_description'], 'Consumer Key not found')
  const form = new FormData()
  for (const [name, value] of Object.entries(tokenForm(await codeOf('noura')))) form.append(name, value)
  const headers = { authorization: standIn.basic }
  const multipart = await fetch(`${standIn.url}/idshub/token`, { method: 'POST', headers, body: form })
  assert.equal(multipart.status, 200)
})

test('user information differs by level, and names come packed', async () => {
  const noura = await userInfo('noura')
  assert.equal(noura['uuid'], 'ce80c4b0-a404-4bb3-9434-1aad06905269')
  assert.match(String(noura['sub']), /^UAEPASS\/[0-9a-f-]{36}$/)
  assert.notEqual(noura['sub'], `UAEPASS/${noura['uuid']}`)
  assert.equal(noura['fullnameEN'], 'Noura,Ahmed,,,Al Marri ')
  assert.equal(noura['fullnameAR'], 'نورة,أحمد,,,المرّي ')
  assert.deepEqual([noura['userType'], noura['idn']], ['SOP3', '784199066447543'])
  assert.equal((await userInfo('omar'))['userType'], 'SOP2')
  const layla = await userInfo('layla')
  assert.equal(layla['userType'], 'SOP1')
  for (const claim of ['idn', 'fullnameEN', 'firstnameAR', 'nationalityEN', 'gender'])
    assert.equal(claim in layla, false, claim)
  const profile = 'urn:uae:digitalid:profile:general'
  const emma = await userInfo('emma', `${profile} ${profile}:profileType ${profile}:unifiedId`)
  assert.ok('profileType' in emma && 'unifiedID' in emma && !('idn' in emma))
  assert.equal('unifiedID' in (await userInfo('emma')), false, 'only when the scope asks')
})

test('user information is unavailable with a good token, and refused with a bad one', async () => {
  const token = await standIn.logIn('noura')
  await standIn.switches({ userInfoDown: true })
  assert.equal((await standIn.call('GET', '/idshub/userinfo', token)).status, 503)
  assert.equal((await standIn.call('GET', '/idshub/userinfo', 'nonsense')).status, 401)
  await standIn.switches({})
  standIn.advance(3_600_000)
  assert.equal((await standIn.call('GET', '/idshub/userinfo', token)).status, 401, 'after an hour')
})

test('introspection tells an active token from any other', async () => {
  const token = await standIn.logIn('khalid')
  const { json } = await standIn.post('/idshub/introspect', { token })
  assert.equal(json['active'], true)
  assert.equal(json['client_id'], standIn.standIn.client.id)
  assert.match(String(json['sub']), /^UAEPASS\//)
  await standIn.control('POST', '/tokens/expire')
  assert.deepEqual((await standIn.post('/idshub/introspect', { token })).json, { active: false })
  assert.equal((await standIn.post('/idshub/introspect', { token }, '')).status, 401)
})

test('a step-up client names the person, and nobody else may answer', async () => {
  const { json } = await standIn.control('POST', '/clients', { redirectUris: [RETURN_URI], stepUp: true })
  const url = standIn.authoriseUrl({ client_id: String(json['id']), username: '784199066447543' })
  const html = await (await browse(url)).text()
  assert.match(html, /Noura/)
  assert.doesNotMatch(html, /Khalid/)
  const other = await standIn.control('POST', '/answer', { url, persona: 'khalid', answer: 'approve' })
  assert.equal(other.status, 410)
  assert.match(await standIn.answer(url, 'noura'), /code=/)
})

test('log-out goes back to registered addresses only, and there is no discovery', async () => {
  const at = (uri: string): string =>
    `${standIn.url}/idshub/logout?${new URLSearchParams({ redirect_uri: uri }).toString()}`
  assert.equal((await browse(at(RETURN_URI))).headers.get('location'), RETURN_URI)
  assert.equal((await browse(at('http://127.0.0.1:9/other'))).status, 400)
  for (const path of [
    '/.well-known/openid-configuration',
    '/idshub/jwks',
    '/idshub/.well-known/openid-configuration',
  ])
    assert.equal((await browse(`${standIn.url}${path}`)).status, 404)
})

test('the control API is closed without its token, and takes no unknown switch', async () => {
  const response = await fetch(`${standIn.url}/control/switches`, {
    headers: { authorization: standIn.basic },
  })
  assert.equal(response.status, 401)
  const { status, json } = await standIn.control('PUT', '/switches', { callback: 'sometimes', colour: 1 })
  assert.deepEqual([status, json], [400, { problems: ['callback', 'colour'] }])
})
