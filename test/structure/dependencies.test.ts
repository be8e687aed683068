import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

interface Row {
  readonly name: string
  readonly licence: string
  readonly reason: string
}

/** The rows of the first table whose first cell names a package. */
function rowsOf(markdown: string): Row[] {
  return [...markdown.matchAll(/^\| `([^`]+)` \| ([^|]*) \| ([^|]*) \|$/gm)].map(
    ([, name = '', licence = '', reason = '']) => ({ name, licence: licence.trim(), reason: reason.trim() }),
  )
}

const { dependencies } = JSON.parse(read('package.json')) as {
  readonly dependencies: Readonly<Record<string, string>>
}
const rows = rowsOf(read('docs/dependencies.md'))

/** Licences under which anybody may use, change and pass on what the network runs on. */
const PERMISSIVE = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  '(MIT OR Apache-2.0)',
  // Fonts, and the few lines around them.
  'MIT AND OFL-1.1',
])

test('the table of run-time dependencies and package.json name the same packages', () => {
  assert.deepEqual(
    rows.map(({ name }) => name),
    Object.keys(dependencies).toSorted(),
    'one row for each package, in the order of their names',
  )
})

test('every dependency has an exact version, a reason and the licence it says it has', () => {
  for (const { name, licence, reason } of rows) {
    assert.match(dependencies[name] ?? '', /^\d+\.\d+\.\d+$/, name)
    assert.ok(reason.length > 20, `${name}: what is it for?`)
    const installed = JSON.parse(read(`node_modules/${name}/package.json`)) as { readonly license?: string }
    assert.equal(installed.license, licence, name)
    assert.ok(PERMISSIVE.has(licence), `${name}: ${licence}`)
  }
})

test('a table that lacks a row, or has one too many, would be noticed', () => {
  const two = '| Package | Licence | Why |\n| --- | --- | --- |\n| `a` | MIT | x |\n| `@b/c` | MIT | y |\n'
  assert.deepEqual(
    rowsOf(two).map(({ name }) => name),
    ['a', '@b/c'],
  )
})
