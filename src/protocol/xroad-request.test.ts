import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRepresentedParty, parseXroadPath } from './xroad-request.ts'

test('the first five segments name the service, the rest stays as it was sent', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['/r1/A/B/C/D/e', 'A/B/C/D/e', ''],
    ['/r1/A/B/C/D/e/', 'A/B/C/D/e', '/'],
    ['/r1/A/B/C/D/e//x/../y%2f', 'A/B/C/D/e', '//x/../y%2f'],
    ['/r1/A/B/C/s%2fub/%C3%B6/path%3B/', 'A/B/C/s%2Fub/%C3%B6', '/path%3B/'],
  ]
  for (const [raw, service, path] of rows) assert.deepEqual(parseXroadPath(raw), { service, path }, raw)
})

test('anything else is no target', () => {
  const refused = [
    '',
    '/',
    '/r1',
    '/r1/',
    '/r1/A/B/C/D',
    '/r1/A/B/C/D/',
    '/r1//B/C/D/e',
    '/r1/A/B/C/D/../x',
    '/r1/A/B/C/D/e%',
    '/r2/A/B/C/D/e',
    'r1/A/B/C/D/e',
    '//r1/A/B/C/D/e',
    '/r1/A/branch/C/D/e',
    '/R1/A/B/C/D/e',
  ]
  for (const raw of refused) assert.throws(() => parseXroadPath(raw), { code: 'invalid_request_uri' }, raw)
})

test('a represented party is a code, or a class and a code', () => {
  assert.deepEqual(parseRepresentedParty('GOV/%C3%B6'), { memberClass: 'GOV', memberCode: 'ö' })
  assert.deepEqual(parseRepresentedParty('12345'), { memberCode: '12345' })
  for (const text of ['', '/', 'a/', '/a', 'a/b/c', 'a b', '%']) {
    assert.throws(() => parseRepresentedParty(text), { code: 'invalid_identifier' }, text)
  }
})
