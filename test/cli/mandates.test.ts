import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { openTestAuthority, POLICIES } from '../../sandbox/identity/authority/test-authority.ts'
import { RTA, StubNetwork } from './stub-network.ts'

let network: StubNetwork
before(async () => {
  network = await StubNetwork.start()
})
beforeEach(() => {
  network.asked.length = 0
  network.answers = {}
})
after(() => network[Symbol.dispose]())

test('an identity number comes from a file, a person or the environment, never from an argument', async (t) => {
  network.answers = { 'POST /v1/mandates': { mandate: 'M', index: 1 } }
  const member = ['--member', RTA]
  const numberFile = join(network.folder, 'number')
  writeFileSync(numberFile, '784-1990-6644754-3\n')
  const deed = ['--instrument', numberFile]
  assert.equal(
    (await network.wusla(t, 'mandate', 'grant', ...member, ...deed, '--identity-file', numberFile)).code,
    0,
  )
  assert.equal(
    (
      await network.wusla(
        t,
        'mandate',
        'grant',
        ...member,
        '--persona',
        'rashid',
        '--kind',
        'hosting',
        '--four-eyes',
      )
    ).code,
    0,
  )
  assert.deepEqual(
    network.asked.map(({ body }) => [body['identityNumber'], body['kinds'], body['fourEyes']]),
    [
      ['784-1990-6644754-3', ['service'], undefined],
      ['784198261504728', ['hosting'], true],
    ],
  )
  const noted = JSON.parse(readFileSync(join(network.folder, 'mandates', noteName('M')), 'utf8')) as object
  assert.deepEqual(Object.keys(noted).toSorted(), [
    'kinds',
    'mandate',
    'member',
    'office',
    'persona',
    'validUntil',
  ])
  for (const [args, words] of [
    [['--identity', '784199066447543'], /unknown option/],
    [['--persona', 'layla'], /does not know the identity number of layla/],
    [['--identity-file', numberFile], /rests on a deed of appointment/],
    [deed, /nothing says the identity number/],
  ] as const) {
    const wrong = await network.wusla(t, 'mandate', 'grant', ...member, ...args)
    assert.equal(wrong.code, 2, args.join(' '))
    assert.match(wrong.stderr, words)
  }
  assert.equal(network.asked.length, 2)
})

test('a policy is set with the roots of a file, and shown in words', async (t) => {
  const { root } = await openTestAuthority(network.folder, 'http://127.0.0.1:9')
  const pem = join(network.folder, 'root.pem')
  const lines =
    Buffer.from(root.certificate)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  writeFileSync(pem, `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`)
  const policy = {
    level: 'qualified',
    qualifiedPolicies: [POLICIES.qualified],
    roots: [Buffer.from(root.certificate).toString('base64url')],
    answerWithinDays: 14,
  }
  network.answers = {
    'PUT /v1/signing-policy': { index: 1 },
    'GET /v1/signing-policy': { ...policy, testAuthorities: true },
  }
  const set = await network.wusla(t, 'policy', 'set', '--root', pem, '--qualified-policy', POLICIES.qualified)
  assert.equal(set.code, 0, set.stderr)
  assert.deepEqual(network.asked, [{ call: 'registry PUT /v1/signing-policy', body: policy }])
  const shown = await network.wusla(t, 'policy', 'show')
  assert.match(shown.stdout, /root: .*CN=TEST Stand-in Root CA/)
  assert.match(shown.stdout, /TEST AUTHORITIES ARE BELIEVED/)
  const none = await network.wusla(t, 'policy', 'set', '--root', join(network.folder, 'sandbox.json'))
  assert.deepEqual([none.code, /no certificate in PEM/.test(none.stderr)], [2, true])
})

function noteName(mandate: string): string {
  return `${createHash('sha256').update(mandate).digest('hex').slice(0, 32)}.json`
}
