import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compileGlob, compileOperation } from './path-glob.ts'

/** The same rules once more, as a search that tries everything: right by inspection, but slow. */
function matchesSlowly(pattern: string, path: string): boolean {
  if (pattern === '') return path === ''
  const stars = /^\*+/.exec(pattern)?.[0].length ?? 0
  if (stars > 0) {
    const rest = pattern.slice(stars)
    for (let taken = 0; taken <= path.length; taken += 1) {
      if (matchesSlowly(rest, path.slice(taken))) return true
      if (stars === 1 && path[taken] === '/') return false
    }
    return false
  }
  const isEscape = pattern.startsWith('\\*') || pattern.startsWith('\\\\')
  const wanted = isEscape ? pattern[1] : pattern[0]
  return path[0] === wanted && matchesSlowly(pattern.slice(isEscape ? 2 : 1), path.slice(1))
}

test('the matcher agrees with a search that tries everything', () => {
  const pattern = fc.array(fc.constantFrom('*', '**', '/', 'a', 'b', '\\', '\\*', '\\\\', '\n', '.'), {
    maxLength: 8,
  })
  const path = fc.array(fc.constantFrom('/', 'a', 'b', '*', '\\', '\n', '.'), { maxLength: 10 })
  fc.assert(
    fc.property(pattern, path, (patternParts, pathParts) => {
      const [text, subject] = [patternParts.join(''), pathParts.join('')]
      assert.equal(compileGlob(text)(subject), matchesSlowly(text, subject), `${text} against ${subject}`)
    }),
    { numRuns: 5_000 },
  )
})

test('patterns longer than a machine word match as short ones do', () => {
  const part = fc.constantFrom('*', '**', '/', 'a', 'ab', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')
  fc.assert(
    fc.property(fc.array(part, { minLength: 4, maxLength: 9 }), fc.nat(3), (parts, cut) => {
      const pattern = parts.join('')
      const path = parts.map((text) => (text === '*' ? 'aab' : text === '**' ? 'b/' : text)).join('')
      assert.equal(compileGlob(pattern)(path), true)
      const shorter = path.slice(0, path.length - cut)
      assert.equal(compileGlob(pattern)(shorter), matchesSlowly(pattern, shorter))
    }),
    { numRuns: 300 },
  )
})

test('a matcher can be used again and again', () => {
  const matches = compileGlob('/a/*/c/**')
  for (let i = 0; i < 3; i += 1) {
    assert.equal(matches('/a/b/c/d/e'), true)
    assert.equal(matches('/a/b/d'), false)
  }
})

test('a hostile pattern costs no more than reading the path', () => {
  // A backtracking matcher needs far more than the age of the universe for this one.
  const matches = compileGlob('*a'.repeat(500))
  assert.equal(matches('a'.repeat(4_000) + 'b'), false)
  assert.equal(compileGlob('**a'.repeat(340))('a'.repeat(4_000) + 'b'), false)
})

test('a method is compared without regard to case, on both sides', () => {
  assert.equal(compileOperation({ method: 'get', path: '**' })('GET', '/a'), true)
  assert.equal(compileOperation({ method: 'GET', path: '**' })('get', '/a'), true)
  assert.equal(compileOperation({ method: 'GET', path: '**' })('GETS', '/a'), false)
})

test('a pattern has a length limit', () => {
  assert.equal(compileGlob('a'.repeat(1_024))('a'.repeat(1_024)), true)
  assert.throws(() => compileGlob('a'.repeat(1_025)), { code: 'invalid_agreement' })
  assert.throws(() => compileOperation({ method: 'GET', path: 'a'.repeat(1_025) }), {
    code: 'invalid_agreement',
  })
})
