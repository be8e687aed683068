import { type Clock, formatTime } from '../../src/protocol/clock.ts'
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
import type { LookedAt, StatusTargets } from './status-targets.ts'

/**
 * Asks every actor how it is, all at once. One that does not answer in time holds nobody up: it is part of the answer.
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
    registry === undefined
      ? undefined
      : read<RegistryStatus>(registry, '/v1/status', timeoutMs, ({ network }) => network),
    Promise.all(
      branches.map((target) => read<BranchStatus>(target, '/status', timeoutMs, ({ branch }) => branch)),
    ),
    Promise.all(
      gateways.map((target) =>
        read<GatewayStatus>(target, '/v1/status', timeoutMs, ({ gateway }) => gateway),
      ),
    ),
  ])
  return {
    time,
    ...(ofRegistry === undefined ? {} : { registry: ofRegistry }),
    branches: ofBranches,
    gateways: ofGateways,
  }
}

async function read<T>(
  target: LookedAt,
  path: string,
  timeoutMs: number,
  idOf: (status: T) => string,
): Promise<Reading<T>> {
  const { url } = target
  try {
    const status = (await callApi(target, 'GET', path, undefined, timeoutMs)) as T
    return { id: idOf(status), url, status }
  } catch (error) {
    if (!isWuslaError(error)) throw error
    return { id: target.id ?? url, url, failure: failureOf(error) }
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
