import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { agree, grantMandate } from './agree.ts'
import { connectIdentity, type RunningStandIn } from './connect-identity.ts'
import { callAdmin, runCli } from './drive.ts'
import {
  actorDirectory,
  BRANCHES,
  gatewayOf,
  HOME_LINES,
  identityDirectory,
  LINES,
  MEMBERS,
  portsFrom,
  type SandboxMember,
} from './layout.ts'
import { POLICIES } from './identity/authority/test-authority.ts'
import type { Admin } from './sign-as.ts'
import type { SandboxOptions } from './start-sandbox.ts'

interface Built {
  readonly registryToken: string
  readonly tokens: Readonly<Record<string, string>>
}

/** Starts an actor that has joined; resolves when it is ready. */
type StartActor = (id: string) => Promise<void>

/** What a gateway joins with. */
interface JoinParts {
  readonly operate: (path: string, body: unknown) => Promise<unknown>
  readonly start: StartActor
  readonly standIn: Promise<RunningStandIn>
}

/**
 * Builds the network as its operator would: admit, hand out tokens, join, publish, name who may sign, and agree. The registry runs already.
 *
 * @param standIn - the stand-in of the national identity, once it runs: gateways need it before they start
 */
export async function buildNetwork(
  options: SandboxOptions,
  registryToken: string,
  start: StartActor,
  standIn: Promise<RunningStandIn>,
): Promise<Built> {
  const registry = `http://127.0.0.1:${portsFrom(options.portBase).registry}`
  const operate = async (path: string, body: unknown): Promise<unknown> =>
    await callAdmin(registry, registryToken, 'POST', path, body)

  for (const { member, name } of MEMBERS) await operate('/v1/members', { member, name })
  const policy = standIn.then(async () => await setPolicy(options.state, registry, registryToken))
  await Promise.all(BRANCHES.map(async (_, index) => await joinBranch(options, index, operate, start)))
  for (const line of LINES) await operate('/v1/lines', line)
  const tokens: Record<string, string> = {}
  await Promise.all(
    MEMBERS.map(async (member, index) => {
      const token = await joinGateway(options, member, index, { operate, start, standIn })
      tokens[gatewayOf(member.member)] = token
      const admin = { url: adminOf(options.portBase, index), token }
      await Promise.all([
        furnish(options, member, index, admin),
        grantMandate(options.state, member.member, admin, Date.now()),
      ])
    }),
  )
  await policy
  const adminOfMember = (member: string): Admin => {
    const index = MEMBERS.findIndex((entry) => entry.member === member)
    return { url: adminOf(options.portBase, index), token: tokens[gatewayOf(member)] ?? '' }
  }
  await Promise.all([
    agree(adminOfMember, await standIn, Date.now()),
    registerHomeLines(async (line) => await operate('/v1/lines', line)),
  ])
  const ordered = MEMBERS.map(({ member }) => [gatewayOf(member), tokens[gatewayOf(member)] ?? ''] as const)
  return { registryToken, tokens: Object.fromEntries(ordered) }
}

/** Officials sign with qualified signatures of the stand-in, whose root is the only one that counts. */
async function setPolicy(state: string, registry: string, token: string): Promise<void> {
  const root = new X509Certificate(await readFile(join(identityDirectory(state), 'root.pem')))
  await callAdmin(registry, token, 'PUT', '/v1/signing-policy', {
    level: 'qualified',
    qualifiedPolicies: [POLICIES.qualified],
    roots: [root.raw.toString('base64url')],
    answerWithinDays: 14,
  })
}

async function registerHomeLines(register: (line: object) => Promise<unknown>): Promise<void> {
  for (const line of HOME_LINES) await register(line)
}

async function joinBranch(
  { state, portBase }: SandboxOptions,
  index: number,
  operate: (path: string, body: unknown) => Promise<unknown>,
  start: StartActor,
): Promise<void> {
  const entry = BRANCHES[index]
  if (entry === undefined) return
  const ports = portsFrom(portBase).branch(index)
  const { token } = (await operate('/v1/tokens', {
    kind: 'branch',
    subject: entry.branch,
    member: entry.host,
  })) as { token: string }
  await runCli([
    'branch',
    'join',
    token,
    '--dir',
    actorDirectory(state, entry.branch),
    '--control',
    `127.0.0.1:${ports.control}`,
    '--tunnel',
    `127.0.0.1:${ports.tunnel}`,
    '--http',
    `127.0.0.1:${ports.http}`,
    '--no-start',
    '--json',
  ])
  await start(entry.branch)
}

async function joinGateway(
  { state, portBase }: SandboxOptions,
  { member, branches }: SandboxMember,
  index: number,
  { operate, start, standIn }: JoinParts,
): Promise<string> {
  const gateway = gatewayOf(member)
  const ports = portsFrom(portBase).gateway(index)
  const { token } = (await operate('/v1/tokens', { kind: 'gateway', subject: gateway, branches })) as {
    token: string
  }
  const joined = (await runCli([
    'gateway',
    'join',
    token,
    '--dir',
    actorDirectory(state, gateway),
    '--front-door',
    `127.0.0.1:${ports.frontDoor}`,
    '--admin',
    `127.0.0.1:${ports.admin}`,
    '--no-start',
    '--json',
  ])) as { adminToken: string }
  await connectIdentity(actorDirectory(state, gateway), await standIn)
  await start(gateway)
  return joined.adminToken
}

/** Registers a member's systems and publishes what it offers. */
async function furnish(
  { portBase }: SandboxOptions,
  { member, systems, backend }: SandboxMember,
  index: number,
  { url: admin, token }: Admin,
): Promise<void> {
  for (const system of systems) {
    const client = `${member}/${system}`
    await callAdmin(admin, token, 'PUT', '/v1/clients', {
      client,
      rules: [{ kind: 'address', allow: ['127.0.0.1'] }],
    })
  }
  if (backend === undefined) return
  const { service, name, open, operations } = backend.service
  const target = { url: `http://127.0.0.1:${portsFrom(portBase).backend(index)}` }
  const body = { service, kind: 'api', xroadType: 'REST', name, operations, open, target }
  await callAdmin(admin, token, 'POST', '/v1/services', body)
}

function adminOf(portBase: number, index: number): string {
  return `http://127.0.0.1:${portsFrom(portBase).gateway(index).admin}`
}
