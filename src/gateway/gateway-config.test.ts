import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatewayConfigProblems } from './gateway-config.ts'

const config = (frontDoor: object): object => ({
  gateway: 'AE-DU/GOV/RTA/gw-1',
  anchor: 'anchor.json',
  registry: 'http://127.0.0.1:7600',
  frontDoor,
  admin: { listen: '127.0.0.1:8081' },
})

test('plain HTTP beyond this machine needs the word of the operator', () => {
  for (const http of ['0.0.0.0:8080', '10.0.0.1:8080', 'gateway.internal:8080', '[::]:8080']) {
    const [problem, ...more] = gatewayConfigProblems(config({ http }))
    assert.match(problem ?? '', /^\/frontDoor\/http: .*allowRemotePlainHttp/)
    assert.deepEqual(more, [])
    assert.deepEqual(gatewayConfigProblems(config({ http, allowRemotePlainHttp: true })), [])
  }
  for (const http of ['127.0.0.1:0', 'localhost:8080', '[::1]:8080'])
    assert.deepEqual(gatewayConfigProblems(config({ http })), [])
})

test('the admin API stays on this machine whatever the front door does', () => {
  const remote = {
    ...config({ http: '0.0.0.0:80', allowRemotePlainHttp: true }),
    admin: { listen: '0.0.0.0:81' },
  }
  assert.deepEqual(
    gatewayConfigProblems(remote).map((problem) => problem.split(':')[0]),
    ['/admin/listen'],
  )
})

test('what others dial is one numeric address', () => {
  const placesOf = (direct: object): (string | undefined)[] =>
    gatewayConfigProblems({ ...config({ http: '127.0.0.1:0' }), ...direct }).map(
      (problem) => problem.split(':')[0],
    )
  for (const good of [
    {},
    { directDial: 'any', directDialLocal: true },
    { directListen: '10.1.2.3:7443' },
    { directListen: '[2001:db8::7]:0' },
    { directListen: '0.0.0.0:7443', directAnnounce: '10.1.2.3:17443' },
    { directListen: 'gw.internal:7443', directAnnounce: '[2001:db8::7]:443' },
  ])
    assert.deepEqual(placesOf(good), [])
  assert.deepEqual(placesOf({ directListen: '10.1.2.3' }), ['/directListen'])
  assert.ok(placesOf({ directDial: 'all' }).every((place) => place === '/directDial'))
  assert.ok(placesOf({ directDial: 'all' }).length > 0)
  for (const directListen of ['0.0.0.0:7443', '[::]:7443', 'gw.internal:7443'])
    assert.deepEqual(placesOf({ directListen }), ['/directAnnounce'])
  assert.deepEqual(placesOf({ directAnnounce: '10.1.2.3:7443' }), ['/directAnnounce'])
  for (const directAnnounce of ['10.1.2.3:0', 'gw.example:7443', '0.0.0.0:7443', '10.1.2.3', '[fe80::1%1]:1'])
    assert.deepEqual(placesOf({ directListen: '10.1.2.3:1', directAnnounce }), ['/directAnnounce'])
})

const uaePass = (at: string, redirectUri: string): object => ({
  ...Object.fromEntries(
    ['authorize', 'token', 'userinfo', 'introspect'].map((name) => [name, `${at}/idshub/${name}`]),
  ),
  clientId: 'id',
  secretFile: 'uae-pass.secret',
  redirectUri,
  signing: {
    token: `${at}/t`,
    processes: `${at}/p`,
    documents: `${at}/d`,
    clientId: 'id',
    secretFile: 'uae-pass.secret',
  },
})

test('a stand-in of the national identity needs a network for trying out', () => {
  const placesOf = (at: string, more: object = {}): (string | undefined)[] =>
    gatewayConfigProblems({
      ...config({ http: '127.0.0.1:0' }),
      identity: {
        publicUrl: 'https://sign.example',
        uaePass: uaePass(at, 'https://sign.example/sign/callback'),
      },
      ...more,
    }).map((problem) => problem.split(':')[0])
  const all = [
    'authorize',
    'token',
    'userinfo',
    'introspect',
    'signing/token',
    'signing/processes',
    'signing/documents',
  ]
  const places = all.map((name) => `/identity/uaePass/${name}`)
  assert.deepEqual(placesOf('https://id.example'), [])
  for (const local of [
    'http://127.0.0.1:7000',
    'https://localhost:7000',
    'https://127.0.0.2',
    'https://[::1]:1',
  ])
    assert.deepEqual(placesOf(local), places)
  assert.deepEqual(placesOf('http://127.0.0.1:7000', { testAuthorities: true }), [])
  assert.deepEqual(placesOf('http://id.example', { testAuthorities: true }), places)
})

test('the callbacks of the signing pages are where they are registered', () => {
  const placesOf = (publicUrl: string, redirectUri: string): (string | undefined)[] =>
    gatewayConfigProblems({
      ...config({ http: '127.0.0.1:0' }),
      identity: { publicUrl, uaePass: uaePass('https://id.example', redirectUri) },
    }).map((problem) => problem.split(':')[0])
  assert.deepEqual(placesOf('http://127.0.0.1:8081', 'http://127.0.0.1:8081/sign/callback'), [])
  assert.deepEqual(placesOf('https://a.example', 'https://a.example/sign/back'), [
    '/identity/uaePass/redirectUri',
  ])
  for (const publicUrl of ['https://a.example/', 'https://a.example/x', 'http://a.example', 'a.example'])
    assert.deepEqual(placesOf(publicUrl, 'https://a.example/sign/callback'), ['/identity/publicUrl'])
})
