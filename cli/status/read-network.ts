import { schemaProblems } from '../../src/admin-api/check-schema.ts'
import { type Clock, formatTime } from '../../src/protocol/clock.ts'
import type { Schema } from '../../src/protocol/schema.ts'
import { isWuslaError, type WuslaError } from '../../src/protocol/wusla-error.ts'
import { callApi } from '../api-client.ts'
import type {
  BranchStatus,
  GatewayStatus,
  NetworkReading,
  ReadFailure,
  Reading,
  RegistryStatus,
} from './actor-status.ts'
import { BranchShape, GatewayShape, RegistryShape } from './status-shapes.ts'
import type { LookedAt, StatusTargets } from './status-targets.ts'

/**
 * Asks every actor how it is, all at once. One that does not answer in time, or answers what no actor does, holds nobody
 * up: it is part of the answer.
 *
 * @param timeoutMs - how long each may take
 */
export async function readNetwork(
  targets: StatusTargets,
  timeoutMs: number,
  clock: Clock,
): Promise<NetworkReading> {
  const time = formatTime(clock.nowMs())
  const { registry, branches, gateways } = targets
  const [ofRegistry, ofBranches, ofGateways] = await Promise.all([
    registry && read<RegistryStatus>(registry, REGISTRY, timeoutMs),
    Promise.all(branches.map((target) => read<BranchStatus>(target, BRANCH, timeoutMs))),
    Promise.all(gateways.map((target) => read<GatewayStatus>(target, GATEWAY, timeoutMs))),
  ])
  return {
    time,
    ...(ofRegistry === undefined ? {} : { registry: ofRegistry }),
    branches: ofBranches,
    gateways: ofGateways,
  }
}

/** How a kind of actor is asked. */
interface Asked<T> {
  readonly path: string
  readonly shape: Schema
  readonly idOf: (status: T) => string
}

const REGISTRY: Asked<RegistryStatus> = {
  path: '/v1/status',
  shape: RegistryShape,
  idOf: ({ network }) => network,
}
const BRANCH: Asked<BranchStatus> = { path: '/status', shape: BranchShape, idOf: ({ branch }) => branch }
const GATEWAY: Asked<GatewayStatus> = {
  path: '/v1/status',
  shape: GatewayShape,
  idOf: ({ gateway }) => gateway,
}

async function read<T>(
  target: LookedAt,
  { path, shape, idOf }: Asked<T>,
  timeoutMs: number,
): Promise<Reading<T>> {
  const { url } = target
  const failed = (failure: ReadFailure): Reading<T> => ({ id: target.id ?? url, url, failure })
  try {
    const answer = await callApi(target, 'GET', path, undefined, timeoutMs)
    const [problem] = schemaProblems(shape, answer)
    if (problem !== undefined)
      return failed({ code: 'internal_error', reason: 'not_understood', message: problem })
    const status = answer as T
    return { id: idOf(status), url, status }
  } catch (error) {
    if (!isWuslaError(error)) throw error
    return failed(failureOf(error))
  }
}

const REASONS: Readonly<Record<string, ReadFailure['reason']>> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_refused',
  ENOTFOUND: 'unknown_host',
  EAI_AGAIN: 'unknown_host',
  ETIMEDOUT: 'no_answer_in_time',
}

function failureOf(error: WuslaError): ReadFailure {
  const { code, message } = error
  return { code, message, reason: reasonOf(error) }
}

function reasonOf({ code, cause }: WuslaError): ReadFailure['reason'] {
  if (code === 'unauthorized' || code === 'forbidden') return 'not_allowed'
  if (!(cause instanceof Error)) return 'failed'
  if (cause.name === 'TimeoutError') return 'no_answer_in_time'
  const system = (cause.cause as { readonly code?: string } | undefined)?.code ?? ''
  return REASONS[system] ?? 'failed'
}
