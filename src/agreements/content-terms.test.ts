import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Agreement, agreementHash, checkAgreement, grantsOf, kindOf } from './agreement.ts'
import { compileGrants, decide } from './decision.ts'
import { unenforcedTerms } from './enforced-terms.ts'
import { draft, draftHosting, draftMembership } from './testing/draft-agreement.ts'

const HASH = 'suLAEBOoili9U1pS936zqQb7qsd749s3GX71KJakgoM'
const NAME = { ar: 'هيئة الطرق والمواصلات', en: 'Roads and Transport Authority' }
const HOURS = { timeZone: 'Asia/Dubai', days: [1, 2, 3, 4, 5], from: '07:30', until: '15:30' }
const CONNECTION = {
  branches: ['AE-DU/branch/CORE', 'AE-DU/branch/MORO'],
  lines: [{ line: 'core-moro', monthlyCostAed: 18_000 }],
  extraLineCostAed: 0,
}

function problemsOf(value: unknown): string[] {
  const decoded = checkAgreement(value)
  return decoded.ok ? [] : decoded.problems.map(({ path, problem }) => `${path} ${problem}`)
}

const withHours = (change: object): unknown => loose({ grant: { hours: { ...HOURS, ...change } } })
const withConnection = (change: object): unknown => ({
  ...draft(),
  connection: { ...CONNECTION, ...change },
})

/** The usual draft, unchecked. */
function loose({ grant, ...change }: { grant?: object } & Record<string, unknown>): unknown {
  const content = draft()
  return { ...content, grants: [{ ...content.grants[0], ...grant }], ...change }
}

