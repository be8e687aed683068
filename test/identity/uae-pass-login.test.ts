import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { schemaProblems } from '../../src/admin-api/check-schema.ts'
import { findPersona } from '../../sandbox/identity/personas.ts'
import { signedDocumentReader } from '../../src/identity/signed-document-reader.ts'
import { openUaePass } from '../../src/identity/uae-pass.ts'
import { UaePassSettingsSchema } from '../../src/identity/uae-pass-settings.ts'
import { UaePassInstallation } from './uae-pass-installation.ts'

let installation: UaePassInstallation
before(async () => (installation = await UaePassInstallation.start()))
beforeEach(() => installation.calm())
after(() => installation[Symbol.asyncDispose]())

/** The true answer, with other members. */
async function changed(answer: () => Promise<Response>, change: object): Promise<Response> {
  return Response.json({ ...((await (await answer()).json()) as object), ...change })
}

test('an official logs in and is known by uuid, with names in both languages', async () => {
  const person = await installation.logIn('mariam')
  const { uuid, subject, emiratesId } = findPersona('mariam') ?? assert.fail()
  assert.notEqual(uuid, subject)
  assert.equal(person.uuid, uuid)
  assert.equal(person.provider, 'uae-pass')
  assert.equal(person.assurance, 'SOP3')
  assert.deepEqual(person.name, { ar: 'مريم سعيد الفلاسي', en: 'Mariam Saeed Al Falasi' })
  assert.equal(person.identityNumber?.reveal(), emiratesId)
  installation.assertSilent(person.identityNumber)
  assert.deepEqual(installation.events.at(-1), {
    type: 'login_finished',
    provider: 'uae-pass',
    assurance: 'SOP3',
  })
})

test('lower levels and visitors log in, without what is not known of them', async () => {
  assert.equal((await installation.logIn('omar')).assurance, 'SOP2')
  const { assurance, identityNumber, name } = await installation.logIn('layla')
  assert.deepEqual([assurance, identityNumber, name], ['SOP1', undefined, { en: 'Layla Darwish' }])
  const { login } = installation.open({ visitors: true })
  const visitor = await login.finish(await installation.visitWith(login, 'emma'))
  assert.equal(visitor.identityNumber, undefined)
})

test('an answer is taken once, in time, in the browser that began', async () => {
  const answer = await installation.visit('mariam')
  await installation.login.finish(answer)
  await installation.rejects(installation.login.finish(answer), 'identity_attempt_unknown')
  const stolen = await installation.visit('mariam')
  await installation.rejects(
    installation.login.finish({ ...stolen, binding: 'another browser' }),
    'identity_attempt_unknown',
  )
  const late = await installation.visit('mariam')
  installation.advance(600_000)
  await installation.rejects(installation.login.finish(late), 'identity_attempt_unknown')
})

test('a code of somebody else does not fit', async () => {
  const ours = await installation.visit('mariam')
  ours.parameters.set('code', '3b0c8b3e-6f5c-4a55-8cd7-04d5b8b7a0aa')
  await installation.rejects(installation.login.finish(ours), 'identity_provider_refused', {
    step: 'token',
    status: 400,
    providerCode: 'invalid_grant',
  })
})

test('a person who refuses on the telephone cancelled', async () => {
  await installation.rejects(
    installation.login.finish(await installation.visit('mariam', 'refuse')),
    'login_cancelled',
  )
  assert.deepEqual(installation.events.at(-1), {
    type: 'login_failed',
    provider: 'uae-pass',
    code: 'login_cancelled',
  })
})

test('an error of the provider in the callback keeps its code and nothing else', async () => {
  for (const [error, providerCode] of [
    ['invalid_scope', 'invalid_scope'],
    ['Mariam 784197939602294 is blocked', 'unreadable'],
  ] as const) {
    const { parameters, binding } = await installation.visit('mariam')
    const answer = new URLSearchParams({ error, state: parameters.get('state') ?? '' })
    await installation.rejects(installation.login.finish({ parameters: answer, binding }), 'login_refused', {
      providerCode,
    })
  }
})

