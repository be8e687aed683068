import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headDisagreement, headerText } from './head-agreement.ts'
import type { RequestOpening } from './statement.ts'

const opening: RequestOpening = {
  agreement: 'open',
  client: 'AE-DU/GOV/RTA/s%2Fub',
  exchange: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
  head: '',
  issue: 'قضية',
  messageId: 'm-1',
  method: 'GET',
  path: '',
  representedParty: 'GOV/1',
  service: 'AE-DU/SEMI/DEWA/BILLING/bills',
  time: '2026-11-23T07:36:33.123Z',
  user: 'AE784',
}

const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

const headers = [
  ['Accept', '*/*'],
  ['X-Road-Client', 'AE-DU/GOV/RTA/s%2fub'],
  ['X-Road-Id', 'm-1'],
  ['X-Road-Issue', asBytes('قضية')],
  ['X-Road-UserId', 'AE784'],
  ['X-Road-Represented-Party', 'GOV/1'],
  ['x-road-request-id', opening.exchange],
] as const

test('headers that say what the statement says agree with it', () => {
  assert.equal(headDisagreement(opening, headers.flat()), undefined)
  assert.equal(headDisagreement(opening, ['x-road-request-id', opening.exchange]), undefined)
})

test('any header that says something else is named, also when it comes second', () => {
  for (const [name] of headers.slice(1)) {
    for (const value of ['other', '', 'AE-DU/GOV/DHA/x']) {
      assert.equal(
        headDisagreement(opening, [...headers.flat(), name, value]),
        name.toLowerCase(),
        `${name}: ${value}`,
      )
      assert.equal(
        headDisagreement(opening, [name.toUpperCase(), value, ...headers.flat()]),
        name.toLowerCase(),
      )
    }
  }
})

test('a header about something the statement is silent on disagrees', () => {
  const { user: _user, issue: _issue, ...silent } = opening
  assert.equal(headDisagreement(silent, ['x-road-userid', 'AE784']), 'x-road-userid')
  assert.equal(headDisagreement(silent, ['x-road-issue', 'x']), 'x-road-issue')
})

test('the request id is there, once', () => {
  assert.equal(headDisagreement(opening, []), 'x-road-request-id')
  const twice = ['x-road-request-id', opening.exchange, 'x-road-request-id', opening.exchange]
  assert.equal(headDisagreement(opening, twice), 'x-road-request-id')
})

test('a header value is UTF-8, or bytes one by one', () => {
  assert.equal(headerText('plain'), 'plain')
  assert.equal(headerText(asBytes('دبي')), 'دبي')
  assert.equal(headerText('caf\u00e9'), 'café')
})
