import { isBranchClass } from '../protocol/branch-class.ts'
import { memberOf, networkOf } from '../protocol/identifier.ts'
import { MAX_GLOB_LENGTH } from '../protocol/limits.ts'
import type { Operation } from '../protocol/path-glob.ts'
import { METHODS } from '../protocol/statement.ts'
import { flag, listOf, listOrSingle, objectOf, oneOf, text, wholeNumber } from '../trust/shape.ts'
import type { Shape } from '../trust/shape.ts'
import { isBase64urlOf } from '../trust/text-form.ts'
import type {
  Agreement,
  Bilingual,
  Grant,
  HostingAgreement,
  MembershipAgreement,
  ServiceAgreement,
} from './agreement.ts'
import { CONNECTION, HOSTING, HOURS, MEMBERSHIP, TEMPLATE } from './content/term-shapes.ts'
import { bilingual, code, hash, identifier, instant, readable, UNSEEN } from './content/text-shapes.ts'
import { DATA_CLASSES } from './data-class.ts'

// A service path is empty or starts with a slash, so any other pattern is a slip of the pen that grants nothing.
const pattern = text({
  min: 0,
  max: MAX_GLOB_LENGTH,
  test: (value) => (value === '' || value.startsWith('/') || value.startsWith('*')) && !UNSEEN.test(value),
  what: 'a path pattern: empty, or starting with / or *',
})

/** What may be called: a method or `*`, and a pattern of paths. */
export const OPERATION: Shape<Operation> = objectOf({
  method: text({ max: 16, test: (value) => value === '*' || METHODS.has(value), what: 'a method or *' }),
  path: pattern,
})

const MAX_LIMIT = Number.MAX_SAFE_INTEGER

const LIMITS = objectOf(
  {},
  {
    requestsPerSecond: wholeNumber(1, 1_000_000),
    requestsPerDay: wholeNumber(1, MAX_LIMIT),
    bytesPerDay: wholeNumber(1, MAX_LIMIT),
  },
  (limits, report) => {
    if (Object.keys(limits).length === 0) report('', 'must set at least one limit')
  },
)

const BRANCHES = listOf(identifier('branch'), { max: 64, unique: true })

const CLASSES = listOf(text({ max: 32, test: isBranchClass, what: 'a class of branches' }), {
  max: 16,
  unique: true,
})

const TRANSIT = objectOf({}, { avoid: BRANCHES, only: BRANCHES, onlyClasses: CLASSES }, (transit, report) => {
  if (Object.keys(transit).length === 0) report('', 'must name a branch or a class')
  if (transit.avoid?.some((branch) => transit.only?.includes(branch))) {
    report('', 'must not both avoid and require a branch')
  }
})

/** What it is for: codes of the network, or words. */
export const PURPOSE: Shape<Bilingual | readonly string[]> = listOrSingle(
  listOf(code, { max: 32, unique: true }),
  bilingual(1000),
)

/** How sensitive the data are. */
export const DATA_CLASS: Shape<Grant['dataClass']> = oneOf(...DATA_CLASSES)

const GRANT = objectOf(
  {
    service: identifier('service'),
    operations: listOf(OPERATION, { max: 200 }),
    kinds: listOf(oneOf('api', 'events', 'files', 'stream'), { max: 4, unique: true }),
    dataClass: DATA_CLASS,
  },
  {
    clients: listOf(identifier('system'), { max: 500, unique: true }),
    purpose: PURPOSE,
    legalBasis: readable(1000),
    serviceName: bilingual(300),
    limits: LIMITS,
    hours: HOURS,
    transit: TRANSIT,
    retainPayload: flag,
    acknowledgementRequired: flag,
  },
)

const TERMS = {
  type: oneOf('wusla/agreement/v1'),
  network: identifier('network'),
  title: bilingual(300),
  validFrom: instant,
  validUntil: instant,
  nonce: text({ test: (value) => isBase64urlOf(value, 16, 32), what: '16 to 32 bytes in base64url' }),
}

const MORE_TERMS = { connection: CONNECTION, supersedes: hash, template: TEMPLATE }

