import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isWuslaError } from '../protocol/wusla-error.ts'
import {
  agreementHash,
  checkAgreement,
  consumerOf,
  decodeAgreement,
  grantsOf,
  providerOf,
} from './agreement.ts'
import type { Agreement } from './agreement.ts'
import { draft } from './testing/draft-agreement.ts'

/** The usual draft as loose JSON, changed at one place. `undefined` takes the member away. */
function changed(path: string, value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(draft())) as Record<string, unknown>
  const steps = path.split('/').slice(1)
  const last = steps.pop() ?? ''
  let at: unknown = copy
  for (const step of steps) at = (at as Record<string, unknown>)[step]
  const holder = at as Record<string, unknown>
  if (value === undefined) delete holder[last]
  else holder[last] = value
  return copy
}

function problemsOf(value: unknown): string[] {
  const decoded = checkAgreement(value)
  return decoded.ok ? [] : decoded.problems.map(({ path, problem }) => `${path} ${problem}`)
}

const grantWith = (member: string, value: unknown): unknown => changed(`/grants/0/${member}`, value)

describe('the content of an agreement', () => {
  it('is accepted with every optional member', () => {
    const full = draft({
      grant: {
        clients: ['AE-DU/GOV/RTA/LICENSING', 'AE-DU/GOV/RTA/FINES'],
        kinds: ['api', 'events', 'files', 'stream'],
        purpose: { ar: 'التحقق من السداد', en: 'Checking payment' },
        legalBasis: 'Law 26 of 2015, article 7',
        limits: { requestsPerSecond: 50, requestsPerDay: 100_000, bytesPerDay: 1_000_000_000 },
        transit: {
          avoid: ['AE-DU/branch/CORE'],
          only: ['AE-DU/branch/MORO'],
          onlyClasses: ['sovereign'],
        },
        retainPayload: false,
        acknowledgementRequired: true,
      },
    })
    assert.deepEqual(problemsOf(full), [])
    assert.deepEqual(problemsOf(grantWith('purpose', ['tax', 'fraud-check'])), [])
    assert.equal(providerOf(full), 'AE-DU/SEMI/DEWA')
    assert.equal(consumerOf(full), 'AE-DU/GOV/RTA')
  })

  it('may name its parties in either order', () => {
    assert.equal(consumerOf(draft({ parties: draft().parties.toReversed() })), 'AE-DU/GOV/RTA')
  })

  it('is frozen to the bottom, and a copy of what came in', () => {
    const loose = changed('/nonce', 'AAAAAAAAAAAAAAAAAAAAAA') as Agreement
    const content = decodeAgreement(loose)
    assert.notEqual(content, loose)
    assert.ok(Object.isFrozen(content) && Object.isFrozen(grantsOf(content)[0]?.operations[0]))
    assert.ok(!Object.isFrozen(loose))
  })

  const wrong: readonly [title: string, value: unknown, problem: RegExp][] = [
    ['an unknown member', changed('/extra', 1), /^\/extra is not a known member/],
    [
      'an unknown member in a grant',
      grantWith('colour', 'red'),
      /^\/grants\/0\/colour is not a known member/,
    ],
    [
      'a member called __proto__',
      JSON.parse(JSON.stringify(draft()).replace('{', '{"__proto__":{},')),
      /__proto__ is not/,
    ],
    ['no nonce', changed('/nonce', undefined), /^\/nonce is missing/],
    [
      'a nonce with stray bits',
      changed('/nonce', 'AAAAAAAAAAAAAAAAAAAAAB'),
      /^\/nonce must be 16 to 32 bytes/,
    ],
    ['a short nonce', changed('/nonce', 'AAAA'), /^\/nonce must be 16 to 32 bytes/],
    ['another version', changed('/type', 'wusla/agreement/v2'), /^\/type must be one of/],
    ['a title in one language', changed('/title', { en: 'Bills' }), /^\/title\/ar is missing/],
    [
      'a title that runs backwards',
      changed('/title/en', 'Bills \u202ednes'),
      /^\/title\/en must be one line/,
    ],
    ['a blank title', changed('/title/en', ' '), /^\/title\/en must be one line/],
    ['one party', changed('/parties', draft().parties.slice(1)), /^\/parties must be a list of 2/],
    [
      'two providers',
      changed('/parties/1/role', 'provider'),
      /^\/parties must be one provider and one consumer/,
    ],
    [
      'a member with itself',
      changed('/parties/1/member', 'AE-DU/SEMI/DEWA'),
      /^\/parties must be two different members/,
    ],
    [
      'a member of another network',
      changed('/parties/1/member', 'XX/GOV/RTA'),
      /^\/parties\/1\/member must be of this network/,
    ],
    [
      'a party that is a system',
      changed('/parties/1/member', 'AE-DU/GOV/RTA/X'),
      /^\/parties\/1\/member must be the identifier of a member/,
    ],
    ['no grants', changed('/grants', []), /^\/grants must be a list of 1 to/],
    [
      'a service of a third',
      grantWith('service', 'AE-DU/GOV/DHA/CLINIC/visits'),
      /^\/grants\/0\/service must belong to the provider/,
    ],
    [
      'a service of the consumer',
      grantWith('service', 'AE-DU/GOV/RTA/LICENSING/plates'),
      /service must belong to the provider/,
    ],
    [
      'a service of a member whose name begins alike',
      grantWith('service', 'AE-DU/SEMI/DEWA2/BILLING/bills'),
      /must belong to the provider/,
    ],
    [
      'a client of a third',
      grantWith('clients', ['AE-DU/GOV/DHA/CLINIC']),
      /^\/grants\/0\/clients\/0 must belong to the consumer/,
    ],
    [
      'a client that is a member',
      grantWith('clients', ['AE-DU/GOV/RTA']),
      /clients\/0 must be the identifier of a system/,
    ],
    ['no client at all', grantWith('clients', []), /^\/grants\/0\/clients must be a list of 1/],
    [
      'a client twice',
      grantWith('clients', ['AE-DU/GOV/RTA/A', 'AE-DU/GOV/RTA/A']),
      /clients must not repeat/,
    ],
    [
      'another spelling of a service',
      grantWith('service', 'AE-DU/SEMI/DEWA/BILLING/%62ills'),
      /service must be the identifier/,
    ],
    ['no operations', grantWith('operations', []), /operations must be a list of 1/],
    ['a method in lower case', grantWith('operations/0/method', 'get'), /method must be a method or \*/],
    ['a method nobody may use', grantWith('operations/0/method', 'CONNECT'), /method must be a method/],
    [
      'a pattern that matches nothing',
      grantWith('operations/0/path', 'bills/*'),
      /path must be a path pattern/,
    ],
    [
      'a pattern that is too long',
      grantWith('operations/0/path', `/${'a'.repeat(1024)}`),
      /path must be 0 to 1024/,
    ],
    ['an unknown kind', grantWith('kinds', ['mail']), /kinds\/0 must be one of/],
    ['an unknown class of data', grantWith('dataClass', 'public'), /dataClass must be one of/],
    ['limits without a limit', grantWith('limits', {}), /limits must set at least one/],
    [
      'a limit of nothing',
      grantWith('limits', { requestsPerDay: 0 }),
      /requestsPerDay must be a whole number/,
    ],
    [
      'half a request',
      grantWith('limits', { requestsPerSecond: 1.5 }),
      /requestsPerSecond must be a whole number/,
    ],
    ['a transit rule without a branch', grantWith('transit', {}), /transit must name a branch or a class/],
    [
      'a class of two words',
      grantWith('transit', { onlyClasses: ['very safe'] }),
      /onlyClasses\/0 must be a class/,
    ],
    ['no class', grantWith('transit', { onlyClasses: [] }), /onlyClasses must/],
    [
      'a branch of another network',
      grantWith('transit', { only: ['XX/branch/MORO'] }),
      /transit must be of this network/,
    ],
    [
      'a branch both avoided and required',
      grantWith('transit', { avoid: ['AE-DU/branch/MORO'], only: ['AE-DU/branch/MORO'] }),
      /transit must not both avoid and require/,
    ],
    [
      'an end before the beginning',
      changed('/validUntil', '2025-01-01T00:00:00.000Z'),
      /^\/validUntil must be after/,
    ],
    ['an end at the beginning', changed('/validUntil', draft().validFrom), /^\/validUntil must be after/],
    [
      'a time without milliseconds',
      changed('/validFrom', '2026-01-01T00:00:00Z'),
      /^\/validFrom must be an instant/,
    ],
    [
      'a day that does not exist',
      changed('/validFrom', '2026-02-30T00:00:00.000Z'),
      /^\/validFrom must be an instant/,
    ],
    ['a list', [], /^ must be an object/],
    ['null', null, /^ must be an object/],
    ['something that is no JSON', { type: Number.NaN }, /^ is not JSON/],
    ['a date object', changed('/validFrom', new Date(0)), /^ is not JSON/],
  ]
  for (const [title, value, problem] of wrong) {
    it(`is refused with ${title}`, () => {
      const problems = problemsOf(value)
      assert.equal(problems.length, 1, problems.join('\n'))
      assert.match(problems[0] ?? '', problem)
    })
  }

  it('is told all its problems at once', () => {
    const value = changed('/nonce', 'x') as Record<string, unknown>
    const problems = problemsOf({ ...value, extra: 1, title: 7, grants: [{ service: 1 }, 'x'] })
    const places = new Set(problems.map((problem) => problem.split(' ')[0]))
    const expected = ['dataClass', 'kinds', 'operations', 'service'].map((name) => `/grants/0/${name}`)
    assert.deepEqual(places, new Set(['/extra', '/grants/1', '/nonce', '/title', ...expected]))
  })

  it('gets a bounded report that repeats no value, however bad it is', () => {
    const secret = 'hunter2'
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x${i}`, secret]))
    const decoded = checkAgreement(many)
    assert.ok(!decoded.ok && decoded.problems.length === 50)
    assert.doesNotMatch(JSON.stringify(decoded.problems), /hunter2/)
  })

  it('is refused when it is too large', () => {
    const operations = Array.from({ length: 200 }, (_, i) => ({
      method: 'GET',
      path: `/${i}/${'a'.repeat(1000)}`,
    }))
    const [grant] = draft().grants
    assert.deepEqual(
      problemsOf({
        ...draft(),
        grants: [
          { ...grant, operations },
          { ...grant, operations },
        ],
      }),
      [' is too large'],
    )
  })

  it('throws with its problems where an error is wanted', () => {
    assert.throws(
      () => decodeAgreement(changed('/extra', 1)),
      (error) =>
        isWuslaError(error) &&
        error.code === 'invalid_agreement' &&
        JSON.stringify(error.details).includes('/extra'),
    )
  })
})

describe('the hash of an agreement', () => {
  it('does not depend on the order of members, and on everything else', () => {
    const hash = agreementHash(draft())
    const reordered = Object.fromEntries(Object.entries(draft()).toReversed()) as Agreement
    assert.equal(agreementHash(reordered), hash)
    assert.notEqual(agreementHash(draft({ nonce: 'AAAAAAAAAAAAAAAAAAAAAQ' })), hash)
    assert.notEqual(agreementHash(draft({ grant: { dataClass: 'secret' } })), hash)
    // The parties in another order are another text, and so another agreement.
    assert.notEqual(agreementHash(draft({ parties: draft().parties.toReversed() })), hash)
  })
})
