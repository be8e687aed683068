import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leafHash, rootOfTexts, treeRoot } from './merkle.ts'

test('the root over texts equals the root over their leaf hashes, at every size and with every kind of text', () => {
  for (let size = 0; size <= 130; size += 1) {
    const texts = Array.from({ length: size }, (_, at) => `{"n":${at},"text":"${'وُصلة'.repeat(at % 5)}"}`)
    assert.deepEqual(rootOfTexts(texts), treeRoot(texts.map((text) => leafHash(text))), `size ${size}`)
  }
})
