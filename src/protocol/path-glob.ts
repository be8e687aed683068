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
 * The matcher follows all ways through the pattern at once, so a path costs at most its length times the
 * pattern's: whoever writes the pattern cannot make a gateway hang.
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
  return (path) => path.startsWith(literal) && matchTokens(tokens, firstWildcard, path, literal.length)
}

/** Runs the pattern's tokens from `firstToken` over the path from `firstUnit`, all alternatives side by side. */
function matchTokens(
  tokens: readonly number[],
  firstToken: number,
  path: string,
  firstUnit: number,
): boolean {
  const end = tokens.length
  const reachedAt = new Int32Array(end + 1).fill(-1)
  let places: number[] = []
  let following: number[] = []
  const reach = (list: number[], from: number, step: number): void => {
    // A star may stand for nothing, so the place behind it is reached with it.
    for (let place = from; reachedAt[place] !== step; place += 1) {
      reachedAt[place] = step
      list.push(place)
      if (!isWildcard(tokens[place])) return
    }
  }
  reach(places, firstToken, firstUnit)
  for (let at = firstUnit; at < path.length && places.length > 0; at += 1) {
    const unit = path.charCodeAt(at)
    for (const place of places) {
      const token = tokens[place]
      if (token === unit) reach(following, place + 1, at + 1)
      else if (token === GLOBSTAR || (token === STAR && unit !== SLASH)) reach(following, place, at + 1)
    }
    const empty = places
    places = following
    following = empty
    following.length = 0
  }
  return places.includes(end)
}

function isWildcard(token: number | undefined): boolean {
  return token === STAR || token === GLOBSTAR
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
