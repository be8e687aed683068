import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type EvidenceVector, unfold, type VectorFile } from '../conformance/evidence/vector.ts'
import { runWusla } from './run-wusla.ts'

const BOUNDED = { timeout: 60_000 }
const VECTORS = new URL('../conformance/evidence/vectors.json', import.meta.url)
const stored = JSON.parse(readFileSync(VECTORS, 'utf8')) as VectorFile

const folder = mkdtempSync(join(tmpdir(), 'wusla-cli-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Writes a file into the folder of this test. */
function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** A vector as files on disk. */
function onDisk(name: string, isWanted: (vector: EvidenceVector) => boolean): readonly [string, string] {
  const vector = stored.vectors.find(isWanted)
  assert.ok(vector !== undefined)
  const evidence = file(`${name}.json`, unfold(vector.file, stored.fragments))
  return [evidence, file(`${name}-anchor.json`, JSON.stringify(stored.anchors[vector.anchor]))]
}

const [evidence, anchor] = onDisk('good', ({ expect }) => expect === 'ok')
const missing = join(folder, 'nosuch')
const verify = ['evidence', 'verify']
const propose = [
  'agreement',
  'propose',
  '--service',
  'AE-DU/SEMI/DEWA/BILLING/bills',
  '--consumer',
  'AE-DU/GOV/RTA',
]
const emptyState = join(folder, 'state')

/** A command, its exit code, the code a program reads, and what a person reads. */
const CASES: readonly (readonly [string, readonly string[], number, string, RegExp])[] = [
  ['no evidence file', [...verify, missing, '--anchor', anchor], 2, 'file_unreadable', /no such file/],
  ['a folder as evidence', [...verify, folder, '--anchor', anchor], 2, 'file_unreadable', /is a folder/],
  ['no anchor', [...verify, evidence, '--anchor', missing], 2, 'file_unreadable', /--anchor/],
  ['an anchor that is none', [...verify, evidence, '--anchor', evidence], 2, 'invalid_anchor', /--anchor/],
  [
    'no body',
    [...verify, evidence, '--anchor', anchor, '--request-body', missing],
    2,
    'file_unreadable',
    /--request-body/,
  ],
  [
    'a directory that is none',
    [...verify, evidence, '--anchor', anchor, '--directory', file('bytes', Buffer.from([0xff, 0xfe]))],
    2,
    'invalid_request',
    /--directory/,
  ],
  ['no draft', ['agreement', 'propose', '--file', missing], 2, 'file_unreadable', /--file/],
  [
    'a draft that is not JSON',
    ['agreement', 'propose', '--file', file('draft', '{')],
    2,
    'invalid_json',
    /is not JSON/,
  ],
  ['days that are none', ['agreement', 'propose', '--days', 'abc'], 2, 'usage', /whole number from 1 to/],
  ['a port that is none', ['client', 'map-port', '--port', 'abc'], 2, 'usage', /from 0 to 65535/],
  ['a port beyond all', ['client', 'map-port', '--port', '65536'], 2, 'usage', /from 0 to 65535/],
  ['hours that are none', ['gateway', 'token', '--hours', '0'], 2, 'usage', /greater than 0/],
  ['hours without end', ['branch', 'token', 'x', '--hours', '1e9'], 2, 'usage', /at most 8760/],
  ['too many rows', ['evidence', 'list', '--limit', '501'], 2, 'usage', /from 1 to 500/],
  ['an address that is none', ['gateway', 'join', 't', '--admin', '127.0.0.1:x'], 2, 'usage', /host:port/],
  ['ports out of range', ['sandbox', 'up', '--port-base', '99999'], 2, 'usage', /whole number/],
  ...(['--purpose-en', '--purpose-ar', '--title-en', '--title-ar'] as const).map(
    (option) =>
      [
        `${option} alone`,
        [...propose, option, 'text'],
        2,
        'usage',
        new RegExp(`signed in two languages, and ${option.slice(0, -3)}`),
      ] as const,
  ),
  ['a time that is none', ['evidence', 'list', '--from', 'yesterday'], 2, 'usage', /instant of RFC 3339/],
  [
    'an id that begins with a hyphen, and nobody there',
    [
      'mandate',
      'end',
      '-lSMrGM2KaSdPyAtc3x1LA',
      '--reason',
      'x',
      '--gateway',
      'http://127.0.0.1:1',
      '--token',
      't',
    ],
    1,
    'actor_unreachable',
    /Nobody answers/,
  ],
  ['no sandbox', ['member', 'list', '--state', missing], 2, 'usage', /no running sandbox/],
]

for (const [name, args, code, word, words] of CASES) {
  test(`${name}: told in words, with exit code ${code}`, BOUNDED, async () => {
    const told = await runWusla([...args, '--json'])
    assert.equal(told.code, code, told.stderr)
    assert.match(told.stderr, words)
    assert.doesNotMatch(told.stderr, /internal_error|\n\s+at /)
    const { error } = JSON.parse(told.stdout) as { error: { code: string } }
    assert.equal(error.code, word)
  })
}

test('a file that was read and does not verify is "not proven", also a truncated one', BOUNDED, async () => {
  const text = readFileSync(evidence, 'utf8')
  const cut = file('cut.json', text.slice(0, text.length >> 1))
  const forged = onDisk('forged', ({ expect }) => expect !== 'ok' && expect.step === 'request-seal')
  assert.equal((await runWusla([...verify, evidence, '--anchor', anchor])).code, 0)
  for (const [each, its] of [[cut, anchor], forged] as const) {
    const result = await runWusla([...verify, each, '--anchor', its])
    assert.equal(result.code, 1, result.stderr)
    assert.match(result.stdout, /not proven: step/)
  }
})

test(
  'a sandbox file that is empty, broken or of another form is damaged, and says where',
  BOUNDED,
  async () => {
    mkdirSync(emptyState)
    for (const [content, words] of [
      ['', /it is empty/],
      ['{', /not JSON/],
      ['{}', /required property/],
    ] as const) {
      writeFileSync(join(emptyState, 'sandbox.json'), content)
      const result = await runWusla(['member', 'list', '--state', emptyState])
      assert.equal(result.code, 2, result.stderr)
      assert.match(result.stderr, words)
    }
  },
)

test('the help says what every exit code means', BOUNDED, async () => {
  const { stdout, code } = await runWusla(['--help'])
  assert.equal(code, 0)
  for (const exit of ['0  done', '1  the answer is no', '2  the command was wrong', '3  wusla itself failed'])
    assert.ok(stdout.includes(exit), exit)
})
