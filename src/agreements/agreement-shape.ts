import { isBranchClass } from '../protocol/branch-class.ts'
import { isTime } from '../protocol/clock.ts'
import { isIdentifier, memberOf, networkOf } from '../protocol/identifier.ts'
import { MAX_GLOB_LENGTH } from '../protocol/limits.ts'
import { METHODS } from '../protocol/statement.ts'
import { flag, listOf, listOrSingle, objectOf, oneOf, text, wholeNumber } from '../trust/shape.ts'
import type { Shape } from '../trust/shape.ts'
import { isBase64urlOf } from '../trust/text-form.ts'
import type { Agreement } from './agreement.ts'

/**
 * Characters that a signer would not see, or that make a text read otherwise than it is stored: controls, line
 * separators, bidirectional embeddings, overrides and isolates, byte order mark.
 */
// oxlint-disable-next-line no-control-regex -- these are the characters to refuse
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/

const isReadable = (value: string): boolean =>
  value.trim() === value && value.isWellFormed() && !UNSEEN.test(value)

const readable = (max: number): Shape<string> =>
  text({ max, test: isReadable, what: 'one line of text without hidden characters' })

/** The same words in both languages of the network. Both are signed; neither outranks the other. */
const bilingual = (max: number): Shape<{ readonly ar: string; readonly en: string }> =>
  objectOf({ ar: readable(max), en: readable(max) })

const identifier = (kind: 'member' | 'system' | 'service' | 'branch' | 'network'): Shape<string> =>
  text({ max: 4096, test: (value) => isIdentifier(kind, value), what: `the identifier of a ${kind}` })

const instant = text({ max: 24, test: isTime, what: 'an instant in UTC with milliseconds' })

const code = text({ max: 64, test: (value) => /^[A-Za-z0-9][A-Za-z0-9._:-]*$/.test(value), what: 'a code' })

// A service path is empty or starts with a slash, so any other pattern is a slip of the pen that grants nothing.
const pattern = text({
  min: 0,
  max: MAX_GLOB_LENGTH,
  test: (value) => (value === '' || value.startsWith('/') || value.startsWith('*')) && !UNSEEN.test(value),
  what: 'a path pattern: empty, or starting with / or *',
})

const OPERATION = objectOf({
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

const GRANT = objectOf(
  {
    service: identifier('service'),
    operations: listOf(OPERATION, { max: 200 }),
    kinds: listOf(oneOf('api', 'events', 'files', 'stream'), { max: 4, unique: true }),
    dataClass: oneOf('open', 'confidential', 'sensitive', 'secret'),
  },
  {
    clients: listOf(identifier('system'), { max: 500, unique: true }),
    purpose: listOrSingle(listOf(code, { max: 32, unique: true }), bilingual(1000)),
    legalBasis: readable(1000),
    limits: LIMITS,
    transit: TRANSIT,
    retainPayload: flag,
    acknowledgementRequired: flag,
  },
)

const PARTY = objectOf({ member: identifier('member'), role: oneOf('provider', 'consumer') })

/** The content of an agreement, version 1: `docs/spec/agreement.md` section 2. */
export const AGREEMENT: Shape<Agreement> = objectOf(
  {
    type: oneOf('wusla/agreement/v1'),
    network: identifier('network'),
    title: bilingual(300),
    parties: listOf(PARTY, { min: 2, max: 2 }),
    grants: listOf(GRANT, { max: 200 }),
    validFrom: instant,
    validUntil: instant,
    nonce: text({ test: (value) => isBase64urlOf(value, 16, 32), what: '16 to 32 bytes in base64url' }),
  },
  {},
  checkTogether,
)

type Report = (path: string, problem: string) => void

// What no single member shows: who may grant what to whom. A provider grants only what is its own, and only to
// the other party; otherwise two members could between them open the door of a third.
function checkTogether(content: Agreement, report: Report): void {
  const provider = content.parties.find((party) => party.role === 'provider')?.member
  const consumer = content.parties.find((party) => party.role === 'consumer')?.member
  if (provider === undefined || consumer === undefined) {
    report('/parties', 'must be one provider and one consumer')
  } else if (provider === consumer) report('/parties', 'must be two different members')
  for (const [index, party] of content.parties.entries()) {
    inNetwork(party.member, content.network, `/parties/${index}/member`, report)
  }
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
  // Times in this form sort as text.
  if (content.validFrom >= content.validUntil) report('/validUntil', 'must be after validFrom')
}

function inNetwork(id: string, network: string, path: string, report: Report): void {
  if (networkOf(id) !== network) report(path, 'must be of this network')
}
