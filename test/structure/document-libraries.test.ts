import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { test } from 'node:test'
import { readSources } from './source-files.ts'

const LIBRARIES = ['@cantoo/pdf-lib', 'pkijs', 'asn1js', '@myriaddreamin/typst-ts-node-compiler']
const GATEWAY = 'cli/run/run-gateway.ts'
const PROCESS = 'src/gateway/documents/document-process.ts'

const sources = new Map(readSources(['src', 'cli']).map(({ path, text }) => [path, text]))

/** What a file loads when it is loaded: imports of types are erased. */
function loads(path: string): string[] {
  const text = sources.get(path)
  assert.ok(text !== undefined, path)
  const pattern = /^(?:import|export)\s(?!type\s)(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]/gm
  return [...text.matchAll(pattern)]
    .map(([, specifier = '']) => specifier)
    .map((each) => (each.startsWith('.') ? posix.join(posix.dirname(path), each) : each))
}

/** A way from a file to a package, file by file; undefined when none leads there. */
function wayTo(start: string, packages: readonly string[]): readonly string[] | undefined {
  const came = new Map<string, string | undefined>([[start, undefined]])
  for (const path of came.keys()) {
    for (const next of loads(path)) {
      if (packages.includes(next)) {
        const way = [next]
        for (let at: string | undefined = path; at !== undefined; at = came.get(at)) way.unshift(at)
        return way
      }
      if (sources.has(next) && !came.has(next)) came.set(next, path)
    }
  }
  return undefined
}

// Some thirty megabytes that an idle gateway would carry for months, and readers of documents that strangers wrote.
test('a gateway takes no document apart itself: the libraries are loaded by processes of their own', () => {
  assert.equal(wayTo(GATEWAY, LIBRARIES), undefined)
  assert.ok((wayTo(PROCESS, ['@cantoo/pdf-lib']) ?? []).length > 1, 'the search sees what is there')
})
