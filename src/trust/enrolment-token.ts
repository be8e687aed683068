import { randomBytes } from 'node:crypto'
import { isBranchClass } from '../protocol/branch-class.ts'
import { canonicalJson, parseCanonicalJson } from '../protocol/canonical-json.ts'
import type { Json } from '../protocol/canonical-json.ts'
import { isTime } from '../protocol/clock.ts'
import { isIdentifier, memberOf } from '../protocol/identifier.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { ANCHOR, checkAnchor } from './anchor.ts'
import type { Anchor } from './anchor.ts'
import { decodeShape, listOf, objectOf, oneOf, text } from './shape.ts'
import type { Shape } from './shape.ts'
import { isBase64urlOf, isHttpUrl } from './text-form.ts'

/**
 * All that one new gateway or branch needs to join: where, as what, whom to trust, and a secret that works once.
 * Whoever holds the token may enrol under this name, so it travels like a password.
 */
export type EnrolmentToken = {
  readonly type: 'wusla/token/v1'
  readonly kind: 'gateway' | 'branch'
  /** The identifier that will be enrolled. */
  readonly subject: string
  /** The member it belongs to; for a branch, its host. */
  readonly member: string
  /** Home branches of the gateway; empty for a branch. */
  readonly branches: readonly string[]
  /**
   * 32 random bytes, base64url: the private half of the enrolment key. Registry, voucher and ledger know the public
   * half only, so none of their readers can enrol anybody.
   */
  readonly secret: string
  /** RFC 3339, UTC, milliseconds. */
  readonly expires: string
  readonly registryUrl: string
  readonly anchor: Anchor
  /** For a further gateway of a member: the member's word for it, signed by one of its seals. */
  readonly voucher?: string
  /** For a branch: the class that the operator gives it. */
  readonly class?: string
}

const PREFIX = 'wusla-token.'

/** A longer token is refused before it is parsed. Unit: characters. */
export const MAX_TOKEN_LENGTH = 32_768

const identifier = (kind: 'member' | 'branch'): Shape<string> =>
  text({ max: 1024, test: (value) => isIdentifier(kind, value), what: `the identifier of a ${kind}` })

const TOKEN: Shape<EnrolmentToken> = objectOf(
  {
    type: oneOf('wusla/token/v1'),
    kind: oneOf('gateway', 'branch'),
    subject: text({ max: 1024 }),
    member: identifier('member'),
    branches: listOf(identifier('branch'), { min: 0, max: 16, unique: true }),
    secret: text({ test: (value) => isBase64urlOf(value, 32), what: '32 bytes in base64url' }),
    expires: text({ test: isTime, what: 'an instant' }),
    registryUrl: text({ max: 512, test: isHttpUrl, what: 'an http or https URL without a trailing slash' }),
    anchor: ANCHOR,
  },
  {
    voucher: text({ max: 4096 }),
    class: text({ max: 32, test: isBranchClass, what: 'a class of branches' }),
  },
  (token, report) => {
    if (!isIdentifier(token.kind, token.subject))
      report('/subject', `must be the identifier of a ${token.kind}`)
    else if (token.kind === 'gateway' && memberOf(token.subject) !== token.member) {
      report('/subject', 'must belong to the member')
    }
    if (!token.subject.startsWith(`${token.anchor.network}/`)) report('/anchor/network', 'is another network')
    if (token.kind === 'branch' && token.branches.length > 0)
      report('/branches', 'must be empty for a branch')
    if (token.kind === 'gateway' && token.class !== undefined) report('/class', 'is for a branch only')
  },
)

/** A new secret for a token: 32 random bytes, base64url, the seed of an Ed25519 key. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * The token as the one line that an operator hands over.
 *
 * @throws WuslaError `token_invalid` when it would not be accepted by {@link decodeEnrolmentToken}.
 */
export function encodeEnrolmentToken(token: EnrolmentToken): string {
  const json = canonicalJson(token)
  const line = PREFIX + Buffer.from(json, 'utf8').toString('base64url')
  decodeEnrolmentToken(line)
  return line
}

/**
 * Reads a token; blanks around the line are ignored. Whether it has expired or was used is for the registry to
 * say. Errors never repeat a part of the token.
 *
 * @throws WuslaError `token_invalid`, with `details.problems`.
 */
export function decodeEnrolmentToken(line: string): EnrolmentToken {
  const trimmed = line.trim()
  if (!trimmed.startsWith(PREFIX) || trimmed.length > MAX_TOKEN_LENGTH) throw new WuslaError('token_invalid')
  const encoded = trimmed.slice(PREFIX.length)
  const bytes = Buffer.from(encoded, 'base64url')
  if (bytes.toString('base64url') !== encoded) throw new WuslaError('token_invalid')
  let json: Json
  try {
    json = parseCanonicalJson(bytes.toString('utf8'))
  } catch {
    throw new WuslaError('token_invalid')
  }
  const decoded = decodeShape(TOKEN, json)
  if (!decoded.ok) throw new WuslaError('token_invalid', { details: { problems: decoded.problems } })
  checkAnchor(decoded.value.anchor)
  return decoded.value
}
