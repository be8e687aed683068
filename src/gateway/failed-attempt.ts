import { isErrorCode } from '../protocol/error-codes.ts'
import { toWuslaError, type WuslaError } from '../protocol/wusla-error.ts'

/** One way to a gateway that was tried and failed, as told to the caller in `no_path`. */
export interface FailedAttempt {
  /** The gateway that was to be reached; the member, when it has none. */
  readonly gateway: string
  /** Branches of the path in order, joined by ` → `; `-` when there was not even a first one; `direct` when there was none to cross. */
  readonly via: string
  readonly code: string
  /** A sentence for people, at most {@link MAX_DETAIL} characters. */
  readonly detail: string
}

/** Most attempts that one refusal names: a member with many gateways must not make a refusal large. */
export const MAX_TRIED = 16

/** Longest sentence of an attempt. Unit: characters. */
export const MAX_DETAIL = 200

/** How a way without branches is named. */
export const DIRECT = 'direct'

/** Most branches of one path that are named. */
const MAX_BRANCHES = 8

/**
 * What is known of a failed dial over one branch: each path that the branch says it tried, or the dial as a whole. What
 * a branch says is cut to bounds here: it may be hostile.
 */
export function attemptsOf(gateway: string, branch: string, cause: unknown): FailedAttempt[] {
  const error = toWuslaError(cause, 'no_path')
  const told = error.details['tried']
  const paths = Array.isArray(told)
    ? told.slice(0, MAX_TRIED).flatMap((each) => pathOf(gateway, branch, each))
    : []
  if (paths.length > 0) return paths
  const { reason } = error.details
  const detail = typeof reason === 'string' ? reason : error.message
  return [{ gateway, via: branch, code: error.code, detail: detail.slice(0, MAX_DETAIL) }]
}

/** The attempts that an error of this gateway carries; undefined when it is about something else. */
export function triedOf(error: WuslaError): readonly FailedAttempt[] | undefined {
  const { tried } = error.details
  if (error.code !== 'no_path' || !Array.isArray(tried)) return undefined
  return tried.slice(0, MAX_TRIED).filter(isAttempt)
}

function isAttempt(value: unknown): value is FailedAttempt {
  if (typeof value !== 'object' || value === null) return false
  const { gateway, via, code, detail } = value as Record<string, unknown>
  return [gateway, via, code, detail].every((text) => typeof text === 'string')
}

function pathOf(gateway: string, branch: string, told: unknown): FailedAttempt[] {
  if (typeof told !== 'object' || told === null) return []
  const { path, code, reason } = told as Record<string, unknown>
  if (!Array.isArray(path) || typeof reason !== 'string') return []
  const branches = path.filter((each) => typeof each === 'string').slice(0, MAX_BRANCHES)
  const via = branches.length === 0 ? branch : branches.join(' → ')
  return [{ gateway, via, code: isErrorCode(code) ? code : 'no_path', detail: reason.slice(0, MAX_DETAIL) }]
}

/** What stands in the way of any attempt: a member without a gateway, or no branch in reach; empty when nothing does. */
export function impossibleAttempts(
  member: string,
  gateways: readonly string[],
  branches: readonly string[],
): FailedAttempt[] {
  if (gateways.length === 0) {
    const detail = 'the member has no gateway in the directory'
    return [{ gateway: member, via: '-', code: 'unknown_member', detail }]
  }
  if (branches.length > 0) return []
  const detail = 'this gateway has no live link to a branch'
  return gateways.map((gateway) => ({ gateway, via: '-', code: 'branch_unreachable', detail }))
}
