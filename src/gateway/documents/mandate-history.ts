import { GRANT_LEEWAY_MS } from '../../directory/grant-leeway.ts'
import { formatTime, parseTime } from '../../protocol/clock.ts'
import type { DirectoryMandate, SigningDirectory } from '../signing/signing-ports.ts'
import type { MandateHistory } from './document-job.ts'

/** Deeper than mandates can be delegated. */
const MAX_DEPTH = 16

/**
 * How mandates stand over all time, as the directory shows them now. A standing changes only where a mandate, or one that it was delegated from, is granted,
 * begins or ends; so the directory is asked at each of these instants.
 *
 * @param ids - those that the directory does not know are left out
 */
export function mandateHistories(
  directory: Pick<SigningDirectory, 'mandate' | 'mandateAt'>,
  ids: readonly string[],
): Readonly<Record<string, MandateHistory>> {
  const known = ids.flatMap((id): [string, MandateHistory][] => {
    const terms = directory.mandate(id)
    if (terms === undefined) return []
    const turns = chainOf(directory, terms).flatMap(({ grantedAt, validFrom, validUntil, endedAt }) => [
      formatTime(parseTime(grantedAt) - GRANT_LEEWAY_MS),
      validFrom,
      validUntil,
      ...(endedAt === undefined ? [] : [endedAt]),
    ])
    const instants = ['', ...new Set(turns.toSorted())]
    return [
      [
        id,
        { terms, periods: instants.map((from) => ({ from, standing: standingFrom(directory, id, from) })) },
      ],
    ]
  })
  return Object.fromEntries(known)
}

function standingFrom(
  directory: Pick<SigningDirectory, 'mandateAt'>,
  id: string,
  from: string,
): MandateHistory['periods'][number]['standing'] {
  return directory.mandateAt(id, from === '' ? '0001-01-01T00:00:00.000Z' : from).standing
}

function chainOf(
  directory: Pick<SigningDirectory, 'mandate'>,
  mandate: DirectoryMandate,
): readonly DirectoryMandate[] {
  const chain = [mandate]
  for (let at: DirectoryMandate | undefined = mandate; chain.length < MAX_DEPTH;) {
    at = at.delegatedFrom === undefined ? undefined : directory.mandate(at.delegatedFrom)
    if (at === undefined) break
    chain.push(at)
  }
  return chain
}
