import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digest256, digest512, isDigest256, isDigest512, keyIdOf, sha256 } from './digest.ts'

test('digests are SHA-2 in base64url without padding', () => {
  assert.equal(digest256('abc'), 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
  assert.equal(
    digest512('abc'),
    '3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05ohkpkqJ0_BqDa6PCOj_uu9RU1EI2Q86A4qmslPpUyknw',
  )
  assert.equal(
    sha256('abc').toString('hex'),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})

test('a text counts as its UTF-8 bytes', () => {
  assert.equal(digest256('وُصلة'), digest256(Buffer.from('وُصلة', 'utf8')))
  assert.equal(digest512('وُصلة'), digest512(Buffer.from('وُصلة', 'utf8')))
  assert.equal(keyIdOf(Buffer.from([1, 2, 3])), digest256(Buffer.from([1, 2, 3])))
})

test('the form of a digest has one spelling', () => {
  assert.equal(isDigest256(digest256('')), true)
  assert.equal(isDigest512(digest512('')), true)
  assert.equal(isDigest256(digest512('')), false)
  assert.equal(isDigest512(digest256('')), false)
  // Same 32 bytes for a careless decoder, other text: the bits beyond the last byte are not zero.
  const sloppy = `${digest256('abc').slice(0, -1)}1`
  assert.deepEqual(Buffer.from(sloppy, 'base64url'), Buffer.from(digest256('abc'), 'base64url'))
  assert.equal(isDigest256(sloppy), false)
  assert.equal(isDigest512(`${digest512('abc').slice(0, -1)}x`), false)
  assert.equal(isDigest256(`${digest256('abc').slice(0, -1)}=`), false)
})
