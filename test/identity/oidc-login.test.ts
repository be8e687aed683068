import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { schemaProblems } from '../../src/admin-api/check-schema.ts'
import type { IdentityEvent } from '../../src/identity/identity-event.ts'
import type { BegunLogin, LoginAnswer, LoginPort } from '../../src/identity/login.ts'
import { openOidcLogin } from '../../src/identity/oidc-login.ts'
import { OidcSettingsSchema } from '../../src/identity/oidc-settings.ts'
import type { OidcSettings } from '../../src/identity/oidc-settings.ts'
import type { WuslaError } from '../../src/protocol/wusla-error.ts'
import { CLIENT, OidcServer, REDIRECT, SECRET } from './oidc-server.ts'
import { TestBrowser } from './test-browser.ts'

const settingsFor = (server: OidcServer): OidcSettings => ({
  provider: 'test-oidc',
  issuer: server.issuer,
  clientId: CLIENT,
  secretFile: 'secret',
  redirectUri: REDIRECT,
  levels: { high: 'SOP3', middle: 'SOP2' },
  claims: { identityNumber: 'national_number' },
})

function openAt(server: OidcServer, secret: string = SECRET): { port: LoginPort; events: IdentityEvent[] } {
  const events: IdentityEvent[] = []
  const port = openOidcLogin(settingsFor(server), {
    onEvent: (event) => events.push(event),
    readText: () => Promise.resolve(secret),
  })
  return { port, events }
}

async function answerOf(
  { address, binding }: BegunLogin,
  browser: TestBrowser = new TestBrowser(),
): Promise<LoginAnswer> {
  const back = await browser.follow(address, REDIRECT)
  return { parameters: back.searchParams, binding: binding.reveal() }
}

test('a person logs in at a certified OpenID Connect server', async () => {
  await using server = await OidcServer.start()
  const { port, events } = openAt(server)
  server.visit = { account: 'mariam', acr: 'high' }
  const begun = await port.begin({ language: 'ar' })
  const query = new URL(begun.address).searchParams
  assert.equal(query.get('code_challenge_method'), 'S256')
  assert.equal(query.get('ui_locales'), 'ar')
  const person = await port.finish(await answerOf(begun))
  assert.partialDeepStrictEqual(
    { ...person },
    { provider: 'test-oidc', uuid: 'mariam', assurance: 'SOP3', name: { ar: 'زائر', en: 'Visitor mariam' } },
  )
  assert.equal(person.identityNumber?.reveal(), '784-mariam')
  assert.deepEqual(events, [{ type: 'login_finished', provider: 'test-oidc', assurance: 'SOP3' }])
})

test('a level that is not listed, or none, cannot sign', async () => {
  await using server = await OidcServer.start()
  const { port } = openAt(server)
  server.visit = { account: 'omar' }
  assert.equal((await port.finish(await answerOf(await port.begin({ language: 'en' })))).assurance, 'SOP1')
})

test('an answer is good once, and only in the browser that began', async () => {
  await using server = await OidcServer.start()
  const { port, events } = openAt(server)
  server.visit = { account: 'mariam', acr: 'high' }
  const answer = await answerOf(await port.begin({ language: 'en' }))
  await port.finish(answer)
  const unknown = { code: 'identity_attempt_unknown' }
  await assert.rejects(port.finish(answer), unknown)
  const stolen = await answerOf(await port.begin({ language: 'en' }))
  await assert.rejects(port.finish({ ...stolen, binding: undefined }), unknown)
  assert.deepEqual(
    events.map(({ type }) => type),
    ['login_finished', 'login_failed', 'login_failed'],
  )
})

test('a code of another login is refused: PKCE and nonce tie it to its own', async () => {
  await using server = await OidcServer.start()
  const { port } = openAt(server)
  server.visit = { account: 'attacker', acr: 'high' }
  const theirs = await answerOf(await port.begin({ language: 'en' }))
  server.visit = { account: 'mariam', acr: 'high' }
  const ours = await answerOf(await port.begin({ language: 'en' }))
  ours.parameters.set('code', theirs.parameters.get('code') ?? '')
  await assert.rejects(port.finish(ours), {
    code: 'identity_provider_refused',
    details: { step: 'oidc', status: 400, providerCode: 'invalid_grant' },
  })
})

