import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { compileGlob } from '../protocol/path-glob.ts'
import type { Operation } from '../protocol/path-glob.ts'
import { agreementHash, grantsOf } from './agreement.ts'
import type { Agreement, Grant, GrantKind } from './agreement.ts'
import { REASON_CODES } from './decision-texts.ts'
import { compileGrants, decide, explainDecision } from './decision.ts'
import type { AccessQuery, PublishedService, RecordedAgreement } from './decision.ts'
import { draft } from './testing/draft-agreement.ts'

// A small world, so that drawn agreements and drawn calls meet often.
const MEMBERS = ['AE-DU/GOV/A', 'AE-DU/GOV/B', 'AE-DU/SEMI/A']
const SYSTEMS = MEMBERS.flatMap((member) => [`${member}/X`, `${member}/Y`])
const SERVICES = SYSTEMS.map((system) => `${system}/s`)
const PATHS = ['', '/', '/a', '/a/b', '/b']
const PATTERNS = ['', '**', '/a', '/*', '/**']
const PURPOSES = ['licensing', 'audit']
/** The first instant of every second year of {@link YEARS} is a Monday or a Thursday; Wednesdays are 2025. */
const HOURS = { timeZone: 'UTC', days: [1, 4], from: '00:00', until: '24:00' }
const METHODS = ['GET', 'HEAD', 'POST']
const KINDS: readonly GrantKind[] = ['api', 'files']
const YEARS = [2024, 2025, 2026, 2027, 2028]
const instant = (year: number): string => `${year}-01-01T00:00:00.000Z`

const operation: fc.Arbitrary<Operation> = fc.record({
  method: fc.constantFrom('*', ...METHODS),
  path: fc.constantFrom(...PATTERNS),
})

