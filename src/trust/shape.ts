import type { Json } from '../protocol/canonical-json.ts'

/** One thing that is wrong in a document. `path` is a JSON pointer; the offending value is never repeated. */
export interface Problem {
  readonly path: string
  readonly problem: string
}

/** Describes values of type `T`: reports every problem it sees, at most {@link MAX_PROBLEMS} in all. */
export interface Shape<T> {
  readonly check: (value: Json, path: string, problems: Problem[]) => void
  /** Never present: carries the type only. */
  readonly type?: T
}

/** The type a shape describes. */
export type Shaped<S> = S extends Shape<infer T> ? T : never

type Fields = Readonly<Record<string, Shape<unknown>>>
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- an object without optional members
type NoFields = Record<never, never>
type ObjectOf<R extends Fields, O extends Fields> = { readonly [K in keyof R]: Shaped<R[K]> } & {
  readonly [K in keyof O]?: Shaped<O[K]>
}

/** Reporting stops here, so that a hostile document cannot make a long report. */
export const MAX_PROBLEMS = 50

/** The value with its type and frozen to the bottom, or everything that is wrong with it. */
export type Decoded<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] }

/** Holds `value` against `shape`. Unknown members are problems. */
export function decodeShape<T>(shape: Shape<T>, value: Json): Decoded<T> {
  const problems: Problem[] = []
  shape.check(value, '', problems)
  if (problems.length > 0) return { ok: false, problems }
  freezeDeep(value)
  return { ok: true, value: value as T }
}

/** A string of `min` to `max` UTF-16 units (default 1 to 255) that passes `test`. */
export function text(
  options: { min?: number; max?: number; test?: (value: string) => boolean; what?: string } = {},
): Shape<string> {
  const { min = 1, max = 255, test, what = 'text' } = options
  return {
    check(value, path, problems) {
      if (typeof value !== 'string') report(problems, path, `must be ${what}`)
      else if (value.length < min || value.length > max) {
        report(problems, path, `must be ${min} to ${max} characters long`)
      } else if (test !== undefined && !test(value)) report(problems, path, `must be ${what}`)
    },
  }
}

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): Shape<number> {
  return {
    check(value, path, problems) {
      const fits = typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      if (!fits) report(problems, path, `must be a whole number from ${min} to ${max}`)
    },
  }
}

/** `true` or `false`. */
export const flag: Shape<boolean> = {
  check(value, path, problems) {
    if (typeof value !== 'boolean') report(problems, path, 'must be true or false')
  },
}

/** Exactly one of the given words. */
export function oneOf<const W extends string>(...words: readonly W[]): Shape<W> {
  return {
    check(value, path, problems) {
      if (!words.some((word) => word === value)) report(problems, path, `must be one of: ${words.join(', ')}`)
    },
  }
}

/** An array of `min` to `max` items; `unique` refuses the same item twice. */
export function listOf<T>(
  item: Shape<T>,
  options: { min?: number; max: number; unique?: boolean },
): Shape<readonly T[]> {
  const { min = 1, max, unique = false } = options
  return {
    check(value, path, problems) {
      if (!Array.isArray(value) || value.length < min || value.length > max) {
        report(problems, path, `must be a list of ${min} to ${max} items`)
        return
      }
      for (const [index, entry] of value.entries()) item.check(entry, `${path}/${index}`, problems)
      if (unique && new Set(value).size !== value.length) report(problems, path, 'must not repeat an item')
    },
  }
}

/** An object with these members and no others. `rule` sees it once all its members are as they should be. */
export function objectOf<R extends Fields, O extends Fields = NoFields>(
  required: R,
  optional?: O,
  rule?: (value: ObjectOf<R, O>, report: (path: string, problem: string) => void) => void,
): Shape<ObjectOf<R, O>> {
  const known = new Map(Object.entries({ ...required, ...optional }))
  return {
    check(value, path, problems) {
      if (value === null || typeof value !== 'object' || Array.isArray(value)) {
        report(problems, path, 'must be an object')
        return
      }
      const before = problems.length
      for (const name of Object.keys(required)) {
        if (!Object.hasOwn(value, name)) report(problems, `${path}/${pointer(name)}`, 'is missing')
      }
      for (const [name, member] of Object.entries(value)) {
        const shape = known.get(name)
        if (shape === undefined) report(problems, `${path}/${pointer(name)}`, 'is not a known member')
        else shape.check(member, `${path}/${pointer(name)}`, problems)
      }
      if (rule === undefined || problems.length > before) return
      rule(value as ObjectOf<R, O>, (at, problem) => report(problems, `${path}${at}`, problem))
    },
  }
}

/** An object with at least these members; others are left to whoever knows their meaning. */
export function openObjectOf<R extends Fields>(
  required: R,
): Shape<ObjectOf<R, NoFields> & Readonly<Record<string, Json>>> {
  const known = objectOf(required)
  return {
    check(value, path, problems) {
      const isObject = value !== null && typeof value === 'object' && !Array.isArray(value)
      const names = Object.keys(required)
      const part = isObject
        ? Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)))
        : value
      known.check(part, path, problems)
    },
  }
}

/** The shape `list` for an array, else the shape `single`. */
export function listOrSingle<L, S>(list: Shape<L>, single: Shape<S>): Shape<L | S> {
  return {
    check: (value, path, problems) => (Array.isArray(value) ? list : single).check(value, path, problems),
  }
}

function report(problems: Problem[], path: string, problem: string): void {
  if (problems.length < MAX_PROBLEMS) problems.push({ path, problem })
}

// RFC 6901 section 3. Names of unknown members come from outside, so they are cut short.
function pointer(name: string): string {
  return name.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')
}

function freezeDeep(value: Json): void {
  if (value === null || typeof value !== 'object') return
  Object.freeze(value)
  for (const member of Object.values(value)) freezeDeep(member)
}
