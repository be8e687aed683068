import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { generateNoteKey, loadNoteKey, parseSkey, parseVkey, saveNoteKey } from './note-key.ts'
import { code, temporaryDirectory } from './testing/fixtures.ts'

// The published keys of C2SP are tried in test/conformance.
describe('a note key', () => {
  const key = generateNoteKey('wusla/AE-DU/directory')
  const message = Buffer.from('wusla/AE-DU/directory\n1\nroot\n')

  it('signs what its public half verifies, and nothing else', () => {
    const signature = key.sign(message)
    const verifier = parseVkey(key.vkey)
    assert.equal(signature.length, 64)
    assert.ok(verifier.verify(message, signature))
    assert.ok(!verifier.verify(Buffer.from('other'), signature))
    assert.ok(!verifier.verify(message, signature.subarray(1)))
    assert.ok(!verifier.verify(message, Buffer.concat([signature, Buffer.of(0)])))
    assert.ok(!parseVkey(generateNoteKey(key.name).vkey).verify(message, signature))
  })

  it('has another id as a cosignature key, and under another name', () => {
    const cosigner = generateNoteKey('wusla/AE-DU/branch/MORO', 'cosignature')
    assert.equal(parseVkey(cosigner.vkey).type, 'cosignature')
    assert.equal(parseVkey(key.vkey).type, 'note')
    const data = key.vkey.split('+').slice(2).join('+')
    assert.throws(
      () => parseVkey(`wusla/XX/directory+${key.vkey.split('+')[1]}+${data}`),
      code('invalid_key'),
    )
  })

  it('survives in a file that only its owner can read, and is never overwritten', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'ledger-key')
    await saveNoteKey(file, key)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    const read = await loadNoteKey(file)
    assert.ok(key.verifier.verify(message, read.sign(message)))
    assert.equal(read.vkey, key.vkey)
    await assert.rejects(saveNoteKey(file, generateNoteKey('x')), code('file_exists'))
  })

  it('is refused when damaged, without repeating the secret', () => {
    const skey = key.skey()
    const seed = skey.slice(-44)
    for (const text of [
      skey.slice(1),
      skey.slice(0, -4),
      skey.replace('directory', 'Directory'),
      `${skey} `,
      key.vkey,
      '',
    ]) {
      assert.throws(
        () => parseSkey(text),
        (error) => code('invalid_key')(error) && !String(error).includes(seed),
      )
    }
  })

  it('shows its secret only when asked', () => {
    assert.doesNotMatch(JSON.stringify(key), /PRIVATE/)
  })

  it('cannot have a name that would break a note', () => {
    for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u00a0b', 'a\u2028b', '\ud800']) {
      assert.throws(() => generateNoteKey(name), code('invalid_key'), JSON.stringify(name))
    }
  })
})