const agreement: fc.Arbitrary<RecordedAgreement> = fc
  .record({
    parties: fc.shuffledSubarray(MEMBERS, { minLength: 2, maxLength: 2 }),
    providerFirst: fc.boolean(),
    grants: fc.array(
      fc.record({
        system: fc.constantFrom('X', 'Y'),
        clients: fc.option(fc.subarray(['X', 'Y'], { minLength: 1 }), { nil: undefined }),
        operations: fc.array(operation, { minLength: 1, maxLength: 3 }),
        kinds: fc.subarray([...KINDS], { minLength: 1 }),
        purpose: fc.option(fc.subarray(PURPOSES, { minLength: 1 }), { nil: undefined, freq: 1 }),
        isTimed: fc.boolean(),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    years: fc.subarray(YEARS, { minLength: 2, maxLength: 2 }),
    status: fc.constantFrom(
      'effective' as const,
      'effective' as const,
      'suspended' as const,
      'revoked' as const,
    ),
  })
  .map(
    ({
      parties: [provider = '', consumer = ''],
      providerFirst,
      grants,
      years: [from = 0, until = 0],
      status,
    }) => {
      const parties: Agreement['parties'] = [
        { member: provider, role: 'provider' },
        { member: consumer, role: 'consumer' },
      ]
      const content = draft({
        parties: providerFirst ? parties : parties.toReversed(),
        grants: grants.map(({ system, clients, operations, kinds, purpose, isTimed }): Grant => {
          const limited =
            clients === undefined ? {} : { clients: clients.map((client) => `${consumer}/${client}`) }
          return {
            service: `${provider}/${system}/s`,
            operations,
            kinds,
            dataClass: 'confidential',
            ...limited,
            ...(purpose === undefined ? {} : { purpose }),
            ...(isTimed ? { hours: HOURS } : {}),
          }
        }),
        validFrom: instant(from),
        validUntil: instant(until),
      })
      return { hash: agreementHash(content), content, status }
    },
  )

const openServices: fc.Arbitrary<Map<string, PublishedService>> = fc
  .array(
    fc.record({ service: fc.constantFrom(...SERVICES), operations: fc.array(operation, { maxLength: 2 }) }),
    {
      maxLength: 3,
    },
  )
  .map((services) => {
    const published = new Map<string, PublishedService>(SERVICES.map((service) => [service, { kind: 'api' }]))
    for (const { service, operations } of services)
      published.set(service, { kind: 'api', open: { operations } })
    return published
  })

const query: fc.Arbitrary<AccessQuery> = fc.record({
  client: fc.constantFrom(...MEMBERS, ...SYSTEMS),
  service: fc.constantFrom(...SERVICES),
  method: fc.constantFrom(...METHODS),
  path: fc.constantFrom(...PATHS),
  kind: fc.constantFrom(...KINDS),
  purpose: fc.constantFrom(...PURPOSES),
  nowMs: fc.constantFrom(
    ...YEARS.flatMap((year) => [
      Date.parse(instant(year)) - 1,
      Date.parse(instant(year)),
      Date.parse(instant(year)) + 1,
    ]),
  ),
})

const agreements = fc.array(agreement, { maxLength: 8 })

const permits = (operations: readonly Operation[], { method, path }: AccessQuery): boolean =>
  operations.some((one) => (one.method === '*' || one.method === method) && compileGlob(one.path)(path))

/** The rules of `docs/spec/agreement.md` section 5, as plainly as they can be written. */
function allowedBy(recorded: RecordedAgreement, asked: AccessQuery): boolean {
  const { content, status } = recorded
  const now = new Date(asked.nowMs).toISOString()
  const isConsumer = content.parties.some(
    ({ member, role }) =>
      role === 'consumer' && (asked.client === member || asked.client.startsWith(`${member}/`)),
  )
  const isGranted = grantsOf(content).some(
    (grant) =>
      grant.service === asked.service &&
      (grant.clients === undefined || grant.clients.includes(asked.client)) &&
      grant.kinds.includes(asked.kind ?? 'api') &&
      permits(grant.operations, asked) &&
      (!Array.isArray(grant.purpose) || grant.purpose.includes(asked.purpose)) &&
      (grant.hours === undefined || grant.hours.days.includes(new Date(asked.nowMs).getUTCDay() || 7)),
  )
  return (
    status === 'effective' && content.validFrom <= now && now < content.validUntil && isConsumer && isGranted
  )
}

function isOpen(services: ReadonlyMap<string, PublishedService>, asked: AccessQuery): boolean {
  const published = services.get(asked.service)
  return (
    published?.open !== undefined &&
    published.kind === asked.kind &&
    permits(published.open.operations, asked)
  )
}

it('decides as the plain reading of the rules does, and under an agreement that really allows it', () => {
  let allowed = 0
  let refused = 0
  const property = fc.property(
    agreements,
    openServices,
    fc.array(query, { minLength: 20, maxLength: 30 }),
    (all, services, calls) => {
      const rules = compileGrants({ agreements: all, serviceOf: (id) => services.get(id) })
      for (const asked of calls) {
        const able = all.filter((one) => allowedBy(one, asked)).map(({ hash }) => hash)
        const open = isOpen(services, asked)
        const decision = decide(rules, asked)
        assert.equal(decision.allowed, able.length > 0 || open)
        if (decision.allowed) {
          allowed += 1
          assert.ok(able.length > 0 ? able.includes(decision.agreement) : decision.agreement === 'open')
        } else {
          refused += 1
          assert.ok(REASON_CODES.includes(decision.reason))
          assert.ok(decision.changedBy.length > 0)
          assert.doesNotMatch(decision.remedy, /[{}–]/)
        }
      }
    },
  )
  fc.assert(property, { numRuns: 150 })
  assert.ok(
    allowed > 100 && refused > 100,
    `the drawn world is too uniform: ${allowed} allowed, ${refused} refused`,
  )
})

it('never takes an allowance away by adding an agreement', () => {
  const property = fc.property(agreements, agreement, query, (all, more, asked) => {
    const before = decide(compileGrants({ agreements: all }), asked)
    const after = decide(compileGrants({ agreements: [...all, more] }), asked)
    assert.ok(!before.allowed || after.allowed)
  })
  fc.assert(property, { numRuns: 300 })
})

it('never allows under an agreement that is suspended, revoked or outside its time', () => {
  const property = fc.property(agreements, query, (all, asked) => {
    const dead = all.filter(
      ({ content, status }) =>
        status !== 'effective' ||
        asked.nowMs < Date.parse(content.validFrom) ||
        asked.nowMs >= Date.parse(content.validUntil),
    )
    assert.equal(decide(compileGrants({ agreements: dead }), asked).allowed, false)
    for (const { hash } of dead) {
      const relied = decide(compileGrants({ agreements: all }), { ...asked, agreement: hash })
      const twin = all.some((one) => one.hash === hash && !dead.includes(one))
      assert.ok(!relied.allowed || twin)
    }
  })
  fc.assert(property, { numRuns: 300 })
})

it('explains as it decides', () => {
  const property = fc.property(agreements, openServices, query, (all, services, asked) => {
    const rules = compileGrants({ agreements: all, serviceOf: (id) => services.get(id) })
    const { decision, looked } = explainDecision(rules, asked)
    assert.equal(
      looked.some(({ verdict }) => verdict === 'allows'),
      decision.allowed,
    )
    if (decision.allowed) {
      assert.ok(
        looked.some(({ agreement, verdict }) => agreement === decision.agreement && verdict === 'allows'),
      )
    } else if (decision.agreement !== undefined) {
      assert.ok(
        looked.some(
          ({ agreement, verdict }) => agreement === decision.agreement && verdict === decision.reason,
        ),
      )
    } else assert.equal(looked.length, 0)
  })
  fc.assert(property, { numRuns: 300 })
})
