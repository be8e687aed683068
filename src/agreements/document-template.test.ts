import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { digest256 } from '../protocol/digest.ts'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { builtInTemplate, readTemplate } from './document-template.ts'

const root = mkdtempSync(join(tmpdir(), 'wusla-template-'))
after(() => rmSync(root, { recursive: true }))
const source = new URL('./document/templates/service', import.meta.url)
let count = 0

/** A copy of the service template, changed. */
function folderWith(change: (folder: string) => void): string {
  const folder = join(root, String((count += 1)))
  cpSync(source, folder, { recursive: true })
  change(folder)
  return folder
}

function edited(file: string, edit: (text: string) => string): string {
  return folderWith((folder) => {
    const path = join(folder, file)
    const before = readFileSync(path, 'utf8')
    const after = edit(before)
    assert.notEqual(after, before, 'the test changes something')
    writeFileSync(path, after)
  })
}

async function problemsOf(folder: string): Promise<readonly string[]> {
  try {
    await readTemplate(folder)
    return []
  } catch (error) {
    assert.ok(isWuslaError(error) && error.code === 'invalid_template', String(error))
    return error.details['problems'] as readonly string[]
  }
}

const both = (edit: (text: string) => string): string =>
  folderWith((folder) => {
    for (const file of ['ar.txt', 'en.txt']) {
      const path = join(folder, file)
      writeFileSync(path, edit(readFileSync(path, 'utf8')))
    }
  })

