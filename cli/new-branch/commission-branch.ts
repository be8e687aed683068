import { existsSync } from 'node:fs'
import { join as pathTo } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { API_TOKENS_FILE, TokenStore } from '../../src/admin-api/token-store.ts'
import { systemClock } from '../../src/protocol/clock.ts'
import { type ApiTarget, callApi } from '../api-client.ts'
import { joinBranch } from '../join/join-branch.ts'
import { joinGateway } from '../join/join-gateway.ts'
import { noteJoined, startInSandbox } from '../join/sandbox-entry.ts'
import type { LineFacts } from '../line-facts.ts'
import { readSandbox } from '../sandbox-file.ts'
import type { AdditionFiles, BranchRecord } from './unfinished-branch.ts'
import { keepUnfinished } from './unfinished-branch.ts'
import type { HostedService } from './wanted-branch.ts'

/** Whom and what the steps work on. */
interface Site {
  /** State folder of the sandbox. */
  readonly state: string
  readonly registry: ApiTarget
  readonly files: AdditionFiles
}

/**
 * Commissions a branch as its operator and its host would: admit the host, hand out tokens, join, register the lines, start, publish.
 * Every step looks first whether it was done, so an attempt that was interrupted is repeated from its beginning.
 *
 * @returns when the branch began to join, in elapsed milliseconds
 * @throws WuslaError what the registry or the new gateway refuses with; `registry_unreachable`, `actor_not_started`
 */
export async function commissionBranch(
  site: Site,
  begun: BranchRecord,
): Promise<{ readonly joinedAtMs: number }> {
  const { wanted } = begun
  await admitHost(site, begun)
  if (wanted.hosted !== undefined) await addBackend(site, begun, wanted.hosted)
  const record = await withToken(site, begun, 'branch')
  const joinedAtMs = performance.now()
  await join(site, record)
  await Promise.all([
    putIntoService(site, record),
    wanted.hosted === undefined ? undefined : offer(site, record, wanted.hosted),
  ])
  return { joinedAtMs }
}

async function admitHost(
  { registry }: Site,
  { wanted: { isHostNew, host, hostName } }: BranchRecord,
): Promise<void> {
  if (!isHostNew || (await isMember(registry, host))) return
  await callApi(registry, 'POST', '/v1/members', { member: host, name: hostName })
}

async function isMember(registry: ApiTarget, member: string): Promise<boolean> {
  for (let cursor: number | undefined = 0; cursor !== undefined;) {
    const page = (await callApi(registry, 'GET', `/v1/members?cursor=${cursor}`)) as {
      readonly members: readonly { readonly member: string }[]
      readonly next?: number
    }
    if (page.members.some((entry) => entry.member === member)) return true
    cursor = page.next
  }
  return false
}

async function addBackend(
  { state }: Site,
  { ports }: BranchRecord,
  { service }: HostedService,
): Promise<void> {
  const directory = pathTo(state, 'backends', service.replaceAll('/', '-'))
  await noteJoined(state, {
    kind: 'backend',
    id: service,
    directory,
    program: 'archive',
    port: ports.backend,
  })
}

/** A token that an earlier attempt got is used again: what it joined with may be in the log already. */
async function withToken(
  { registry, files }: Site,
  record: BranchRecord,
  kind: 'branch' | 'gateway',
): Promise<BranchRecord> {
  const known = record.tokens[kind]
  if (known !== undefined && Date.parse(known.expires) > systemClock.nowMs()) return record
  const { branch, host, class: branchClass, hosted } = record.wanted
  const ranked = branchClass === undefined ? {} : { class: branchClass }
  const subject =
    kind === 'branch'
      ? { subject: branch, member: host, ...ranked }
      : { subject: hosted?.gateway, branches: [branch] }
  const answer = (await callApi(registry, 'POST', '/v1/tokens', { kind, ...subject })) as {
    readonly token: string
    readonly expires: string
  }
  const next = { ...record, tokens: { ...record.tokens, [kind]: answer } }
  await keepUnfinished(files, next)
  return next
}

async function join({ state }: Site, { wanted: { branch }, ports, tokens }: BranchRecord): Promise<void> {
  const directory = folderOf(state, 'branches', branch)
  if (hasJoined(directory, 'branch.json')) return
  await joinBranch({
    token: tokens.branch?.token ?? '',
    directory,
    control: local(ports.control),
    tunnel: local(ports.tunnel),
    http: local(ports.http),
  })
}

async function putIntoService(site: Site, { wanted: { branch, lines } }: BranchRecord): Promise<void> {
  const directory = folderOf(site.state, 'branches', branch)
  const started = startInSandbox(site.state, { kind: 'branch', id: branch, directory })
  await registerLines(site.registry, lines)
  await started
}

/** The host's gateway, whose only home is the new branch, and the service that it publishes for everybody. */
async function offer(site: Site, record: BranchRecord, hosted: HostedService): Promise<void> {
  const { state, registry } = site
  const { wanted, ports } = record
  const directory = folderOf(state, 'gateways', hosted.gateway)
  const adminToken = hasJoined(directory, 'gateway.json')
    ? await knownToken(state, hosted.gateway, directory)
    : (
        await joinGateway({
          token: (await withToken(site, record, 'gateway')).tokens.gateway?.token ?? '',
          directory,
          frontDoor: { frontDoor: local(ports.frontDoor) },
          admin: local(ports.admin),
        })
      ).adminToken
  const started = startInSandbox(state, { kind: 'gateway', id: hosted.gateway, directory, adminToken })
  await registerLines(registry, wanted.hostLine === undefined ? [] : [wanted.hostLine])
  await started
  const admin = { url: `http://${local(ports.admin)}`, token: adminToken }
  const rules = [{ kind: 'address', allow: ['127.0.0.1'] }]
  await callApi(admin, 'PUT', '/v1/clients', { client: hosted.system, rules })
  const { service, name, operations } = hosted
  const target = { url: `http://${local(ports.backend)}` }
  const body = { service, kind: 'api', xroadType: 'REST', name, operations, open: true, target }
  await callApi(admin, 'POST', '/v1/services', body)
}

/** What the sandbox keeps, or a further one: what the join showed may be lost with the attempt that was interrupted. */
async function knownToken(state: string, gateway: string, directory: string): Promise<string> {
  const listed = readSandbox(state).gateways.find(({ id }) => id === gateway)
  if (listed !== undefined) return listed.admin.token
  const store = TokenStore.open(pathTo(directory, API_TOKENS_FILE), systemClock)
  return (await store.create('admin', 'sandbox')).token
}

async function registerLines(registry: ApiTarget, lines: readonly LineFacts[]): Promise<void> {
  const { lines: there } = (await callApi(registry, 'GET', '/v1/lines')) as {
    readonly lines: readonly LineFacts[]
  }
  for (const line of lines) {
    const known = there.find((entry) => entry.line === line.line)
    if (known === undefined || !isDeepStrictEqual(known.ends, line.ends))
      await callApi(registry, 'POST', '/v1/lines', line)
  }
}

/** The settings are the last thing that a join writes; until it is done `joining.json` lies beside them. */
function hasJoined(directory: string, settings: string): boolean {
  return existsSync(pathTo(directory, settings)) && !existsSync(pathTo(directory, 'joining.json'))
}

function folderOf(state: string, kind: 'branches' | 'gateways', id: string): string {
  return pathTo(state, kind, id.replaceAll('/', '-'))
}

function local(port: number): string {
  return `127.0.0.1:${port}`
}