test('a confirmation is made anew, by the very person', async () => {
  await using server = await OidcServer.start()
  const { port } = openAt(server)
  const browser = new TestBrowser()
  server.visit = { account: 'mariam', acr: 'high' }
  const person = await port.finish(await answerOf(await port.begin({ language: 'en' }), browser))
  const before = server.asked.filter((path) => path.startsWith('/interaction/')).length
  const again = await answerOf(await port.begin({ language: 'en', confirm: person }), browser)
  assert.ok(server.asked.filter((path) => path.startsWith('/interaction/')).length > before)
  assert.equal((await port.finish(again)).uuid, 'mariam')
  server.visit = { account: 'khalid', acr: 'high' }
  const other = await answerOf(await port.begin({ language: 'en', confirm: person }))
  await assert.rejects(port.finish(other), { code: 'person_changed' })
  await assert.rejects(port.begin({ language: 'en', confirm: { ...person, provider: 'uae-pass' } }), {
    code: 'login_refused',
  })
})

test('a confirmation that was not made anew is refused, whatever the browser did to the address', async () => {
  await using server = await OidcServer.start()
  let aheadMs = 0
  const port = openOidcLogin(settingsFor(server), {
    onEvent: () => undefined,
    clock: { nowMs: () => Date.now() + aheadMs },
    readText: () => Promise.resolve(SECRET),
  })
  const browser = new TestBrowser()
  server.visit = { account: 'mariam', acr: 'high' }
  const person = await port.finish(await answerOf(await port.begin({ language: 'en' }), browser))
  // The login is an hour old now.
  aheadMs = 3_600_000
  const begun = await port.begin({ language: 'en', confirm: person })
  const address = new URL(begun.address)
  for (const name of ['prompt', 'max_age']) address.searchParams.delete(name)
  const interactions = server.asked.filter((path) => path.startsWith('/interaction/')).length
  const answer = await answerOf({ ...begun, address: address.href }, browser)
  assert.equal(server.asked.filter((path) => path.startsWith('/interaction/')).length, interactions)
  await assert.rejects(port.finish(answer), {
    code: 'identity_provider_answer_invalid',
    details: { step: 'id token', part: 'auth_time' },
  })
})

test('a person who refuses, and a server that is away, are told apart', async () => {
  const server = await OidcServer.start()
  const { port } = openAt(server)
  server.visit = { account: 'mariam', refuses: true }
  const answer = await answerOf(await port.begin({ language: 'en' }))
  await assert.rejects(port.finish(answer), { code: 'login_cancelled' })
  await server[Symbol.asyncDispose]()
  await assert.rejects(openAt(server).port.begin({ language: 'en' }), {
    code: 'identity_provider_unreachable',
  })
})

test('a wrong secret is told with the code of the provider, and no error holds a secret', async () => {
  await using server = await OidcServer.start()
  const { port, events } = openAt(server, 'wrong-secret-Xoh7')
  server.visit = { account: 'mariam', acr: 'high' }
  const answer = await answerOf(await port.begin({ language: 'en' }))
  await assert.rejects(port.finish(answer), (error: WuslaError) => {
    assert.equal(error.code, 'identity_provider_refused')
    assert.equal(error.details['providerCode'], 'invalid_client')
    const seen = inspect([error, events], { depth: 12, showHidden: true })
    for (const secret of ['wrong-secret-Xoh7', answer.parameters.get('code') ?? '?', answer.binding ?? '?'])
      assert.ok(!seen.includes(secret))
    return true
  })
})

test('settings are checked whole', async () => {
  await using server = await OidcServer.start()
  assert.deepEqual(schemaProblems(OidcSettingsSchema, settingsFor(server)), [])
  const bad = {
    ...settingsFor(server),
    issuer: 'http://login.example',
    redirectUri: `${REDIRECT}?from=login`,
    scope: 'profile',
  }
  assert.throws(() => openOidcLogin(bad, { onEvent: () => assert.fail() }), {
    code: 'config_invalid',
    details: {
      problems: [
        '/issuer: must be an https address',
        '/redirectUri: must be an https address without a query',
        '/scope: has to contain openid',
      ],
    },
  })
})
