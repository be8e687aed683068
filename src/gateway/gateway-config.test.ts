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
