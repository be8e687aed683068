import { callAdmin, runCli } from './drive.ts'
import {
  actorDirectory,
  AGREEMENTS,
  BRANCHES,
  gatewayOf,
  HOME_LINES,
  LINES,
  MEMBERS,
  portsFrom,
  type SandboxMember,
} from './layout.ts'
import type { SandboxOptions } from './start-sandbox.ts'

interface Built {
  readonly registryToken: string
  readonly tokens: Readonly<Record<string, string>>
}

/** Starts an actor that has joined; resolves when it is ready. */
type StartActor = (id: string) => Promise<void>

/**
 * Builds the network as its operator would: admit, hand out tokens, join, publish, agree. The registry runs already.
 */
export async function buildNetwork(
  options: SandboxOptions,
  registryToken: string,
  start: StartActor,
): Promise<Built> {
  const registry = `http://127.0.0.1:${portsFrom(options.portBase).registry}`
  const operate = async (path: string, body: unknown): Promise<unknown> =>
    await callAdmin(registry, registryToken, 'POST', path, body)

  for (const { member, name } of MEMBERS) await operate('/v1/members', { member, name })
  await Promise.all(BRANCHES.map(async (_, index) => await joinBranch(options, index, operate, start)))
  for (const line of LINES) await operate('/v1/lines', line)
  const tokens: Record<string, string> = {}
  await Promise.all(
    MEMBERS.map(async (member, index) => {
      tokens[gatewayOf(member.member)] = await joinGateway(options, member, index, operate, start)
    }),
  )
  for (const line of HOME_LINES) await operate('/v1/lines', line)
  await Promise.all(MEMBERS.map(async (member, index) => await furnish(options, member, index, tokens)))
  await agree(options, tokens)
  const ordered = MEMBERS.map(({ member }) => [gatewayOf(member), tokens[gatewayOf(member)] ?? ''] as const)
  return { registryToken, tokens: Object.fromEntries(ordered) }
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
  operate: (path: string, body: unknown) => Promise<unknown>,
  start: StartActor,
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
  await start(gateway)
  return joined.adminToken
}

/** Registers a member's systems and publishes what it offers. */
async function furnish(
  { portBase }: SandboxOptions,
  { member, systems, backend }: SandboxMember,
  index: number,
  tokens: Readonly<Record<string, string>>,
): Promise<void> {
  const admin = adminOf(portBase, index)
  const token = tokens[gatewayOf(member)] ?? ''
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

async function agree({ portBase }: SandboxOptions, tokens: Readonly<Record<string, string>>): Promise<void> {
  for (const { consumer, client, service, operations, purpose } of AGREEMENTS) {
    const provider = service.split('/').slice(0, 3).join('/')
    const now = Date.now()
    const draft = {
      title: { en: `Use of ${service}`, ar: `استخدام ${service}` },
      parties: [
        { member: provider, role: 'provider' },
        { member: consumer, role: 'consumer' },
      ],
      grants: [
        {
          service,
          clients: [client],
          operations: operations.map((text) => ({ method: text.split(' ')[0], path: text.split(' ')[1] })),
          kinds: ['api'],
          dataClass: 'confidential',
          purpose,
        },
      ],
      validFrom: new Date(now).toISOString(),
      validUntil: new Date(now + 365 * 86_400_000).toISOString(),
    }
    const proposed = (await asMember(portBase, tokens, consumer, '/v1/agreements', draft)) as {
      agreement: string
    }
    await asMember(portBase, tokens, provider, `/v1/agreements/${proposed.agreement}/accept`, {})
  }
}

async function asMember(
  portBase: number,
  tokens: Readonly<Record<string, string>>,
  member: string,
  path: string,
  body: unknown,
): Promise<unknown> {
  const index = MEMBERS.findIndex((entry) => entry.member === member)
  return await callAdmin(adminOf(portBase, index), tokens[gatewayOf(member)] ?? '', 'POST', path, body)
}

function adminOf(portBase: number, index: number): string {
  return `http://127.0.0.1:${portsFrom(portBase).gateway(index).admin}`
}
