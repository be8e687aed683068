import { formatTime, parseTime } from '../../protocol/clock.ts'
import type { SealFacts, WitnessFacts } from '../verify-result.ts'
import type { BoundKey } from './network-view.ts'
import { need, Refusal } from './refusal.ts'

/**
 * How far two clocks may be apart before times contradict each other: a day, since a gateway whose clock is off
 * by more can hold no session, its certificates being valid for days only. Unit: milliseconds.
 */
export const CLOCK_TOLERANCE_MS = 86_400_000

/**
 * Whether a seal counts although keys come and go: `docs/spec/evidence-file.md`, section 6. The statement's own
 * time is the word of whoever sealed, so against a key that was lost only an independent witness helps: its
 * cosignature shows that the seal was there before the revocation was made.
 */
export function judgeKeysTime(
  half: { readonly keys: readonly BoundKey[]; readonly statement: { readonly time: string } },
  witnesses: readonly WitnessFacts[],
): SealFacts {
  const [first, ...others] = half.keys.map((key) => judgeKeyTime(key, half.statement.time, witnesses))
  if (first === undefined) throw new Refusal('no_known_algorithm')
  // The first seal decides who sealed; the worst word about any of the keys is the one that is told.
  return [first, ...others].find(({ key }) => key !== 'active') ?? first
}

function judgeKeyTime(key: BoundKey, statementTime: string, witnesses: readonly WitnessFacts[]): SealFacts {
  const statementMs = parseTime(statementTime)
  need(statementMs + CLOCK_TOLERANCE_MS >= parseTime(key.boundAt), 'bound_later')
  for (const witness of witnesses) {
    need(statementMs <= parseTime(witness.time) + CLOCK_TOLERANCE_MS, 'time_contradiction', witness.branch)
  }
  const { keyId, end } = key
  if (end === undefined) return { keyId, key: 'active' }
  const isWitnessed = witnesses.some(({ isIndependent, time }) => isIndependent && time < end.time)
  const isOrderly = end.isOrderly && statementTime < end.time
  if (!isWitnessed && !isOrderly) throw new Refusal('key_revoked', `revoked ${end.time}`)
  const isDisputed = statementTime >= end.unsafeSince
  return {
    keyId,
    key: isDisputed ? 'disputed' : 'revoked_later',
    revokedAt: end.time,
    unsafeSince: end.unsafeSince,
  }
}

/** A cosignature's whole seconds in the one form of times; undefined beyond the year 9999 and at 0. */
export function timeOfSeconds(seconds: number): string | undefined {
  return seconds > 0 && seconds <= LATEST_SECONDS ? formatTime(seconds * 1000) : undefined
}

const LATEST_SECONDS = 253_402_300_799
