import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { importsOf, OUTER_ROOMS, violationsOf } from './import-law.ts'
import { readSources } from './source-files.ts'

const MAX_LINES = 300

const rooms = readSources(['src', ...OUTER_ROOMS])
const everything = [...rooms, ...readSources(['test', 'bench', 'tools'])]

const { devDependencies } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { readonly devDependencies: Readonly<Record<string, string>> }
const devPackages = new Set(Object.keys(devDependencies))

test('every file of every room keeps the law of imports', () => {
  assert.ok(rooms.length > 150, `looked at ${rooms.length} files only`)
  const imports = rooms.reduce((count, file) => count + importsOf(file.text).length, 0)
  assert.ok(imports > 500, `saw ${imports} imports only`)
  assert.deepEqual(
    rooms.flatMap((file) => violationsOf(file, devPackages)),
    [],
  )
})

test('no import is overlooked', () => {
  // Each `from '…'` behind an import or export statement is counted once more, in the crudest way.
  for (const { path, text } of rooms) {
    const crude = [...text.matchAll(/^(?:import|export|\}).* from '[^']+'$|^import '[^']+'$/gm)].length
    assert.equal(importsOf(text).length, crude, path)
  }
})

test('planted violations are found', () => {
  const planted: readonly (readonly [string, string])[] = [
    ['src/protocol/x.ts', "import { a } from '../trust/seal-key.ts'"],
    ['src/ledger/x.ts', "import type { A } from '../agreements/agreement.ts'"],
    ['src/gateway/outbound/x.ts', "import {\n  a,\n  b,\n} from '../../branch/branch.ts'"],
    ['src/gateway/x.ts', "export { a } from '../registry/registry.ts'"],
    ['src/gateway/x.ts', "export * from '../transport/inner/session.ts'"],
    ['src/gateway/x.ts', "import '../transport/inner/session.ts'"],
    ['src/gateway/x.ts', "import { a } from '../trust/testing/test-network.ts'"],
    ['src/gateway/x.test.ts', "import { a } from '../trust/testing/deep/test-network.ts'"],
    ['src/gateway/x.ts', "import { a } from './y.test.ts'"],
    ['src/gateway/x.ts', "import { a } from '../../test/network.ts'"],
    ['src/gateway/x.ts', "import { a } from '../../bench/exchange.ts'"],
    ['src/gateway/x.ts', "import { a } from '../../../other/x.ts'"],
    ['src/gateway/x.ts', "import { a } from '../transport/session'"],
    ['src/gateway/x.ts', "import * as fc from 'fast-check'"],
    ['src/gateway/x.ts', "const a = await import('../transport/session.ts')"],
    ['src/gateway/x.ts', "type A = import('../transport/session.ts').A"],
    ['src/protocol/x.ts', "import { a } from 'undici'"],
    ['src/trust/x.ts', "import { a } from '@peculiar/asn1-schema'"],
    ['src/planner/x.ts', "import { a } from '../directory/directory.ts'"],
    ['src/planner/x.ts', "import { a } from '../branch/branch-status.ts'"],
    ['src/evidence/x.ts', "import { a } from '../planner/study-impact.ts'"],
    ['src/evidence/x.test.ts', "import { a } from 'fastify'"],
    ['src/gateway/x.ts', "import { a } from '../../cli/target.ts'"],
    ['cli/x.ts', "import { a } from '../sandbox/start-sandbox.ts'"],
    ['console/x.ts', "import { a } from '../src/protocol/identifier.ts'"],
    ['src/utils/x.ts', ''],
    ['src/loose.ts', ''],
  ]
  for (const [path, text] of planted) {
    assert.equal(violationsOf({ path, text }, devPackages).length, 1, `${path}: ${text}`)
  }
})

test('what the law allows is left alone', () => {
  const allowed: readonly (readonly [string, string])[] = [
    ['src/trust/x.ts', "import { hash } from 'node:crypto'\nimport { a } from '../protocol/digest.ts'"],
    ['src/trust/x.ts', "import { X509Certificate } from '@peculiar/x509'"],
    [
      'src/planner/x.ts',
      "import { SaxesParser } from 'saxes'\nimport { a } from '../agreements/agreement.ts'",
    ],
    [
      'src/gateway/outbound/x.ts',
      "import { a } from '../inbound/y.ts'\nimport { b } from '../../ledger/ledger.ts'",
    ],
    [
      'src/gateway/x.test.ts',
      "import * as fc from 'fast-check'\nimport { a } from '../trust/testing/network.ts'",
    ],
    [
      'cli/commands/x.ts',
      "import { Command } from 'commander'\nimport { a } from '../../src/gateway/gateway.ts'",
    ],
  ]
  for (const [path, text] of allowed) assert.deepEqual(violationsOf({ path, text }, devPackages), [], path)
  const commented =
    "// import { a } from '../branch/branch.ts'\n/* import('x')\nimport 'y' */\nconst a = 1 // import('z')"
  assert.deepEqual(violationsOf({ path: 'src/gateway/x.ts', text: commented }, devPackages), [])
})

test(`no file is longer than ${MAX_LINES} lines`, () => {
  assert.ok(everything.length > rooms.length)
  const long = everything
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > MAX_LINES)
  assert.deepEqual(long, [])
})
