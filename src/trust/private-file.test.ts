import assert from 'node:assert/strict'
import { mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { code, temporaryDirectory } from './testing/fixtures.ts'

describe('a private file', () => {
  it('is readable by its owner only, also when it replaces one that was not', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'secret')
    await writeFile(file, 'old', { mode: 0o644 })
    await writePrivateFile(file, 'new')
    assert.equal(await readFile(file, 'utf8'), 'new')
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(directory.path), ['secret'])
  })

  it('is made once where it must not be replaced, even by many at the same time', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'secret')
    const writers = Array.from({ length: 8 }, (_, i) => writePrivateFile(file, `${i}`, { mode: 'create' }))
    const results = await Promise.allSettled(writers)
    const winners = results.flatMap((result, i) => (result.status === 'fulfilled' ? [`${i}`] : []))
    assert.equal(winners.length, 1)
    assert.equal(await readFile(file, 'utf8'), winners[0])
    for (const result of results) {
      if (result.status === 'rejected') assert.ok(code('file_exists')(result.reason))
    }
    assert.deepEqual(await readdir(directory.path), ['secret'])
  })

  it('replaces a symbolic link and not what it points to', async () => {
    await using directory = await temporaryDirectory()
    const [file, elsewhere] = [join(directory.path, 'secret'), join(directory.path, 'elsewhere')]
    await writeFile(elsewhere, 'untouched')
    await symlink(elsewhere, file)
    await writePrivateFile(file, 'secret')
    assert.equal(await readFile(elsewhere, 'utf8'), 'untouched')
    assert.equal(await readFile(file, 'utf8'), 'secret')
  })

  it('leaves nothing behind when it cannot be put in place', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'occupied')
    await mkdir(join(file, 'by-a-directory'), { recursive: true })
    await assert.rejects(writePrivateFile(file, 'x'))
    assert.deepEqual(await readdir(directory.path), ['occupied'])
    await assert.rejects(writePrivateFile(join(directory.path, 'nowhere', 'x'), 'x'))
  })

  it('is not read when it is longer than it may be, or not there', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'secret')
    await writePrivateFile(file, 'x'.repeat(100))
    assert.equal((await readPrivateFile(file, 100)).length, 100)
    await assert.rejects(readPrivateFile(file, 99), code('file_unreadable'))
    await assert.rejects(readPrivateFile(`${file}2`), code('file_unreadable'))
  })
})
