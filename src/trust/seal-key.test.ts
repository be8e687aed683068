import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { readFile, stat, chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { Seal } from '../protocol/batch.ts'
import {
  createSealKey,
  createSealVerifier,
  generateSealKey,
  loadSealKey,
  parseSealKey,
  saveSealKey,
} from './seal-key.ts'
import { code, temporaryDirectory } from './testing/fixtures.ts'

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The other signature that is valid whenever (r, s) is: (r, n - s). Anyone can compute it. */
function twinOf(seal: Seal): Seal {
  const raw = Buffer.from(seal.value, 'base64url')
  const s = BigInt(`0x${raw.subarray(32).toString('hex')}`)
  const twin = Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex')
  return { ...seal, value: Buffer.concat([raw.subarray(0, 32), twin]).toString('base64url') }
}

describe('a seal', () => {
  const key = generateSealKey()
  const verifier = createSealVerifier(key.publicKeyDer)
  const data = Buffer.from('some words')
  const seal = key.sign(data)

  it('verifies over the same bytes by the same key, and over no others', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (one, other) => {
        const seal = key.sign(one)
        assert.ok(verifier.verify(one, seal))
        assert.equal(verifier.verify(other, seal), Buffer.compare(one, other) === 0)
      }),
      { numRuns: 50 },
    )
    assert.equal(createSealVerifier(generateSealKey().publicKeyDer).verify(data, { ...seal }), false)
  })

  it('names its algorithm and its key', () => {
    assert.deepEqual(Object.keys(seal), ['alg', 'key', 'value'])
    assert.equal(seal.alg, 'ES256')
    assert.equal(seal.key, verifier.keyId)
    assert.match(seal.value, /^[\w-]{86}$/)
  })

  it('cannot talk the verifier into another algorithm or key', () => {
    for (const alg of ['none', 'HS256', 'ES384', 'es256', '', 'ML-DSA-65']) {
      assert.equal(verifier.verify(data, { ...seal, alg }), false, alg)
    }
    assert.equal(verifier.verify(data, { ...seal, key: generateSealKey().keyId }), false)
  })

  it('has one spelling', () => {
    const { value } = seal
    const last = value.at(-1) ?? ''
    const stray = { A: 'B', Q: 'R', g: 'h', w: 'x' }[last] ?? ''
    const raw = Buffer.from(value, 'base64url')
    const wrong = [
      value.slice(0, -1) + stray,
      `${value}==`,
      ` ${value}`,
      `${value}\n`,
      raw.toString('base64'),
      raw.toString('hex'),
      value.slice(0, -2),
      '',
      Buffer.alloc(64).toString('base64url'),
      Buffer.alloc(64, 0xff).toString('base64url'),
    ]
    for (const value of wrong) assert.equal(verifier.verify(data, { ...seal, value }), false, value)
  })

  it('breaks with any flipped bit', () => {
    const raw = Buffer.from(seal.value, 'base64url')
    for (let bit = 0; bit < raw.length * 8; bit += 1) {
      const flipped = Buffer.from(raw)
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      assert.equal(verifier.verify(data, { ...seal, value: flipped.toString('base64url') }), false)
    }
  })

  it('is not the only one over its bytes: nothing may rely on a signature being unique', () => {
    const twin = twinOf(seal)
    assert.notEqual(twin.value, seal.value)
    assert.ok(verifier.verify(data, twin))
    assert.notEqual(key.sign(data).value, seal.value)
  })
})

