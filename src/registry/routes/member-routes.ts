import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { formatTime } from '../../protocol/clock.ts'
import { memberOf, parseBranch, parseGateway, parseMember } from '../../protocol/identifier.ts'
import { Type } from '../../protocol/schema.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { enrolmentKey } from '../../directory/enrolment-key.ts'
import { encodeEnrolmentToken, newSecret } from '../../trust/enrolment-token.ts'
import type { RegistryParts } from '../registry-deps.ts'
import { BRANCH_CLASS, Indexed, MemberShape, Name, Next, Page, pageOf, Reason } from './schemas.ts'

const TokenRequest = Type.Object(
  {
    kind: Type.Union([Type.Literal('gateway'), Type.Literal('branch')]),
    subject: Type.String({ maxLength: 1_024, description: 'Identifier that will be enrolled.' }),
    member: Type.Optional(
      Type.String({ description: 'For a branch: the member in whose data centre it stands.' }),
    ),
    branches: Type.Optional(
      Type.Array(Type.String(), { maxItems: 16, description: 'Home branches. Default: all.' }),
    ),
    class: Type.Optional(
      Type.String({
        pattern: BRANCH_CLASS,
        description: 'For a branch that is not commissioned yet: what transit constraints may ask for.',
      }),
    ),
    hours: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 8_760, description: 'Life of the token. Default 24.' }),
    ),
  },
  { additionalProperties: false },
)

/** Members and the one-time tokens with which their gateways, and branches, join. */
export function memberRoutes(api: Api, parts: RegistryParts): void {
  const { directory, publisher, tokens } = parts
  const operator = { onRequest: requireRole(tokens.current, 'operator') }
  standingRoutes(api, parts, operator)

  api.get(
    '/v1/members',
    {
      schema: {
        summary: 'Members of the network, in pages',
        tags: ['members'],
        querystring: Type.Object(Page),
        response: { 200: Type.Object({ members: Type.Array(MemberShape), ...Next }) },
      },
    },
    ({ query }) => {
      const { page: members, ...next } = pageOf(directory.members(), query)
      return { members, ...next }
    },
  )

  api.post(
    '/v1/members',
    {
      ...operator,
      schema: {
        summary: 'Admit a member',
        tags: ['members'],
        body: Type.Object({ member: Type.String(), name: Name }, { additionalProperties: false }),
        response: { 200: Indexed },
      },
    },
    async ({ body }) => {
      parseMember(body.member)
      return {
        index: await publisher.publishOwn('member_admitted', { member: body.member, name: body.name }),
      }
    },
  )

  api.post(
    '/v1/tokens',
    {
      ...operator,
      schema: {
        summary: 'Make a one-time token with which a gateway or branch joins',
        tags: ['enrolment'],
        body: TokenRequest,
        response: { 200: Type.Object({ token: Type.String(), expires: Type.String() }) },
      },
    },
    ({ body }) => makeToken(parts, body),
  )
}

function standingRoutes(
  api: Api,
  { publisher }: RegistryParts,
  operator: { onRequest: ReturnType<typeof requireRole> },
): void {
  for (const [verb, kind] of [
    ['suspend', 'member_suspended'],
    ['resume', 'member_resumed'],
    ['readmit', 'member_readmitted'],
  ] as const) {
    api.post(
      `/v1/members/${verb}`,
      {
        ...operator,
        schema: {
          summary: `${verb} a member`,
          tags: ['members'],
          body: Type.Object({ member: Type.String(), reason: Reason }, { additionalProperties: false }),
          response: { 200: Indexed },
        },
      },
      async ({ body }) => ({
        index: await publisher.publishOwn(kind, { member: body.member, reason: body.reason }),
      }),
    )
  }
}

function makeToken(
  { directory, enrolments, anchor, config, clock }: RegistryParts,
  wanted: {
    kind: 'gateway' | 'branch'
    subject: string
    member?: string
    branches?: string[]
    hours?: number
    class?: string
  },
): { token: string; expires: string } {
  if (wanted.kind === 'gateway') parseGateway(wanted.subject)
  else parseBranch(wanted.subject)
  const member = wanted.kind === 'gateway' ? memberOf(wanted.subject) : wanted.member
  if (member === undefined)
    throw new WuslaError('invalid_request', { message: 'A branch needs the member that hosts it.' })
  const record = directory.member(member)
  if (record === undefined) throw new WuslaError('unknown_member', { details: { member } })
  if (wanted.kind === 'gateway' && !record.awaitsFirstKey) {
    throw new WuslaError('conflict', {
      message:
        'The member has had its first gateway; tokens for further ones are made at a gateway of the member.',
      details: { member },
    })
  }
  assertClassable(directory, wanted)
  const known = directory.branches().map(({ branch }) => branch)
  const branches = wanted.kind === 'branch' ? [] : (wanted.branches ?? known)
  const stranger = branches.find((branch) => !known.includes(branch))
  if (stranger !== undefined)
    throw new WuslaError('not_found', { message: 'There is no such branch.', details: { branch: stranger } })
  const secret = newSecret()
  const expires = formatTime(clock.nowMs() + (wanted.hours ?? 24) * 3_600_000)
  const { kind, subject } = wanted
  enrolments.add(enrolmentKey(secret).publicKey, {
    kind,
    subject,
    member,
    branches,
    expires,
    class: wanted.class,
  })
  const token = {
    type: 'wusla/token/v1',
    kind,
    subject,
    member,
    branches,
    secret,
    expires,
    registryUrl: config.publicUrl,
    anchor,
    ...(wanted.class === undefined ? {} : { class: wanted.class }),
  } as const
  return { token: encodeEnrolmentToken(token), expires }
}

/** A class comes with the first commission; a branch that is there gets another by a change of the registry's own. */
function assertClassable(
  directory: RegistryParts['directory'],
  { kind, subject, class: wanted }: { kind: string; subject: string; class?: string },
): void {
  if (wanted === undefined) return
  if (kind !== 'branch') throw new WuslaError('invalid_request', { message: 'Only a branch has a class.' })
  if (directory.branch(subject) === undefined) return
  throw new WuslaError('conflict', {
    message: 'The branch is commissioned and keeps its class; set another with POST /v1/branches/class.',
    details: { branch: subject },
  })
}
