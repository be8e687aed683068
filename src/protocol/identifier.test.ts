import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  canonicalIdentifier,
  decodeSegment,
  encodeSegment,
  formatBranch,
  formatGateway,
  formatMember,
  formatService,
  formatSystem,
  isIdentifier,
  memberOf,
  networkOf,
  parseBranch,
  parseClient,
  parseGateway,
  parseMember,
  parseService,
  parseSystem,
  systemOf,
} from './identifier.ts'
import type { IdentifierKind } from './identifier.ts'

const refused = { code: 'invalid_identifier' }

test('an identifier is read into its decoded parts and written back', () => {
  const service = parseService('AE-DU/SEMI/DEWA/BILLING/bills')
  assert.deepEqual(service, {
    kind: 'service',
    text: 'AE-DU/SEMI/DEWA/BILLING/bills',
    network: 'AE-DU',
    memberClass: 'SEMI',
    memberCode: 'DEWA',
    systemCode: 'BILLING',
    serviceCode: 'bills',
  })
  assert.ok(Object.isFrozen(service))
  assert.equal(formatService(service), service.text)
  assert.equal(formatSystem(parseSystem('AE-DU/GOV/RTA/s%2Fub')), 'AE-DU/GOV/RTA/s%2Fub')
  assert.equal(formatMember(parseMember('AE-DU/GOV/RTA')), 'AE-DU/GOV/RTA')
  assert.equal(formatGateway(parseGateway('AE-DU/GOV/RTA/gw-1')), 'AE-DU/GOV/RTA/gw-1')
  assert.equal(formatBranch(parseBranch('AE-DU/branch/MORO')), 'AE-DU/branch/MORO')
  assert.equal(parseGateway('AE-DU/GOV/RTA/gw-1').gatewayCode, 'gw-1')
  assert.equal(parseBranch('AE-DU/branch/MORO').branchCode, 'MORO')
})

test('a client is a member or a system', () => {
  assert.equal(parseClient('AE-DU/GOV/RTA').kind, 'member')
  assert.equal(parseClient('AE-DU/GOV/RTA/PORTAL').kind, 'system')
  assert.throws(() => parseClient('AE-DU/GOV'), refused)
  assert.throws(() => parseClient('AE-DU/GOV/RTA/PORTAL/x'), refused)
})

test('an Arabic name travels percent-encoded and is read as Arabic', () => {
  const system = parseSystem('AE-DU/GOV/%D9%87%D9%8A%D8%A6%D8%A9/sub')
  assert.equal(system.memberCode, 'هيئة')
  assert.equal(system.text, 'AE-DU/GOV/%D9%87%D9%8A%D8%A6%D8%A9/sub')
})

test('any spelling is read, one is canonical', () => {
  assert.equal(canonicalIdentifier('system', 'AE-DU/GOV/RTA/%53ub%2fx'), 'AE-DU/GOV/RTA/Sub%2Fx')
  assert.equal(isIdentifier('system', 'AE-DU/GOV/RTA/%53ub'), false)
  assert.equal(isIdentifier('system', 'AE-DU/GOV/RTA/s%2fub'), false)
  assert.equal(isIdentifier('system', 'AE-DU/GOV/RTA/s%2Fub'), true)
})

test('segments that would mislead a reader, a path or a file system are refused', () => {
  const segments = [
    '',
    '.',
    '..',
    '%2E',
    '%2E%2e',
    'a b',
    'a%',
    'a%0Ab',
    '%00',
    '%E2%80%8B',
    '%E2%80%AE',
    'ö',
  ]
  segments.push('e%CC%81', '%FF', '%C0%AF', 'a'.repeat(256), '%D8%A9'.repeat(128))
  for (const segment of segments) {
    assert.throws(() => parseSystem(`AE-DU/GOV/RTA/${segment}`), refused, segment)
    assert.equal(isIdentifier('system', `AE-DU/GOV/RTA/${segment}`), false, segment)
    assert.equal(isIdentifier('system', `AE-DU/GOV/${segment}/x`), false, segment)
  }
  for (const segment of ['...', '.a', 'a.', '..a', 'a'.repeat(255), '%D8%A9'.repeat(127)]) {
    assert.equal(isIdentifier('system', `AE-DU/GOV/RTA/${segment}`), true, segment)
    assert.equal(parseSystem(`AE-DU/GOV/RTA/${segment}`).text, `AE-DU/GOV/RTA/${segment}`)
  }
})

