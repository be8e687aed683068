import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { main } from '../../cli/wusla.ts'
import type { Design } from '../../src/planner/design-network.ts'
import type { Impact } from '../../src/planner/study-impact.ts'
import { runWusla } from './run-wusla.ts'

const folder = mkdtempSync(join(tmpdir(), 'wusla-plan-'))
after(() => rmSync(folder, { recursive: true }))

const example = (name: string): string =>
  fileURLToPath(new URL(`../../examples/plan/${name}`, import.meta.url))
const DUBAI = ['--model', example('dubai.json')]
const SQUARE = `?SNDlib native format; type: network; version: 1.0
NODES ( a ( 0 0 ) b ( 1 0 ) c ( 1 1 ) d ( 0 1 ) )
LINKS (
  ab ( a b ) 0 0 0 0 ( 10 4 ) bc ( b c ) 0 0 0 0 ( 10 4 )
  cd ( c d ) 0 0 0 0 ( 10 6 ) da ( d a ) 0 0 0 0 ( 10 4 )
)
DEMANDS ( ac ( a c ) 1 6 UNLIMITED bd ( b d ) 1 6 UNLIMITED )
`

test('plan impact prints one line of JSON that says who gains what, and draws the picture', async () => {
  const svg = join(folder, 'impact.svg')
  const addition = ['--add-branch', example('moro-branch.json')]
  const { code, stdout, stderr } = await runWusla(
    'plan',
    'impact',
    ...DUBAI,
    ...addition,
    '--svg',
    svg,
    '--json',
  )
  assert.deepEqual([code, stderr, stdout.trimEnd().split('\n').length], [0, '', 1])
  const impact = JSON.parse(stdout) as Impact
  assert.equal(impact.gained.length, 5)
  assert.equal(impact.cost.extraAed, 0)
  assert.ok(impact.reasons.every(({ text }) => text.en !== '' && text.ar !== ''))
  assert.match(readFileSync(svg, 'utf8'), /^<svg [\s\S]*<\/svg>\n$/)
})

test('plan impact tells people in Arabic, and takes several additions', async () => {
  const additions = ['--add-line', example('third-line.json'), '--add-branch', example('moro-branch.json')]
  const { code, stdout } = await runWusla('plan', 'impact', ...DUBAI, ...additions, '--language', 'ar')
  assert.equal(code, 0)
  assert.match(stdout, /الخدمات التي تصبح في المتناول/)
  assert.match(stdout, /إضافي: 7,000 درهم/)
})

test('plan design prints cost, bound, gap and links of an SNDlib instance', async () => {
  const file = join(folder, 'square.txt')
  writeFileSync(file, SQUARE)
  const svg = join(folder, 'design.svg')
  const { code, stdout } = await runWusla(
    'plan',
    'design',
    '--sndlib',
    file,
    '--time-limit',
    '20',
    '--svg',
    svg,
    '--json',
  )
  assert.equal(code, 0)
  const { cost, bound, gap, links } = JSON.parse(stdout) as Design
  // ac goes over b and bd over a: the two meet on ab in opposite directions, and cd is not needed.
  assert.deepEqual([cost, bound, gap], [12, 12, 0])
  assert.deepEqual(links.map(({ id }) => id).sort(), ['ab', 'bc', 'da'])
  assert.match(readFileSync(svg, 'utf8'), /1×10/)
})

/** What a command line in this process prints, kept from the report of the tests. */
async function inProcess(t: TestContext, args: readonly string[]): Promise<{ code: number; text: string }> {
  const printed: string[] = []
  const write = process.stdout.write.bind(process.stdout)
  const keep = (text: string | Uint8Array): boolean =>
    // The report of the tests goes the same way, in bytes.
    typeof text === 'string' ? printed.push(text) > 0 : write(text)
  const mocks = [t.mock.method(process.stdout, 'write', keep), t.mock.method(process.stderr, 'write', keep)]
  try {
    return { code: await main(['node', 'wusla', ...args]), text: printed.join('') }
  } finally {
    for (const mock of mocks) mock.mock.restore()
  }
}

test('a mistake is told with its remedy and without a stack', async (t) => {
  const broken = join(folder, 'broken.json')
  writeFileSync(
    broken,
    '{"type": "wusla/network-model/v1", "lines": [{"id": "x", "ends": ["a", "b"]}], "colour": 1}',
  )
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['plan', 'impact'], 2, /give --model FILE/],
    [['plan', 'impact', '--model', join(folder, 'none.json')], 2, /there is no such file/],
    [['plan', 'impact', '--model', broken], 2, /colour.*is not a known member/],
    [['plan', 'impact', ...DUBAI, '--add-branch', example('third-line.json')], 2, /adds no branches/],
    [['plan', 'impact', ...DUBAI, '--language', 'fr'], 2, /Allowed choices are en, ar/],
    [['plan', 'design', '--sndlib', broken, '--time-limit', 'long'], 2, /at most 86400/],
    [['plan', 'design', '--sndlib', broken, '--survive', 'all'], 2, /Allowed choices are none, line, branch/],
    [['plan', 'design', ...DUBAI, '--sndlib', broken], 2, /for one network/],
  ]
  for (const [args, expected, told] of cases) {
    const { code, text } = await inProcess(t, args)
    assert.equal(code, expected, args.join(' '))
    assert.match(text, told)
    assert.doesNotMatch(text, /\n {4}at /)
  }
})
