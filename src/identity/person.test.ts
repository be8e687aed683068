import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertMaySign, signatureTierOf } from './assurance.ts'
import { HiddenText } from './hidden-text.ts'
import { normalName } from './person.ts'
import type { Person } from './person.ts'
import { personOf } from './uae-pass/user-info.ts'

const INFO = {
  sub: 'UAEPASS/9c1e1ac0-0000-4000-8000-000000000001',
  uuid: '66ceab36-0512-4d13-9107-22311710cf53',
  userType: 'SOP3',
  fullnameEN: 'Mariam,Saeed,,Al Falasi,  ,',
  fullnameAR: 'مريم,سعيد,,الفلاسي, ',
  idn: '784197939602294',
  email: 'mariam@example.ae',
  mobile: '971500000001',
}

test('a name is put together from its packed parts', () => {
  assert.equal(normalName('Mariam,Saeed,,Al  Falasi,  ,'), 'Mariam Saeed Al Falasi')
  assert.equal(normalName('مريم,سعيد,,الفلاسي, '), 'مريم سعيد الفلاسي')
  assert.equal(normalName(' , ,'), undefined)
  assert.equal(normalName('Al\u202Ei Fal\u0000asi\u2066'), 'Ali Falasi')
  assert.equal(normalName('م'.repeat(500))?.length, 200)
})

test('a person is who the user info says, by uuid and never by sub', () => {
  const person = personOf('uae-pass', INFO, 'email')
  assert.equal(person.uuid, INFO.uuid)
  assert.equal(person.assurance, 'SOP3')
  assert.deepEqual(person.name, { ar: 'مريم سعيد الفلاسي', en: 'Mariam Saeed Al Falasi' })
  assert.equal(person.identityNumber?.reveal(), INFO.idn)
  assert.equal(person.loginHint?.reveal(), INFO.email)
  assert.equal(personOf('uae-pass', INFO, 'mobile').loginHint?.reveal(), INFO.mobile)
  assert.equal(personOf('uae-pass', INFO, undefined).loginHint, undefined)
})

test('names fall back to first and last name', () => {
  const { fullnameEN, fullnameAR, ...rest } = INFO
  assert.ok(fullnameEN !== '' && fullnameAR !== '')
  const info = { ...rest, fullnameEN: ' ', firstnameEN: 'Omar', lastnameEN: 'Haddad ', firstnameAR: '' }
  assert.deepEqual(personOf('uae-pass', info, undefined).name, { en: 'Omar Haddad' })
})

test('a user info without its key, level or with a strange number is no person', () => {
  const wrong: readonly (readonly [string, object])[] = [
    ['uuid', { uuid: '' }],
    ['uuid', { uuid: 'UAEPASS/../x' }],
    ['userType', { userType: 'SOP4' }],
    ['idn', { idn: '12345' }],
    ['idn', { idn: '784-1979-3960229-4' }],
  ]
  for (const [part, change] of wrong) {
    assert.throws(() => personOf('uae-pass', { ...INFO, ...change }, undefined), {
      code: 'identity_provider_answer_invalid',
      details: { step: 'userinfo', part },
    })
  }
})

test('the level decides what a person may sign', () => {
  const person = (assurance: Person['assurance'], idn: string | undefined = INFO.idn): Person => ({
    provider: 'uae-pass',
    uuid: INFO.uuid,
    assurance,
    name: {},
    ...(idn === '' ? {} : { identityNumber: new HiddenText(idn) }),
  })
  assert.deepEqual(
    (['SOP1', 'SOP2', 'SOP3'] as const).map((level) => signatureTierOf(level)),
    [undefined, 'advanced', 'qualified'],
  )
  assertMaySign(person('SOP3'), 'qualified')
  assertMaySign(person('SOP3'), 'advanced')
  assertMaySign(person('SOP2'), 'advanced')
  for (const [level, tier] of [
    ['SOP1', 'advanced'],
    ['SOP1', 'qualified'],
    ['SOP2', 'qualified'],
  ] as const)
    assert.throws(() => assertMaySign(person(level), tier), { code: 'assurance_too_low' })
  assert.throws(() => assertMaySign(person('SOP3', ''), 'advanced'), { code: 'identity_number_missing' })
})
