/**
 * The headers that `Connection` names are meant for this hop only (RFC 9110, 7.6.1).
 *
 * @param value - of one `Connection` header
 * @param before - what earlier ones named, lower case
 * @returns undefined as long as none is named
 */
export function nominatedBy(
  value: string,
  before: readonly string[] | undefined,
): readonly string[] | undefined {
  if (value === 'keep-alive' || value === 'close') return before
  const names = value
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'keep-alive' && name !== 'close')
  return names.length === 0 ? before : [...(before ?? []), ...names]
}

/**
 * Names and values in turn without those meant for one hop. X-Road's own headers stay: nobody can have a statement
 * lose what it is about.
 */
export function withoutNominated(pairs: readonly string[], nominated: readonly string[]): string[] {
  return withoutHeaders(pairs, (lower) => nominated.includes(lower) && !lower.startsWith('x-road-'))
}

/** Names and values in turn without those whose lower-case name is dropped. */
export function withoutHeaders(pairs: readonly string[], isDropped: (lower: string) => boolean): string[] {
  const left: string[] = []
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] ?? ''
    if (!isDropped(name.toLowerCase())) left.push(name, pairs[i + 1] ?? '')
  }
  return left
}