describe('an agreement may say more', () => {
  it('about its parties, services, hours, connection and what it takes the place of', () => {
    const [provider, consumer] = draft().parties
    const full = loose({
      kind: 'service',
      parties: [{ ...provider, name: NAME }, consumer],
      grant: { serviceName: NAME, hours: HOURS },
      connection: CONNECTION,
      supersedes: HASH,
      template: { name: 'service', digest: HASH },
    })
    assert.deepEqual(problemsOf(full), [])
    assert.deepEqual(problemsOf(withHours({ from: '22:00', until: '06:00' })), [], 'over midnight')
    assert.deepEqual(problemsOf(withHours({ from: '00:00', until: '24:00' })), [], 'the whole day')
    assert.deepEqual(problemsOf(withHours({ timeZone: 'UTC' })), [])
    assert.deepEqual(problemsOf(withConnection({ lines: [] })), [])
  })

  it('and is another agreement when it does, even when that changes nothing', () => {
    const plain = draft()
    assert.equal(kindOf(plain), 'service')
    assert.notEqual(agreementHash(draft({ kind: 'service' })), agreementHash(plain))
  })

  it('about hours and connections, which may be signed', () => {
    assert.deepEqual(unenforcedTerms(draft({ grant: { hours: HOURS } })), [])
    assert.deepEqual(unenforcedTerms(draft({ connection: CONNECTION })), [])
  })

  const wrong: readonly [title: string, value: unknown, problem: RegExp][] = [
    ['an unknown kind', loose({ kind: 'treaty' }), /^\/kind must be one of: service, hosting, membership/],
    ['a kind that is no text', loose({ kind: ['service'] }), /^\/kind must be one of/],
    ['a kind that every object has', loose({ kind: 'constructor' }), /^\/kind must be one of/],
    [
      'a name in one language',
      loose({ grant: { serviceName: { ar: 'فواتير' } } }),
      /serviceName\/en is missing/,
    ],
    ['an offset for a time zone', withHours({ timeZone: '+04:00' }), /hours\/timeZone must be the name/],
    ['a zone in small letters', withHours({ timeZone: 'asia/dubai' }), /hours\/timeZone must be the name/],
    ['a zone that is none', withHours({ timeZone: 'Asia/Dubay' }), /hours\/timeZone must be the name/],
    ['a day zero', withHours({ days: [0] }), /hours\/days\/0 must be a whole number from 1 to 7/],
    ['a day twice', withHours({ days: [1, 1] }), /hours\/days must not repeat/],
    ['no day', withHours({ days: [] }), /hours\/days must be a list of 1 to 7/],
    ['a time of one digit', withHours({ from: '7:30' }), /hours\/from must be a time/],
    ['a day that begins at its end', withHours({ from: '24:00' }), /hours\/from must be a time/],
    ['a minute sixty', withHours({ until: '15:60' }), /hours\/until must be a time/],
    ['hours of no length', withHours({ until: '07:30' }), /hours\/until must not be the time/],
    ['a cost in fils', withConnection({ extraLineCostAed: 0.5 }), /extraLineCostAed must be a whole number/],
    ['a negative cost', withConnection({ extraLineCostAed: -1 }), /extraLineCostAed must be a whole number/],
    ['no branches', withConnection({ branches: [] }), /connection\/branches must be a list/],
    [
      'a branch of another network',
      withConnection({ branches: ['XX/branch/MORO'] }),
      /^\/connection\/branches\/0 must be of this network/,
    ],
    [
      'a line that is none',
      withConnection({ lines: [{ line: 'a b', monthlyCostAed: 1 }] }),
      /must be a line id/,
    ],
    [
      'something else than a hash to supersede',
      loose({ supersedes: 'AAAA' }),
      /^\/supersedes must be a hash/,
    ],
    ['a template without a digest', loose({ template: { name: 'x' } }), /^\/template\/digest is missing/],
    [
      'services in a hosting agreement',
      { ...draftHosting(), grants: draft().grants },
      /^\/grants is not a known/,
    ],
    [
      'no duties',
      { ...draftMembership(), membership: { duties: [] } },
      /^\/membership\/duties must be a list/,
    ],
    [
      'a provider in a hosting agreement',
      { ...draftHosting(), parties: draft().parties },
      /^\/parties\/0\/role must be one of: operator, host/,
    ],
    [
      'two operators',
      {
        ...draftMembership(),
        parties: draftMembership().parties.map((party) => ({ ...party, role: 'operator' })),
      },
      /^\/parties must be one operator and one member/,
    ],
    [
      'a hosted service of another network',
      { ...draftHosting(), hosting: { ...hosted(), services: ['XX/GOV/A/B/c'] } },
      /^\/hosting\/services\/0 must be of this network/,
    ],
    [
      'a hosted branch of another network',
      { ...draftHosting(), hosting: { ...hosted(), branch: 'XX/branch/MORO' } },
      /^\/hosting\/branch must be of this network/,
    ],
  ]
  for (const [title, value, problem] of wrong) {
    it(`is refused with ${title}`, () => {
      const problems = problemsOf(value)
      assert.ok(
        problems.some((each) => problem.test(each)),
        problems.join('\n'),
      )
    })
  }
})

describe('hosting and membership', () => {
  for (const content of [draftHosting(), draftMembership()]) {
    it(`${kindOf(content)} grants nothing, and stands in the way of nothing`, () => {
      assert.deepEqual(grantsOf(content), [])
      assert.deepEqual(unenforcedTerms(content), [])
      const granted = draft()
      const records = [content, granted].map(
        (each: Agreement) => ({ hash: agreementHash(each), content: each, status: 'effective' }) as const,
      )
      const call = {
        client: 'AE-DU/GOV/RTA/LICENSING',
        service: 'AE-DU/SEMI/DEWA/BILLING/bills',
        method: 'GET',
        path: '/bills/7',
        nowMs: Date.parse('2027-01-01T00:00:00Z'),
      }
      assert.equal(decide(compileGrants({ agreements: records }), call).allowed, true)
      const alone = decide(compileGrants({ agreements: records.slice(0, 1) }), call)
      assert.ok(!alone.allowed && alone.reason === 'no_agreement')
    })
  }
})

function hosted(): object {
  const content = draftHosting()
  assert.ok(content.kind === 'hosting')
  return content.hosting
}
