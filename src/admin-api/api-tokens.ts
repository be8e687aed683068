import { randomBytes, timingSafeEqual } from 'node:crypto'
import { sha256 } from '../protocol/digest.ts'
import { Type } from '../protocol/schema.ts'
import { schemaProblems } from './check-schema.ts'

/** What the bearer of a token may do: everything; run the actor; only read. */
export type ApiRole = 'admin' | 'operator' | 'auditor'

const RANK: Readonly<Record<ApiRole, number>> = { auditor: 0, operator: 1, admin: 2 }

/** A token as it is stored: never the token itself. */
export interface StoredToken {
  readonly role: ApiRole
  /** SHA-256 of the token, base64url. */
  readonly sha256: string
  /** What it is for, in its maker's words. */
  readonly label?: string
  readonly createdAt?: string
}

/** Tokens that one actor keeps at most. */
export const MAX_TOKENS = 1_000

const StoredTokensSchema = Type.Array(
  Type.Object(
    {
      role: Type.Union([Type.Literal('admin'), Type.Literal('operator'), Type.Literal('auditor')]),
      sha256: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
      label: Type.Optional(Type.String({ maxLength: 100 })),
      createdAt: Type.Optional(Type.String({ maxLength: 24 })),
    },
    { additionalProperties: false },
  ),
  { maxItems: MAX_TOKENS },
)

/** Everything that is wrong with a list of stored tokens, each with its place; empty when nothing is. */
export function tokenProblems(value: unknown): string[] {
  return schemaProblems(StoredTokensSchema, value)
}

/** A new random token and the form in which it is stored. Show `token` once; it cannot be read back. */
export function createApiToken(role: ApiRole): { readonly token: string; readonly stored: StoredToken } {
  const token = randomBytes(32).toString('base64url')
  return { token, stored: { role, sha256: sha256(token).toString('base64url') } }
}

/** One new token for each role: what an actor starts with. */
export function createApiTokens(): {
  readonly tokens: Readonly<Record<ApiRole, string>>
  readonly stored: readonly StoredToken[]
} {
  const [admin, operator, auditor] = [
    createApiToken('admin'),
    createApiToken('operator'),
    createApiToken('auditor'),
  ]
  return {
    tokens: { admin: admin.token, operator: operator.token, auditor: auditor.token },
    stored: [admin.stored, operator.stored, auditor.stored],
  }
}

/** The role of a presented token, or nothing. Compares digests in constant time against every stored token. */
export function roleOfToken(tokens: readonly StoredToken[], presented: string): ApiRole | undefined {
  const digest = sha256(presented)
  let role: ApiRole | undefined
  for (const stored of tokens) {
    const expected = Buffer.from(stored.sha256, 'base64url')
    if (expected.length === digest.length && timingSafeEqual(expected, digest)) role = stored.role
  }
  return role
}

/** Whether `role` includes what `needed` may do. */
export function roleCovers(role: ApiRole, needed: ApiRole): boolean {
  return RANK[role] >= RANK[needed]
}