test('a network is a name a trust domain can carry', () => {
  for (const name of ['AE-DU', 'EE', 'x', 'a.b_c-1', 'a'.repeat(63)]) {
    assert.equal(isIdentifier('network', name), true, name)
    assert.equal(isIdentifier('member', `${name}/GOV/1`), true, name)
  }
  for (const name of ['', '-a', '.a', 'a b', 'a%20b', 'é', 'a'.repeat(64), 'a/b', 'a+b']) {
    assert.equal(isIdentifier('network', name), false, name)
    assert.equal(isIdentifier('member', `${name}/GOV/1`), false, name)
  }
})

test('the class of branches belongs to branches alone', () => {
  for (const name of ['branch', 'BRANCH', 'Branch', '%62ranch']) {
    assert.throws(() => parseMember(`AE-DU/${name}/MORO`), refused, name)
    assert.equal(isIdentifier('member', `AE-DU/${name}/MORO`), false, name)
    assert.equal(isIdentifier('gateway', `AE-DU/${name}/MORO/gw`), false, name)
  }
  assert.equal(isIdentifier('branch', 'AE-DU/branch/MORO'), true)
  assert.equal(isIdentifier('branch', 'AE-DU/branch/M%C3%96RO'), true)
  assert.equal(isIdentifier('branch', 'AE-DU/BRANCH/MORO'), false)
  assert.equal(isIdentifier('branch', 'AE-DU/GOV/MORO'), false)
  assert.equal(isIdentifier('member', 'AE-DU/branches/MORO'), true)
})

test('the quick check and the full reading agree on every text', () => {
  const kinds = ['member', 'system', 'service', 'gateway', 'branch', 'client'] as const
  const segment = fc.oneof(
    fc.constantFrom(
      'AE-DU',
      'branch',
      'Branch',
      '.',
      '..',
      '',
      'a..b',
      '%2F',
      '%2f',
      'x',
      'ä',
      '%C3%A4',
      '-',
      'a b',
    ),
    fc.string({ maxLength: 6 }),
    fc.string({ maxLength: 3, unit: 'binary' }).map((text) => encodeURIComponent(text.toWellFormed())),
  )
  const text = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => segments.join('/'))
  fc.assert(
    fc.property(fc.constantFrom(...kinds), text, (kind, candidate) => {
      assert.equal(isIdentifier(kind, candidate), readsAsItself(kind, candidate))
    }),
    { numRuns: 2_000 },
  )
})

function readsAsItself(kind: Exclude<IdentifierKind, 'network'>, text: string): boolean {
  const read = {
    member: parseMember,
    system: parseSystem,
    service: parseService,
    gateway: parseGateway,
    branch: parseBranch,
    client: parseClient,
  }
  try {
    return read[kind](text).text === text
  } catch {
    return false
  }
}

test('every well-formed text survives encoding, and the encoded form is the only one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const encoded = encodeSegment(text)
      assert.equal(decodeSegment(encoded), text)
      assert.match(encoded, /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-F]{2})*$/)
      assert.equal(encodeSegment(decodeSegment(encoded)), encoded)
    }),
    { numRuns: 500 },
  )
  assert.throws(() => encodeSegment('\ud800'), refused)
})

test('the owner of a thing is read off its identifier', () => {
  assert.equal(memberOf('AE-DU/SEMI/DEWA/BILLING/bills'), 'AE-DU/SEMI/DEWA')
  assert.equal(memberOf('AE-DU/SEMI/DEWA/gw-1'), 'AE-DU/SEMI/DEWA')
  assert.equal(memberOf('AE-DU/SEMI/DEWA'), 'AE-DU/SEMI/DEWA')
  assert.equal(systemOf('AE-DU/SEMI/DEWA/BILLING/bills'), 'AE-DU/SEMI/DEWA/BILLING')
  assert.equal(networkOf('AE-DU/SEMI/DEWA/BILLING/bills'), 'AE-DU')
  assert.equal(networkOf('AE-DU'), 'AE-DU')
})
