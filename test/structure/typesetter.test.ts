import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importsOf, OUTER_ROOMS } from './import-law.ts'
import { readSources } from './source-files.ts'

const PACKAGE = '@myriaddreamin/typst-ts-node-compiler'
const PROCESS = 'src/agreements/document/typeset/typesetter-process.ts'

// The typesetter is a native module of some fifty megabytes: an idle gateway or registry would carry it for months, and a
// crash in it would take them down.
test('the typesetter is loaded by its own process alone, and nothing imports that', () => {
  const sources = readSources(['src', ...OUTER_ROOMS])
  const loading = sources.filter(({ text }) => importsOf(text).includes(PACKAGE))
  assert.deepEqual(
    loading.map(({ path }) => path),
    [PROCESS],
  )
  const naming = sources.filter(({ text }) => text.includes(PACKAGE))
  assert.deepEqual(naming, loading)
  const importing = sources.filter(({ text }) =>
    importsOf(text).some((each) => each.endsWith('/typesetter-process.ts')),
  )
  assert.deepEqual(importing, [])
})
