import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { cosign, formatCheckpoint, parseCheckpoint } from '../../src/ledger/checkpoint.ts'
import { cosignatureTime, cosignedMessage } from '../../src/ledger/cosignature.ts'
import { formatProofFile, parseProofFile, verifyProofFile } from '../../src/ledger/proof-file.ts'
import { openNote, parseNote, parseSignatureLines, signNote } from '../../src/ledger/signed-note.ts'
import type { OpenedNote } from '../../src/ledger/signed-note.ts'
import { openWitness, witnessAnswer } from '../../src/ledger/witness.ts'
import { verifyConsistency } from '../../src/protocol/merkle.ts'
import { isWuslaError } from '../../src/protocol/wusla-error.ts'
import { generateNoteKey, parseSkey, parseVkey } from '../../src/trust/note-key.ts'
import type { NoteSigner } from '../../src/trust/note-key.ts'
import { tlog } from './tlog-vectors.ts'

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const idHex = (keyId: number): string => keyId.toString(16).padStart(8, '0')

type KeyVector = (typeof tlog.keys.valid)[number]

/** The signer of a published test seed. */
function signerOf(key: KeyVector): NoteSigner | undefined {
  if (key.seed === undefined) return undefined
  const data = Buffer.concat([Buffer.of(key.signatureType), hex(key.seed)]).toString('base64')
  return parseSkey(`PRIVATE+KEY+${key.name}+${key.keyId}+${data}`)
}

function signerNamed(name: string, signatureType: number): NoteSigner {
  const key = tlog.keys.valid.find((key) => key.name === name && key.signatureType === signatureType)
  return (key === undefined ? undefined : signerOf(key)) ?? assert.fail(`no seed for ${name}`)
}

function isInvalidKey(error: unknown): boolean {
  return isWuslaError(error) && error.code === 'invalid_key'
}

suite('keys', () => {
  test('good keys', () => {
    for (const key of tlog.keys.valid) {
      const verifier = parseVkey(key.vkey)
      assert.equal(verifier.name, key.name)
      assert.equal(idHex(verifier.keyId), key.keyId)
      assert.equal(verifier.type, key.signatureType === 4 ? 'cosignature' : 'note')
      assert.equal(toHex(verifier.publicKey), key.publicKey)
      const twin = Buffer.concat([Buffer.of(4), verifier.publicKey]).toString('base64')
      assert.equal(parseVkey(`${key.name}+${key.cosignatureKeyId}+${twin}`).type, 'cosignature')
      const signer = signerOf(key)
      if (signer !== undefined) assert.equal(signer.vkey, key.vkey)
      if (key.skey !== undefined) assert.equal(parseSkey(key.skey).skey(), key.skey)
    }
  })

  test('bad keys', () => {
    for (const { vkey, why } of tlog.keys.refuse) assert.throws(() => parseVkey(vkey), isInvalidKey, why)
  })

  test('every piece and every change of a good key', () => {
    const [first] = tlog.keys.valid
    const vkey = first?.vkey ?? ''
    for (let from = 0; from < vkey.length; from += 1) {
      for (let to = from; to <= vkey.length; to += 1) {
        if (to - from < vkey.length) assert.throws(() => parseVkey(vkey.slice(from, to)), isInvalidKey)
      }
      const raised = String.fromCharCode(vkey.charCodeAt(from) + 1)
      const changed = `${vkey.slice(0, from)}${raised}${vkey.slice(from + 1)}`
      assert.throws(() => parseVkey(changed), isInvalidKey, changed)
    }
  })
})

type Opened = Extract<OpenedNote, { ok: true }>

function checkOpened(opened: Opened, expect: (typeof tlog.notes.open)[number]['expect'], name: string): void {
  const verified = opened.verified.map(({ verifier, timeSeconds }) => ({
    name: verifier.name,
    keyId: idHex(verifier.keyId),
    ...(timeSeconds === undefined ? {} : { timestamp: timeSeconds }),
  }))
  const unverified = opened.unverified.map(({ name, keyId }) => ({ name, keyId: idHex(keyId) }))
  assert.deepEqual(
    { verified, unverified },
    { verified: expect.verified, unverified: expect.unverified },
    name,
  )
  if (expect.text !== undefined) assert.equal(opened.text, expect.text)
}

suite('notes', () => {
  test('signed', () => {
    for (const { text, signWith, note, error } of tlog.notes.sign) {
      const signers = signWith.map(({ name }) => signerNamed(name, 1))
      if (error === true) assert.throws(() => signNote(text, signers))
      else assert.equal(signNote(text, signers), note)
    }
  })

  for (const vector of [...tlog.notes.open, ...tlog.cosigned.valid, ...tlog.cosigned.refuse]) {
    test(`opened: ${vector.name}`, () => {
      const { note, noteHex, known, expect, name } = vector
      const verifiers = known.map(parseVkey)
      const forms = noteHex === undefined ? [note ?? '', Buffer.from(note ?? '')] : [hex(noteHex)]
      for (const form of forms) {
        const opened = openNote(form, verifiers)
        if (!opened.ok) assert.equal(opened.reason, expect.error)
        else checkOpened(opened, expect, name)
      }
    })
  }

  test('too many signatures', () => {
    const { text, signatureLine, repeat, known, expect } = tlog.notes.tooMany
    const verifiers = known.map(parseVkey)
    const opened = openNote(`${text}\n${signatureLine.repeat(repeat)}`, verifiers)
    assert.deepEqual(opened, { ok: false, reason: expect.error })
    assert.ok(openNote(`${text}\n${signatureLine.repeat(repeat - 1)}`, verifiers).ok)
  })
})