describe('a template', () => {
  for (const kind of ['service', 'hosting', 'membership'] as const) {
    it(`comes with the program for ${kind} agreements`, async () => {
      const template = await builtInTemplate(kind)
      assert.deepEqual([template.name, template.kind], [kind, kind])
      assert.ok(template.clauses.length >= 7)
      assert.match(template.title.ar, /[\u0600-\u06ff]/)
    })
  }

  it('is named by a digest over its three files, as the guide says', async () => {
    const files = ['ar.txt', 'en.txt', 'template.json'].map((file) => [
      file,
      digest256(readFileSync(new URL(`./document/templates/service/${file}`, import.meta.url))),
    ])
    const { digest } = await builtInTemplate('service')
    assert.equal(digest, digest256(canonicalJson(Object.fromEntries(files))))
    const other = edited('ar.txt', (text) => text.replace('دون تأخير', 'فورًا'))
    assert.notEqual((await readTemplate(other)).digest, digest)
  })

  it('may have lines that end as on Windows, and paragraphs of several lines', async () => {
    const plain = await readTemplate(
      edited('en.txt', (text) => text.replace('Nothing is permitted', 'Nothing\nis permitted')),
    )
    const windows = await readTemplate(edited('en.txt', (text) => text.replaceAll('\n', '\r\n')))
    assert.deepEqual(plain.clauses, (await builtInTemplate('service')).clauses)
    assert.deepEqual(windows.clauses, plain.clauses)
  })

  const wrong: readonly [title: string, folder: () => string, problem: RegExp][] = [
    [
      'an unknown placeholder',
      () => edited('en.txt', (text) => text.replace('{{provider}}', '{{seller}}')),
      /^en\.txt:3 \{\{seller\}\} is no placeholder of this kind of agreement; there are: .*provider/,
    ],
    [
      'a placeholder of another kind',
      () => edited('ar.txt', (text) => text.replace('{{provider}}', '{{host}}')),
      /^ar\.txt:3 \{\{host\}\} is no placeholder/,
    ],
    [
      'a placeholder that is not closed',
      () => edited('en.txt', (text) => text.replace('{{provider}}', '{{provider}')),
      /^en\.txt:3 has a placeholder that is not closed/,
    ],
    [
      'a part of the content within a sentence',
      () => edited('en.txt', (text) => text.replace('{{grants}}', 'Here: {{grants}}')),
      /^en\.txt:\d+ \{\{grants\}\} must stand on a line of its own/,
    ],
    [
      'no grants',
      () => both((text) => text.replace('{{grants}}', 'As agreed.')),
      /^\{\{grants\}\} must stand there once, and stands there 0 times/,
    ],
    [
      'the grants twice',
      () => both((text) => text.replace('{{grants}}', '{{grants}}\n\n{{grants}}')),
      /^\{\{grants\}\} must stand there once, and stands there 2 times/,
    ],
    [
      'grants that are shown only sometimes',
      () => both((text) => text.replace('{{grants}}', '{{only-when limits}}\n{{grants}}')),
      /^\{\{grants\}\} must not depend on \{\{only-when limits\}\}/,
    ],
    [
      'an unknown condition',
      () => both((text) => text.replace('{{only-when connection}}', '{{only-when sunny}}')),
      /^ar\.txt:\d+ names no condition; there are: supersedes, connection/,
    ],
    [
      'a condition in the middle',
      () => both((text) => text.replace('{{grants}}', '{{grants}}\n{{only-when limits}}')),
      /a condition stands once, directly below a heading/,
    ],
    [
      'a word that is not always there',
      () => both((text) => text.replace('{{only-when supersedes}}\n', '')),
      /\{\{supersedes\}\} needs \{\{only-when supersedes\}\}/,
    ],
    [
      'a paragraph in one language',
      () =>
        edited('en.txt', (text) => text.replace('Nothing is permitted', 'One more.\n\nNothing is permitted')),
      /has 2 paragraphs in Arabic and 3 in English/,
    ],
    [
      'a heading in one language',
      () => edited('en.txt', (text) => `${text}\n## More\n\nWords.\n`),
      /^ar\.txt has 8 headings, en\.txt has 9/,
    ],
    [
      'different placeholders in the two languages',
      () => edited('en.txt', (text) => text.replace('{{valid-until}}', '{{valid-from}}')),
      /do not use the same placeholders/,
    ],
    [
      'an empty heading',
      () => both((text) => `${text}\n## Empty\n`),
      /is a heading without anything below it/,
    ],
    [
      'no title',
      () => edited('en.txt', (text) => text.replace(/^# .*\n/, '')),
      /^en\.txt:1 must begin with the name/,
    ],
    [
      'a second title',
      () => edited('en.txt', (text) => text.replace('{{grants}}', '# Again\n\n{{grants}}')),
      /a second title/,
    ],
    [
      'a character that nobody sees',
      () => edited('ar.txt', (text) => text.replace('دون تأخير', 'دون \u202eتأخير')),
      /^ar\.txt:\d+ holds a hidden character/,
    ],
    [
      'a file too many',
      () => folderWith((folder) => writeFileSync(join(folder, 'notes.txt'), '')),
      /^notes\.txt is no file/,
    ],
    ['a file too few', () => folderWith((folder) => rmSync(join(folder, 'en.txt'))), /^en\.txt is missing/],
    [
      'bytes that are no UTF-8',
      () => folderWith((folder) => writeFileSync(join(folder, 'ar.txt'), Buffer.of(0xff))),
      /^ar\.txt is not UTF-8/,
    ],
    [
      'a head that is no JSON',
      () => folderWith((folder) => writeFileSync(join(folder, 'template.json'), '{')),
      /^template\.json is not JSON/,
    ],
    [
      'an unknown kind',
      () => edited('template.json', (text) => text.replace('"kind": "service"', '"kind": "treaty"')),
      /^template\.json: \/kind must be one of/,
    ],
    [
      'more than may be read',
      () => edited('en.txt', (text) => text + '\n'.repeat(300_000)),
      /^en\.txt is no file of at most 262144 bytes/,
    ],
  ]
  for (const [title, folder, problem] of wrong) {
    it(`is refused with ${title}`, async () => {
      const problems = await problemsOf(folder())
      assert.ok(
        problems.some((each) => problem.test(each)),
        problems.join('\n') || 'no problem',
      )
    })
  }

  it('that is not there is refused', async () => {
    assert.deepEqual(await problemsOf(join(root, 'nowhere')), ['the folder cannot be read'])
  })
})