const partiesOf = <const R extends string>(...roles: readonly R[]) =>
  listOf(objectOf({ member: identifier('member'), role: oneOf(...roles) }, { name: bilingual(300) }), {
    min: 2,
    max: 2,
  })

const SERVICE_AGREEMENT: Shape<ServiceAgreement> = objectOf(
  { ...TERMS, parties: partiesOf('provider', 'consumer'), grants: listOf(GRANT, { max: 200 }) },
  { ...MORE_TERMS, kind: oneOf('service') },
  (content, report) => {
    checkTogether(content, ['provider', 'consumer'], report)
    checkGrants(content, report)
  },
)

const HOSTING_AGREEMENT: Shape<HostingAgreement> = objectOf(
  { ...TERMS, kind: oneOf('hosting'), parties: partiesOf('operator', 'host'), hosting: HOSTING },
  MORE_TERMS,
  (content, report) => {
    checkTogether(content, ['operator', 'host'], report)
    inNetwork(content.hosting.branch, content.network, '/hosting/branch', report)
    for (const [index, service] of (content.hosting.services ?? []).entries()) {
      inNetwork(service, content.network, `/hosting/services/${index}`, report)
    }
  },
)

const MEMBERSHIP_AGREEMENT: Shape<MembershipAgreement> = objectOf(
  { ...TERMS, kind: oneOf('membership'), parties: partiesOf('operator', 'member'), membership: MEMBERSHIP },
  MORE_TERMS,
  (content, report) => checkTogether(content, ['operator', 'member'], report),
)

const KINDS = { service: SERVICE_AGREEMENT, hosting: HOSTING_AGREEMENT, membership: MEMBERSHIP_AGREEMENT }

/** The content of an agreement, version 1: `docs/spec/agreement.md` section 2. */
export const AGREEMENT: Shape<Agreement> = {
  check(value, path, problems) {
    const named = value !== null && typeof value === 'object' && 'kind' in value ? value['kind'] : 'service'
    const kind = Object.keys(KINDS).find((each) => each === named) as keyof typeof KINDS | undefined
    if (kind !== undefined) KINDS[kind].check(value, path, problems)
    else problems.push({ path: `${path}/kind`, problem: `must be one of: ${Object.keys(KINDS).join(', ')}` })
  },
}

type Report = (path: string, problem: string) => void

// What no single member shows: who agrees with whom, about what is of this network, and for how long.
function checkTogether(content: Agreement, roles: readonly [string, string], report: Report): void {
  const [first, second] = roles.map((role) => content.parties.find((party) => party.role === role)?.member)
  if (first === undefined || second === undefined) {
    report('/parties', `must be one ${roles[0]} and one ${roles[1]}`)
  } else if (first === second) report('/parties', 'must be two different members')
  for (const [index, party] of content.parties.entries()) {
    inNetwork(party.member, content.network, `/parties/${index}/member`, report)
  }
  for (const [index, branch] of (content.connection?.branches ?? []).entries()) {
    inNetwork(branch, content.network, `/connection/branches/${index}`, report)
  }
  // Times in this form sort as text.
  if (content.validFrom >= content.validUntil) report('/validUntil', 'must be after validFrom')
}

// A provider grants only what is its own, and only to the other party; otherwise two members could between them open
// the door of a third.
function checkGrants(content: ServiceAgreement, report: Report): void {
  const provider = content.parties.find((party) => party.role === 'provider')?.member
  const consumer = content.parties.find((party) => party.role === 'consumer')?.member
  for (const [index, grant] of content.grants.entries()) {
    const at = `/grants/${index}`
    if (memberOf(grant.service) !== provider) report(`${at}/service`, 'must belong to the provider')
    for (const [place, client] of (grant.clients ?? []).entries()) {
      if (memberOf(client) !== consumer) report(`${at}/clients/${place}`, 'must belong to the consumer')
    }
    for (const branch of [...(grant.transit?.avoid ?? []), ...(grant.transit?.only ?? [])]) {
      inNetwork(branch, content.network, `${at}/transit`, report)
    }
  }
}

function inNetwork(id: string, network: string, path: string, report: Report): void {
  if (networkOf(id) !== network) report(path, 'must be of this network')
}