suite('checkpoints', () => {
  const cosigned = tlog.cosigned.valid.flatMap(({ note, expect }) => {
    const text = note === undefined ? undefined : parseNote(note)?.text
    return text === undefined || expect.checkpoint === undefined ? [] : [{ text, parsed: expect.checkpoint }]
  })

  test('read and written', () => {
    assert.equal(cosigned.length, tlog.cosigned.valid.length)
    for (const { text, parsed } of [...tlog.checkpoints.valid, ...cosigned]) {
      const checkpoint = parseCheckpoint(text) ?? assert.fail(text)
      const { origin, size, rootHash, extensions } = checkpoint
      assert.deepEqual({ origin, size: size.toString(), rootHash: toHex(rootHash), extensions }, parsed)
      assert.equal(formatCheckpoint(checkpoint), text)
    }
    for (const { text, why } of tlog.checkpoints.refuse) assert.equal(parseCheckpoint(text), undefined, why)
  })

  test('cosigned messages', () => {
    for (const { note = '', expect, cosignedMessage: only, cosignedMessages = {} } of tlog.cosigned.valid) {
      const text = parseNote(note)?.text ?? assert.fail()
      for (const { name, keyId, timestamp } of expect.verified ?? []) {
        if (timestamp === undefined) continue
        const message = only ?? cosignedMessages[name]
        if (message !== undefined) assert.equal(cosignedMessage(text, timestamp).toString(), message)
        const key = tlog.keys.valid.find((key) => key.keyId === keyId)
        const signer = key === undefined ? undefined : signerOf(key)
        if (signer !== undefined) assert.ok(note.includes(cosign(text, signer, timestamp)), name)
      }
    }
  })

  test('cosignatures taken apart', () => {
    for (const { signatureBase64, keyId, timestamp, error } of tlog.cosigned.parseSignature) {
      const [line] = parseSignatureLines(`— witness ${signatureBase64}\n`) ?? []
      assert.ok(line)
      assert.equal(cosignatureTime(line.signature), error === true ? undefined : timestamp)
      if (keyId !== undefined) assert.equal(idHex(line.keyId), keyId)
    }
  })

  test('published consistency proof between two of them', () => {
    const { from, to, fromRoot, toRoot, proof } = tlog.cosigned.publishedConsistency
    const roots = { fromRoot: hex(fromRoot), toRoot: hex(toRoot) }
    assert.ok(verifyConsistency({ fromSize: from, toSize: to, ...roots, proof: proof.map(hex) }))
  })
})

suite('proof files', () => {
  test('good ones', () => {
    for (const { text, parsed, name, ...rest } of tlog.proofText.valid) {
      const proof = parseProofFile(text) ?? assert.fail(name)
      const made = {
        index: proof.index.toString(),
        hashes: proof.hashes.map((hash) => hash.toString('base64')),
        extra: proof.extra?.toString('base64') ?? null,
        checkpoint: proof.checkpoint,
      }
      assert.deepEqual(made, parsed)
      assert.equal(formatProofFile(proof), text)
      if (rest.valid === true) assert.equal(verify({ text, ...rest }), 'ok', name)
    }
  })

  test('bad ones', () => {
    for (const vector of tlog.proofText.refuse) {
      const outcome = vector.entryHex === undefined ? parseProofFile(vector.text) : verify(vector)
      assert.notEqual(outcome, 'ok', vector.why)
      if (vector.entryHex === undefined) assert.equal(outcome, undefined, vector.why)
    }
  })

  function verify(vector: Omit<(typeof tlog.proofText.refuse)[number], 'name' | 'why'>): string {
    const { text, entryHex = '', logKey = '', witnessKeys = [] } = vector
    const witnesses = witnessKeys.map(parseVkey)
    const trust = { origin: 'ledger.example/evidence', log: parseVkey(logKey), witnesses }
    const result = verifyProofFile(text, hex(entryHex), trust, 2)
    return result.ok ? 'ok' : result.step
  }
})

test('witness requests in their order', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'wusla-witness-'))
  const log = parseVkey(tlog.witness.logKey)
  const signer = generateNoteKey('witness.example/w', 'cosignature')
  const conflicts: string[] = []
  {
    await using witness = openWitness({
      directory,
      signer,
      logKeys: (origin) => (origin === log.name ? [log] : undefined),
      clock: { nowMs: () => 1_767_225_600_000 },
      onEvent: (event) => event.kind === 'checkpoint_conflict' && conflicts.push(event.offered),
    })
    for (const { name, body, status, responseBody, responseContentType } of tlog.witness.requests) {
      const answer = witnessAnswer(await witness.addCheckpoint(Buffer.from(body)))
      assert.equal(answer.status, status, name)
      if (responseBody !== undefined) assert.equal(answer.body, responseBody)
      if (responseContentType !== undefined) assert.equal(answer.contentType, responseContentType)
      if (status !== 200) continue
      const note = `${body.slice(body.indexOf('\n\n') + 2)}${answer.body}`
      const opened = openNote(note, [signer.verifier])
      assert.ok(opened.ok && opened.verified[0]?.timeSeconds === 1_767_225_600, name)
    }
    assert.ok(conflicts.length > 0)
    assert.match((await witness.latest(log.name)) ?? '', /\n5\n/)
  }
  rmSync(directory, { recursive: true })
})
