import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as check, constantFrom, property, tuple } from 'fast-check'
import { answerHead, headDigest } from '../protocol/head.ts'
import { AnswerHeads } from './answer-heads.ts'

test('the digest of a head is its own, whatever head came before', () => {
  const blocks = ['', 'a:1\r\n', 'a:2\r\n', 'date:x\r\na:1\r\n', 'a:\u00e9\r\n']
  const heads = array(tuple(constantFrom(200, 201, 404), constantFrom(...blocks)), { maxLength: 30 })
  check(
    property(heads, (list) => {
      const known = new AnswerHeads()
      for (const [status, block] of list) {
        assert.equal(known.digest(status, block), headDigest(answerHead(status, block)))
      }
    }),
  )
})
