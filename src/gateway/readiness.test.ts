import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NetworkRecord } from '../directory/directory-record.ts'
import { Readiness } from './readiness.ts'
import { refusalOf } from './testing/gateway-world.ts'

const network = { maxStalenessMs: 1_000 } as NetworkRecord

function makeReadiness(facts: { healthy?: boolean; staleMs?: number; founded?: boolean }): Readiness {
  const { healthy = true, staleMs = 0, founded = true } = facts
  return new Readiness({
    evidence: { healthy },
    directory: { network: () => (founded ? network : undefined) },
    directoryStaleMs: () => staleMs,
    onEvent: () => undefined,
  })
}

test('a gateway that can record and judge takes exchanges, also with a directory of exactly the bound', () => {
  makeReadiness({}).assert()
  makeReadiness({ staleMs: 1_000 }).assert()
})

test('without evidence, with a directory too old or none at all, none is taken', async () => {
  const cases = [
    [makeReadiness({ healthy: false }), 'logging_failed'],
    [makeReadiness({ staleMs: 1_001 }), 'directory_stale'],
    [makeReadiness({ staleMs: Number.POSITIVE_INFINITY }), 'directory_stale'],
    [makeReadiness({ founded: false }), 'directory_stale'],
  ] as const
  for (const [readiness, code] of cases) {
    assert.equal((await refusalOf(() => readiness.assert())).code, code)
  }
})

test('a gateway that leaves is not ready for callers, and takes those that come all the same', () => {
  const readiness = makeReadiness({})
  assert.equal(readiness.isReady, true)
  readiness.leave()
  assert.equal(readiness.isReady, false)
  readiness.assert()
  assert.equal(makeReadiness({ healthy: false }).isReady, false)
})

test('a closing gateway takes none, for good', async () => {
  const readiness = makeReadiness({})
  readiness.drain()
  assert.equal((await refusalOf(() => readiness.assert())).code, 'session_closed')
  assert.equal((await refusalOf(() => readiness.assert())).code, 'session_closed')
})