test('user info that is away after the token is told with its step', async () => {
  await installation.standIn.switches({ userInfoDown: true })
  await installation.rejects(
    installation.login.finish(await installation.visit('mariam')),
    'identity_provider_unreachable',
    { step: 'userinfo', status: 503 },
  )
})

test('a wrong secret and an empty one are told apart, and none is shown', async () => {
  const wrong = installation.open({}, 'wrong-secret-Xoh7').login
  await installation.rejects(
    wrong.finish(await installation.visitWith(wrong, 'mariam')),
    'identity_provider_refused',
    { step: 'token', status: 401 },
  )
  const empty = installation.open({}, '').login
  await installation.rejects(empty.finish(await installation.visitWith(empty, 'mariam')), 'config_invalid', {
    problems: ['/secretFile: the file is empty'],
  })
})

test('a token that the provider does not vouch for is refused: ended, of another client, of another person', async () => {
  for (const [part, change] of [
    ['active', { active: false }],
    ['client_id', { client_id: 'another_client' }],
    ['sub', { sub: 'UAEPASS/another' }],
    ['sub', { sub: undefined }],
  ] as const) {
    installation.meddle = (path, answer) =>
      path.endsWith('/introspect') ? changed(answer, change) : undefined
    await installation.rejects(
      installation.login.finish(await installation.visit('mariam')),
      'identity_provider_answer_invalid',
      { step: 'introspect', part },
    )
  }
})

test('answers that are no answers are refused: no JSON, endless, a redirection', async () => {
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(0x20)),
  })
  for (const [code, response] of [
    ['identity_provider_answer_invalid', new Response('784197939602294', { status: 200 })],
    ['identity_provider_answer_invalid', new Response(endless, { status: 200 })],
    [
      'identity_provider_answer_invalid',
      new Response(null, { status: 302, headers: { location: 'https://elsewhere.example/' } }),
    ],
  ] as const) {
    installation.meddle = (path) => (path.endsWith('/userinfo') ? Promise.resolve(response) : undefined)
    await installation.rejects(installation.login.finish(await installation.visit('mariam')), code)
  }
})

test('a confirmation with the face is made by the person who is logged in', async () => {
  const person = await installation.logIn('mariam')
  const again = await installation.login.finish(await installation.visit('mariam', 'approve', person))
  assert.equal(again.uuid, person.uuid)
  const khalid = await installation.logIn('khalid')
  // The telephone of another person approves.
  const { loginHint } = khalid
  assert.ok(loginHint !== undefined)
  const other = await installation.visit('khalid', 'approve', { ...person, loginHint })
  await installation.rejects(installation.login.finish(other), 'person_changed')
})

test('a confirmation that is not set up is refused', async () => {
  const person = await installation.logIn('mariam')
  const { stepUp, ...rest } = installation.settings
  assert.ok(stepUp !== undefined)
  const { login } = openUaePass(rest, { reader: signedDocumentReader, onEvent: () => undefined })
  await installation.rejects(login.begin({ language: 'en', confirm: person }), 'login_refused')
  await installation.rejects(
    installation.login.begin({ language: 'en', confirm: { ...person, provider: 'test-oidc' } }),
    'login_refused',
  )
})

test('settings are checked whole, and no problem repeats a value', () => {
  assert.deepEqual(schemaProblems(UaePassSettingsSchema, installation.settings), [])
  const { signing, stepUp, ...rest } = installation.settings
  assert.ok(signing !== undefined && stepUp !== undefined)
  const bad = {
    ...rest,
    token: 'http://id.example/token',
    userinfo: 'https://user:pass@id.example/userinfo',
    stepUp: { ...stepUp, clientId: rest.clientId },
    signing: { ...signing, documents: 'ftp://id.example/' },
  }
  assert.throws(() => openUaePass(bad, { reader: signedDocumentReader, onEvent: () => undefined }), {
    code: 'config_invalid',
    details: {
      problems: [
        '/token: must be an https address',
        '/userinfo: must be an https address',
        '/signing/documents: must be an https address',
        '/stepUp/clientId: the confirmation has credentials of its own',
      ],
    },
  })
})
