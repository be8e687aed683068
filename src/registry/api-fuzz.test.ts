import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { DEWA, NAME, NETWORK, TestRegistry } from './testing/test-registry.ts'

const POSTS = [
  '/v1/members',
  '/v1/members/suspend',
  '/v1/tokens',
  '/v1/enrol',
  '/v1/certificates',
  '/v1/changes',
  '/v1/keys/revoke',
  '/v1/lines',
  '/v1/lines/remove',
  '/v1/branches/leave',
  '/v1/branches/retire',
  '/v1/branches/class',
  '/v1/gateways/retire',
  '/v1/agreements',
  '/v1/agreements/x/acceptances',
  '/v1/agreements/x/freeze',
  '/v1/agreements/x/refusal',
  '/v1/agreements/x/lease',
  '/v1/agreements/x/lease/release',
  '/v1/agreements/x/document',
  '/v1/access-requests',
  '/v1/access-requests/x/refusal',
  '/v1/access-requests/x/withdrawal',
]

const PUTS = ['/v1/signing-policy']

const GETS = [
  '/v1/changes?',
  '/v1/agreements?',
  '/v1/agreements/',
  '/v1/agreements/x/document?',
  '/v1/access-requests?',
  '/v1/signing-policy?',
  '/log/',
  '/log/checkpoint?beyond=0&',
  '/v1/',
]

/** Stands for a seal that is made for the request. */
const SEALED = 'sealed'

/** Bodies that come close: fields of the API with values of all kinds. */
const nearly = fc.dictionary(
  fc.constantFrom(
    'member',
    'name',
    'reason',
    'kind',
    'subject',
    'branches',
    'hours',
    'change',
    'signatures',
    'csr',
    'key',
    'line',
    'ends',
    'content',
    'acceptance',
    'document',
    'signers',
    'request',
    'counters',
    'level',
    'qualifiedPolicies',
    'roots',
    'answerWithinDays',
  ),
  fc.oneof(
    fc.constantFrom(DEWA, NETWORK, `${NETWORK}/branch/CORE`, 'gateway', NAME, 1e9, -1),
    fc.jsonValue({ maxDepth: 3 }),
  ),
  { maxKeys: 6 },
)

test('no body and no path brings the registry down, and every refusal has its code and remedy', async () => {
  await using registry = await TestRegistry.found(undefined, { requestsPerSecond: 100_000 })
  await registry.start()
  const dewa = await registry.join(`${DEWA}/gw-1`)
  const authorization = fc.constantFrom(
    undefined,
    `Bearer ${registry.tokens.admin}`,
    'Bearer x',
    'Wusla-Seal a.b.c',
    SEALED,
  )
  const reached = new Set<string>()
  const bodies = fc.oneof(
    nearly.map((body) => JSON.stringify(body)),
    fc.json(),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constant(`${'['.repeat(5000)}${']'.repeat(5000)}`),
  )
  const writes = fc.constantFrom(
    ...POSTS.map((path) => ['POST', path] as const),
    ...PUTS.map((path) => ['PUT', path] as const),
  )
  const write = fc.asyncProperty(writes, bodies, authorization, async ([method, path], body, header) => {
    const sealed = header === SEALED ? await registry.seal(dewa, method, path, body) : header
    const { status, body: answer } = await registry.send(method, path, body, sealed)
    reached.add(`${path} ${answer.code}`)
    if (status === 200) return
    assert.ok(status >= 400 && status < 500, `${path} ${status} ${body.slice(0, 200)}`)
    assert.ok(answer.code.length > 0 && answer.remedy.length > 0)
  })
  await fc.assert(write, { numRuns: 600 })
  // A strange body that is sealed comes past the guard: else the sealed routes would not have been tried at all.
  const pastTheGuard = [...reached].filter((each) =>
    /^\/v1\/a(?:greements|ccess).* invalid_request$/.test(each),
  )
  assert.ok(pastTheGuard.length > 3, [...reached].join())
  const tails = fc.string({ maxLength: 60 }).map(encodeURI)
  const get = fc.asyncProperty(fc.constantFrom(...GETS), tails, authorization, async (path, tail, header) => {
    const { status } = await registry.get(`${path}${tail}`, header)
    assert.ok(status === 200 || (status >= 400 && status < 500), `${path}${tail} ${status}`)
  })
  await fc.assert(get, { numRuns: 200 })
  assert.deepEqual(
    registry.events.filter(({ kind }) => kind === 'unexpected_error'),
    [],
  )
  assert.equal((await registry.get('/healthz')).status, 200)
})