describe('a seal key', () => {
  it('shows its secret only when asked', () => {
    const key = generateSealKey()
    assert.doesNotMatch(JSON.stringify(key), /PRIVATE/)
    assert.match(key.privateKeyPem(), /^-----BEGIN PRIVATE KEY-----/)
  })

  it('signs the same after a journey through PEM', () => {
    const key = generateSealKey()
    const again = parseSealKey(key.privateKeyPem())
    assert.equal(again.keyId, key.keyId)
    assert.ok(createSealVerifier(key.publicKeyDer).verify(Buffer.from('x'), again.sign(Buffer.from('x'))))
  })

  it('survives in a file that only its owner can read, and is never overwritten', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'seal-key.pem')
    const key = generateSealKey()
    await saveSealKey(file, key)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.equal((await loadSealKey(file)).keyId, key.keyId)
    await assert.rejects(saveSealKey(file, generateSealKey()), code('file_exists'))
    assert.equal(await readFile(file, 'utf8'), key.privateKeyPem())
  })

  it('is not read from a file that everybody can read', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'seal-key.pem')
    await saveSealKey(file, generateSealKey())
    await chmod(file, 0o604)
    await assert.rejects(loadSealKey(file), code('secret_exposed'))
    await chmod(file, 0o640)
    assert.ok(await loadSealKey(file))
  })

  it('is refused without repeating what was read', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'seal-key.pem')
    await assert.rejects(loadSealKey(file), code('file_unreadable'))
    await writeFile(file, 'hunter2', { mode: 0o600 })
    await assert.rejects(loadSealKey(file), (error) => {
      assert.ok(code('invalid_key')(error))
      assert.doesNotMatch(JSON.stringify(error) + String(error), /hunter2/)
      return true
    })
  })

  it('is of the one kind that is used here', () => {
    const others = [
      generateKeyPairSync('ec', { namedCurve: 'secp384r1' }),
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ]
    for (const { privateKey, publicKey } of others) {
      assert.throws(() => createSealKey(privateKey), code('invalid_key'))
      const der = publicKey.export({ type: 'spki', format: 'der' })
      assert.throws(() => createSealVerifier(der), code('invalid_key'))
    }
  })
})

describe('a public key', () => {
  const { publicKeyDer } = generateSealKey()
  const prefix = publicKeyDer.subarray(0, 26)
  const point = publicKeyDer.subarray(26)

  it('has one encoding and so one key id', () => {
    // SPKI with a compressed point: the same key in 59 bytes.
    const compressed = Buffer.concat([
      Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
      Buffer.of(((point.at(-1) ?? 0) & 1) === 1 ? 3 : 2),
      point.subarray(1, 33),
    ])
    const read = createPublicKey({ key: compressed, format: 'der', type: 'spki' })
    assert.ok(read.equals(createPublicKey({ key: Buffer.from(publicKeyDer), format: 'der', type: 'spki' })))
    assert.throws(() => createSealVerifier(compressed), code('invalid_key'))
    assert.throws(() => createSealVerifier(Buffer.concat([publicKeyDer, Buffer.of(0)])), code('invalid_key'))
  })

  it('is a point on the curve', () => {
    const off = Buffer.concat([prefix, point])
    off.writeUInt8(off.readUInt8(90) ^ 1, 90)
    assert.throws(() => createSealVerifier(off), code('invalid_key'))
    assert.throws(() => createSealVerifier(new Uint8Array()), code('invalid_key'))
  })

  it('may lie inside a larger buffer', () => {
    const larger = Buffer.concat([Buffer.alloc(7), publicKeyDer, Buffer.alloc(9)])
    assert.ok(createSealVerifier(larger.subarray(7, 7 + publicKeyDer.length)))
  })

  it('verifies the published example of RFC 6979, appendix A.2.5', () => {
    // Key and signature of the message "sample" with SHA-256, as the RFC prints them.
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: Buffer.from('60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6', 'hex').toString(
        'base64url',
      ),
      y: Buffer.from('7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299', 'hex').toString(
        'base64url',
      ),
      d: Buffer.from('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721', 'hex').toString(
        'base64url',
      ),
    }
    const key = createSealKey(createPrivateKey({ key: jwk, format: 'jwk' }))
    const r = 'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716'
    const s = 'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8'
    const value = Buffer.from(r + s, 'hex').toString('base64url')
    const verifier = createSealVerifier(key.publicKeyDer)
    assert.ok(verifier.verify(Buffer.from('sample'), { alg: 'ES256', key: key.keyId, value }))
    assert.ok(!verifier.verify(Buffer.from('test'), { alg: 'ES256', key: key.keyId, value }))
  })
})
