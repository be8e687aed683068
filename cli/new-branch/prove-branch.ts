import type { Impact } from '../../src/planner/study-impact.ts'
import { memberOf } from '../../src/protocol/identifier.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { type ApiTarget, callApi } from '../api-client.ts'
import { readSandbox, type SandboxGateway } from '../sandbox-file.ts'
import { askUntil, findReach, type FoundReach, keyOf, type ServiceFacts, type Use } from './check-reach.ts'
import type { WantedBranch } from './wanted-branch.ts'

/** The first exchange that crossed the branch. */
export interface FirstExchange {
  readonly from: string
  readonly service: string
  /** Branches between the two gateways, as the calling gateway holds its session. */
  readonly path: readonly string[]
  /** From the moment the branch began to join until the answer was there, in milliseconds. */
  readonly sinceJoinMs: number
}

/** What was predicted beside what calls have shown. */
export interface Proof extends FoundReach {
  /** Absent when the branch puts nothing within anybody's reach. */
  readonly first?: FirstExchange
  /** Whether exactly what was predicted answered. */
  readonly isExact: boolean
  readonly notPredicted: readonly Use[]
  readonly missing: readonly Use[]
}

/** How long the first exchange may take, in milliseconds. */
const PATIENCE_MS = 60_000

/** How long `sandbox.json` may take to name the lines, in milliseconds. */
const LISTED_MS = 15_000

/**
 * Makes the first exchange through a new branch, and then calls everything that was out of somebody's reach before it.
 *
 * @param state - state folder of the sandbox
 * @param impact - what the planner said of it
 * @param joinedAtMs - when the branch began to join, in elapsed milliseconds
 * @throws WuslaError `no_path` when nobody gets an answer through the branch within a minute
 */
export async function proveBranch(
  state: string,
  registry: ApiTarget,
  wanted: WantedBranch,
  impact: Pick<Impact, 'before' | 'gained'>,
  joinedAtMs: number,
): Promise<Proof> {
  const { gateways } = readSandbox(state)
  const services = await servicesOf(registry)
  const predicted = impact.gained
  const first = await firstExchange(gateways, services, wanted, predicted, joinedAtMs)
  const found = await findReach(gateways, services, impact.before.reached, predicted)
  const were = new Set(predicted.map(keyOf))
  const are = new Set(found.answered.map(keyOf))
  const notPredicted = found.answered.filter((use) => !were.has(keyOf(use)))
  const unasked = new Set(found.unasked.map(keyOf))
  const missing = predicted
    .filter((use) => !are.has(keyOf(use)) && !unasked.has(keyOf(use)))
    .map(({ entity, service }) => ({ entity, service }))
  const isExact = notPredicted.length === 0 && missing.length === 0
  return { ...found, ...(first === undefined ? {} : { first }), isExact, notPredicted, missing }
}

/** Resolves when `sandbox.json` names the lines too: it asks the registry for them once a second. */
export async function untilLinesListed(state: string, { lines, hostLine }: WantedBranch): Promise<void> {
  const ids = [...lines, ...(hostLine === undefined ? [] : [hostLine])].map(({ line }) => line)
  const deadlineMs = performance.now() + LISTED_MS
  while (performance.now() < deadlineMs) {
    const { lines: listed = [] } = readSandbox(state)
    if (ids.every((id) => listed.some((line) => line.id === id))) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new WuslaError('actor_unreachable', {
    message: 'The lines are registered, and the process of the sandbox does not list them.',
    details: { lines: ids },
  })
}

async function firstExchange(
  gateways: readonly SandboxGateway[],
  services: readonly ServiceFacts[],
  { branch, hosted }: WantedBranch,
  predicted: readonly Use[],
  joinedAtMs: number,
): Promise<FirstExchange | undefined> {
  const use = predicted.find(({ service }) => service === hosted?.service) ?? predicted[0]
  const gateway = gateways.find(({ member }) => member === use?.entity)
  const facts = services.find(({ service }) => service === use?.service)
  if (use === undefined || facts === undefined || gateway === undefined) return undefined
  const outcome = await askUntil(gateway, use.entity, facts, PATIENCE_MS)
  const sinceJoinMs = Math.round(performance.now() - joinedAtMs)
  const { entity: from, service } = use
  const path = await pathTo(gateway, memberOf(service))
  if (outcome !== 'answered' || !path.includes(branch))
    throw new WuslaError('no_path', {
      message: `No exchange through ${branch} came about within a minute.`,
      details: { from: gateway.id, service, outcome, path },
    })
  return { from, service, path, sinceJoinMs }
}

/** The branches of the session in use; none when there is no session, or one without branches. */
async function pathTo({ admin }: SandboxGateway, peer: string): Promise<readonly string[]> {
  const { sessions } = (await callApi(admin, 'GET', '/v1/status')) as {
    readonly sessions: readonly { readonly gateway: string; readonly path: readonly string[] }[]
  }
  return sessions.find(({ gateway }) => memberOf(gateway) === peer)?.path ?? []
}

async function servicesOf(registry: ApiTarget): Promise<ServiceFacts[]> {
  const services: ServiceFacts[] = []
  for (let cursor: number | undefined = 0; cursor !== undefined;) {
    const page = (await callApi(registry, 'GET', `/v1/services?cursor=${cursor}`)) as {
      readonly services: readonly ServiceFacts[]
      readonly next?: number
    }
    services.push(...page.services)
    cursor = page.next
  }
  return services
}
