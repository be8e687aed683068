import { MAX_GLOB_LENGTH } from './limits.ts'
import { WuslaError } from './wusla-error.ts'

/** A compiled pattern. */
export type PathMatcher = (path: string) => boolean

/** Any run without `/`. */
const STAR = -1
/** Any run. */
const GLOBSTAR = -2
const SLASH = 0x2f

/** A token is a UTF-16 code unit to be met as it is, {@link STAR} or {@link GLOBSTAR}. */
function tokensOf(pattern: string): number[] {
  const tokens: number[] = []
  let at = 0
  while (at < pattern.length) {
    const char = pattern.charAt(at)
    const next = pattern.charAt(at + 1)
    if (char === '\\' && (next === '*' || next === '\\')) {
      tokens.push(next.charCodeAt(0))
      at += 2
    } else if (char === '*') {
      const start = at
      while (pattern.charAt(at) === '*') at += 1
      tokens.push(at - start === 1 ? STAR : GLOBSTAR)
    } else {
      tokens.push(char.charCodeAt(0))
      at += 1
    }
  }
  return tokens
}

/**
 * Compiles a path pattern: `*` is any run without `/`, two or more stars are any run, both also nothing; `\*`
 * and `\\` stand for the character; everything else is literal and case-sensitive; the whole path must match.
 * A line break is a character like any other.
 *
 * The matcher follows all ways through the pattern at once, 32 in one machine word, and reads the path once:
 * neither who writes the pattern nor who writes the path can make a gateway hang.
 *
 * @throws WuslaError `invalid_agreement` if the pattern is longer than 1,024 characters
 */
export function compileGlob(pattern: string): PathMatcher {
  if (pattern.length > MAX_GLOB_LENGTH) {
    throw new WuslaError('invalid_agreement', { message: 'A path pattern is too long' })
  }
  const tokens = tokensOf(pattern)
  const firstWildcard = tokens.findIndex((token) => token < 0)
  const literal = String.fromCharCode(
    ...tokens.slice(0, firstWildcard === -1 ? tokens.length : firstWildcard),
  )
  if (firstWildcard === -1) return (path) => path === literal
  if (firstWildcard === tokens.length - 1) {
    if (tokens[firstWildcard] === GLOBSTAR) return (path) => path.startsWith(literal)
    return (path) => path.startsWith(literal) && !path.includes('/', literal.length)
  }
  const automaton = automatonOf(tokens.slice(firstWildcard))
  return (path) => path.startsWith(literal) && run(automaton, path, literal.length)
}

/**
 * A pattern as sets of places, one bit each: place p is in front of token p, the last place behind all tokens.
 * Two wildcards never stand side by side, so passing one over is a single step.
 */
interface Automaton {
  readonly words: number
  readonly end: number
  /** For each code unit of the pattern the places in front of it. */
  readonly literals: ReadonlyMap<number, Int32Array>
  readonly wildcards: Int32Array
  readonly globstars: Int32Array
}

function automatonOf(tokens: readonly number[]): Automaton {
  const words = (tokens.length >> 5) + 1
  const literals = new Map<number, Int32Array>()
  const wildcards = new Int32Array(words)
  const globstars = new Int32Array(words)
  tokens.forEach((token, place) => {
    if (token >= 0) {
      const places = literals.get(token) ?? new Int32Array(words)
      literals.set(token, places)
      addPlace(places, place)
      return
    }
    addPlace(wildcards, place)
    if (token === GLOBSTAR) addPlace(globstars, place)
  })
  return { words, end: tokens.length, literals, wildcards, globstars }
}

function addPlace(places: Int32Array, place: number): void {
  places[place >> 5] = (places[place >> 5] ?? 0) | (1 << (place & 31))
}

/** Reads the path from `start`; the automaton begins with a wildcard, so places 0 and 1 are reached at once. */
function run(automaton: Automaton, path: string, start: number): boolean {
  const { words, end, literals, wildcards, globstars } = automaton
  let places = new Int32Array(words)
  let following = new Int32Array(words)
  places[0] = 0b11
  for (let at = start; at < path.length; at += 1) {
    const unit = path.charCodeAt(at)
    const literal = literals.get(unit)
    const staying = unit === SLASH ? globstars : wildcards
    let carried = 0
    let passed = 0
    let reached = 0
    for (let word = 0; word < words; word += 1) {
      const here = places[word] ?? 0
      const met = literal === undefined ? 0 : here & (literal[word] ?? 0)
      const now = (met << 1) | carried | (here & (staying[word] ?? 0))
      const passing = now & (wildcards[word] ?? 0)
      following[word] = now | (passing << 1) | passed
      carried = met >>> 31
      passed = passing >>> 31
      reached |= now
    }
    if (reached === 0) return false
    const free = places
    places = following
    following = free
  }
  return (((places[end >> 5] ?? 0) >>> (end & 31)) & 1) === 1
}

/** One operation a grant allows: a method or `*`, and a path pattern. */
export interface Operation {
  readonly method: string
  readonly path: string
}

/**
 * Compiles an operation. Methods are compared without regard to case, and the right to GET is no right to HEAD.
 *
 * @throws WuslaError `invalid_agreement` as {@link compileGlob}
 */
export function compileOperation(operation: Operation): (method: string, path: string) => boolean {
  const matches = compileGlob(operation.path)
  if (operation.method === '*') return (_method, path) => matches(path)
  const wanted = operation.method.toUpperCase()
  return (method, path) => (method === wanted || method.toUpperCase() === wanted) && matches(path)
}
