import { memberOf } from '../../src/protocol/identifier.ts'
import type { SandboxGateway } from '../sandbox-file.ts'

/** One entity and one service. */
export interface Use {
  readonly entity: string
  readonly service: string
}

/** A service as the directory describes it. */
export interface ServiceFacts {
  readonly service: string
  readonly operations?: readonly { readonly method: string; readonly path: string }[]
  readonly open?: { readonly operations: readonly { readonly method: string; readonly path: string }[] }
}

/** What calls have shown. */
export interface FoundReach {
  /** Calls that the service's own system answered. */
  readonly answered: readonly Use[]
  /** Calls that the network refused or could not carry, with its code. */
  readonly refused: readonly (Use & { readonly code: string })[]
  /** Predicted or not, these could not be asked: the service has no operation that only reads. */
  readonly unasked: readonly Use[]
}

/** How long a call that should be answered is tried again, in milliseconds: the network may take 2 s to know a change. */
const PATIENCE_MS = 15_000

/**
 * Calls, from every entity and through its own gateway, every service of another that was out of its reach before: what
 * was predicted until it is answered, and then once what was not.
 *
 * @param reachedBefore - what was within reach already; it is not called
 */
export async function findReach(
  gateways: readonly SandboxGateway[],
  services: readonly ServiceFacts[],
  reachedBefore: readonly Use[],
  predicted: readonly Use[],
): Promise<FoundReach> {
  const doors = new Map(gateways.toReversed().map((gateway) => [gateway.member, gateway]))
  const known = new Set(reachedBefore.map(keyOf))
  const uses = [...doors.keys()].flatMap((entity) =>
    services
      .filter(({ service }) => memberOf(service) !== entity && !known.has(keyOf({ entity, service })))
      .map((service) => ({ entity, service })),
  )
  const wanted = new Set(predicted.map(keyOf))
  const isWanted = ({ entity, service: { service } }: (typeof uses)[number]): boolean =>
    wanted.has(keyOf({ entity, service }))
  const ask = async (all: typeof uses, patienceMs: number): Promise<Asked[]> =>
    await Promise.all(
      all.map(async ({ entity, service }) => {
        const outcome = await askUntil(doors.get(entity), entity, service, patienceMs)
        return { entity, service: service.service, outcome }
      }),
    )
  const first = await ask(uses.filter(isWanted), PATIENCE_MS)
  const asked = [
    ...first,
    ...(await ask(
      uses.filter((use) => !isWanted(use)),
      0,
    )),
  ]
  return {
    answered: asked.filter(({ outcome }) => outcome === 'answered').map(useOf),
    refused: asked.flatMap((use) =>
      typeof use.outcome === 'string' ? [] : [{ ...useOf(use), code: use.outcome.code }],
    ),
    unasked: asked.filter(({ outcome }) => outcome === 'unasked').map(useOf),
  }
}

type Outcome = 'answered' | 'unasked' | { readonly code: string }
type Asked = Use & { readonly outcome: Outcome }

/** Calls one service at a gateway's front door, as the entity itself, until its system answers or the time is over. */
export async function askUntil(
  gateway: SandboxGateway | undefined,
  client: string,
  { service, operations, open }: ServiceFacts,
  patienceMs: number,
): Promise<Outcome> {
  const path = readingPath(open?.operations ?? operations)
  if (path === undefined || gateway === undefined) return 'unasked'
  const url = `${gateway.frontDoor}/r1/${service}${path}`
  const deadlineMs = performance.now() + patienceMs
  for (;;) {
    const outcome = await ask(url, client)
    if (outcome === 'answered' || performance.now() >= deadlineMs) return outcome
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function ask(url: string, client: string): Promise<Outcome> {
  let response: Response
  try {
    response = await fetch(url, { headers: { 'x-road-client': client }, signal: AbortSignal.timeout(35_000) })
  } catch {
    // Nobody listens at the door: the gateway is down, and that is what is told.
    return { code: 'actor_unreachable' }
  }
  const text = await response.text()
  // What the network itself says carries this header; what the service says does not.
  if (response.headers.get('x-road-error') === null) return 'answered'
  const { wusla } = JSON.parse(text) as { readonly wusla: { readonly code: string } }
  return { code: wusla.code }
}

/** A path of the first operation that only reads; `undefined` when a call could change something. */
function readingPath(operations: ServiceFacts['operations']): string | undefined {
  if (operations === undefined) return '/'
  const reading = operations.find(({ method }) => method === 'GET' || method === '*')
  return reading?.path
    .replace(/^\*\*$/, '/')
    .replace('**', '')
    .replaceAll('*', 'x')
}

export function keyOf({ entity, service }: Use): string {
  return `${entity} ${service}`
}

function useOf({ entity, service }: Use): Use {
  return { entity, service }
}
