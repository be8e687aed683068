import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { digest512 } from '../../src/protocol/digest.ts'
import {
  DROPPED_REQUEST_HEADERS,
  formatHeaderBlock,
  headDigest,
  requestHead,
  xroadRequestHash,
} from '../../src/protocol/head.ts'
import {
  decodeSegment,
  encodeSegment,
  parseClient,
  parseGateway,
  parseService,
} from '../../src/protocol/identifier.ts'
import { compileGlob, compileOperation } from '../../src/protocol/path-glob.ts'
import { normaliseServicePath } from '../../src/protocol/service-path.ts'
import { METHODS } from '../../src/protocol/statement.ts'
import { parseRepresentedParty, parseXroadPath } from '../../src/protocol/xroad-request.ts'

interface TextRow {
  readonly input: string
  readonly output?: string
  readonly error?: boolean
  readonly note?: string
}

interface GlobRow {
  readonly pattern: string
  readonly path: string
  readonly matches: boolean
}

interface EndpointRow {
  readonly endpoint: { readonly method: string; readonly path: string }
  readonly method: string
  readonly path: string
  readonly allowed: boolean
}

interface RequestRow {
  readonly name: string
  readonly verb: string
  readonly path: string
  readonly query: string | null
  readonly headers: readonly (readonly [string, string])[]
  readonly requestId: string
  readonly expect: {
    readonly error?: boolean
    readonly client?: readonly string[]
    readonly service?: readonly string[]
    readonly servicePath?: string
    readonly messageId?: string
    readonly headBase64?: string
    readonly headSha512Base64?: string
    readonly representedParty?: { readonly class: string | null; readonly code: string }
    readonly responseHeaders?: Readonly<Record<string, string>>
  }
}

interface HashRow {
  readonly verb: string
  readonly path: string
  readonly query: string | null
  readonly forwardedHeaders: readonly (readonly [string, string])[]
  readonly body: string | null
  readonly headBase64: string
  readonly requestHash: string
}

interface IdentifierRow {
  readonly kind: 'client' | 'service' | 'server' | 'party'
  readonly input: string
  readonly parts?: readonly string[]
  readonly error?: boolean
}

interface Vectors {
  readonly glob: { readonly published: readonly GlobRow[]; readonly derived: readonly GlobRow[] }
  readonly endpoint: { readonly derived: readonly EndpointRow[] }
  readonly segmentDecode: {
    readonly published: readonly TextRow[]
    readonly publishedRoundTrip: readonly TextRow[]
    readonly derived: readonly TextRow[]
  }
  readonly pathDecode: { readonly published: readonly TextRow[]; readonly derived: readonly TextRow[] }
  readonly normalise: { readonly published: readonly TextRow[]; readonly derived: readonly TextRow[] }
  readonly accessCheckTraversal: {
    readonly derived: readonly { readonly path: string; readonly refusedAsTraversal: boolean }[]
  }
  readonly requests: { readonly cases: readonly RequestRow[] }
  readonly identifiers: { readonly derived: readonly IdentifierRow[] }
  readonly requestHash: { readonly computed: readonly HashRow[] }
}

const vectors = JSON.parse(
  readFileSync(new URL('vectors/xroad-path-glob.json', import.meta.url), 'utf8'),
) as Vectors

const compatibility = readFileSync(
  new URL('../../docs/reference/xroad-compatibility.md', import.meta.url),
  'utf8',
)

/** Rows where we do something else on purpose: what we do, and the section of the document that says why. */
const GLOB_DEVIATIONS = new Map([
  ['/*.json against /file.json', { matches: true, section: 'D1' }],
  ['/a*b/c against /axb/c', { matches: true, section: 'D1' }],
  ['/** against /a\nb', { matches: true, section: 'D2' }],
])

const PATH_DEVIATIONS = new Map([
  ['/foo/bar/zy%2dggy', { ours: '/foo/bar/zy-ggy', section: 'D3' }],
  ['/a%2Fb', { ours: 'encoded_slash', section: 'D3' }],
  ['/a/%2F/b', { ours: 'encoded_slash', section: 'D3' }],
  ['/a/..%2Fb', { ours: 'encoded_slash', section: 'D3' }],
  ['/a/%20b', { ours: '/a/ b', section: 'D4' }],
  ['/a/%7Cb', { ours: '/a/|b', section: 'D4' }],
  ['/a%252Fb', { ours: '/a%2Fb', section: 'D5' }],
  ['/a%3Fb', { ours: '/a?b', section: 'D6' }],
  ['/a%23b', { ours: '/a#b', section: 'D6' }],
])

function assertExplained(section: string): void {
  assert.match(compatibility, new RegExp(`^### ${section}\\. `, 'm'), `section ${section} of the document`)
}

test('path patterns', () => {
  assert.equal(vectors.glob.published.length, 23)
  assert.equal(vectors.glob.derived.length, 18)
  let deviations = 0
  for (const { pattern, path, matches } of [...vectors.glob.published, ...vectors.glob.derived]) {
    const name = `${pattern} against ${path}`
    const deviation = GLOB_DEVIATIONS.get(name)
    if (deviation !== undefined) {
      deviations += 1
      assert.notEqual(deviation.matches, matches, `${name} is no deviation`)
      assertExplained(deviation.section)
    }
    assert.equal(compileGlob(pattern)(path), deviation?.matches ?? matches, name)
  }
  assert.equal(deviations, GLOB_DEVIATIONS.size)
})

test('operations', () => {
  assert.ok(vectors.endpoint.derived.length >= 7)
  for (const { endpoint, method, path, allowed } of vectors.endpoint.derived) {
    assert.equal(
      compileOperation(endpoint)(method, path),
      allowed,
      `${endpoint.method} ${endpoint.path}: ${path}`,
    )
  }
})

test('segments', () => {
  const { published, publishedRoundTrip, derived } = vectors.segmentDecode
  assert.ok(published.length >= 6 && publishedRoundTrip.length >= 14 && derived.length >= 10)
  for (const { input, output, error } of [...published, ...publishedRoundTrip, ...derived]) {
    if (error === true) assert.throws(() => decodeSegment(input), { code: 'invalid_identifier' }, input)
    else assert.equal(decodeSegment(input), output, input)
  }
  for (const { input, output } of publishedRoundTrip) assert.equal(encodeSegment(output ?? ''), input)
})

test('service paths: decoding and normalising', () => {
  const rows = [
    ...vectors.pathDecode.published,
    ...vectors.pathDecode.derived,
    ...vectors.normalise.published,
    ...vectors.normalise.derived,
  ]
  assert.equal(vectors.normalise.published.length, 8)
  assert.ok(rows.length >= 27)
  const seen = new Set<string>()
  for (const { input, output, error } of rows) {
    const result = normaliseServicePath(input)
    const ours = result.ok ? result.path : result.reason
    const deviation = PATH_DEVIATIONS.get(input)
    if (deviation !== undefined && deviation.ours !== output) {
      seen.add(input)
      assertExplained(deviation.section)
      assert.equal(ours, deviation.ours, input)
    } else if (error === true) {
      assert.equal(ours, 'bad_escape', input)
    } else {
      // What X-Road normalises to something with ".." it refuses one step later; we refuse at once.
      assert.equal(ours, output?.includes('..') === true ? 'traversal' : output, input)
    }
  }
  assert.equal(seen.size, PATH_DEVIATIONS.size, 'a listed deviation is none')
})

test('climbing out of a service is refused', () => {
  assert.ok(vectors.accessCheckTraversal.derived.length >= 6)
  for (const { path, refusedAsTraversal } of vectors.accessCheckTraversal.derived) {
    const result = normaliseServicePath(path)
    if (refusedAsTraversal) assert.deepEqual(result, { ok: false, reason: 'traversal' }, path)
    else assert.equal(result.ok, true, path)
  }
})

function headOf(
  verb: string,
  rawPath: string,
  query: string | null,
  headers: string[],
  requestId: string,
): string {
  const { service, path } = parseXroadPath(rawPath)
  const block = formatHeaderBlock(headers, DROPPED_REQUEST_HEADERS, [['x-road-request-id', requestId]])
  return requestHead(verb, service, path, query ?? undefined, block)
}

function headerOf(row: RequestRow, name: string): string | undefined {
  return row.headers.find(([header]) => header === name)?.[1]
}

function checkRefused(row: RequestRow): void {
  const party = headerOf(row, 'X-Road-Represented-Party')
  if (!METHODS.has(row.verb)) return
  if (party === undefined)
    assert.throws(() => parseXroadPath(row.path), { code: 'invalid_request_uri' }, row.name)
  else assert.throws(() => parseRepresentedParty(party), { code: 'invalid_identifier' }, row.name)
}

function checkAccepted(row: RequestRow): void {
  const { verb, path, query, headers, requestId, expect } = row
  const service = parseService(parseXroadPath(path).service)
  const client = parseClient(headerOf(row, 'X-Road-Client') ?? '')
  const party = headerOf(row, 'X-Road-Represented-Party')
  assert.ok(METHODS.has(verb))
  if (expect.service !== undefined)
    assert.deepEqual(service.text.split('/').map(decodeSegment), expect.service)
  if (expect.client !== undefined) assert.deepEqual(client.text.split('/').map(decodeSegment), expect.client)
  if (expect.servicePath !== undefined) assert.equal(parseXroadPath(path).path, expect.servicePath)
  if (expect.messageId !== undefined) assert.equal(headerOf(row, 'X-Road-Id'), expect.messageId)
  if (expect.representedParty !== undefined) {
    const { memberClass, memberCode } = parseRepresentedParty(party ?? '')
    assert.deepEqual({ class: memberClass ?? null, code: memberCode }, expect.representedParty)
  }
  if (expect.headBase64 !== undefined) {
    const head = headOf(verb, path, query, headers.flat(), requestId)
    assert.equal(Buffer.from(head, 'latin1').toString('base64'), expect.headBase64)
    assert.equal(xroadRequestHash(headDigest(head)), expect.headSha512Base64)
  }
  if (expect.responseHeaders !== undefined) {
    assert.equal(service.text, expect.responseHeaders['x-road-service'])
    assert.equal(client.text, expect.responseHeaders['x-road-client'])
  }
}

test('requests', () => {
  assert.equal(vectors.requests.cases.length, 8)
  for (const row of vectors.requests.cases) {
    if (row.expect.error === true) checkRefused(row)
    else checkAccepted(row)
  }
  assert.ok(!METHODS.has('INVALID'))
})

const PART_READERS: Readonly<Record<IdentifierRow['kind'], (text: string) => readonly string[]>> = {
  client: (text) => parseClient(text).text.split('/').map(decodeSegment),
  service: (text) => parseService(text).text.split('/').map(decodeSegment),
  server: (text) => parseGateway(text).text.split('/').map(decodeSegment),
  party: (text) => {
    const { memberClass, memberCode } = parseRepresentedParty(text)
    return memberClass === undefined ? [memberCode] : [memberClass, memberCode]
  },
}

test('identifiers', () => {
  assert.ok(vectors.identifiers.derived.length >= 17)
  for (const { kind, input, parts, error } of vectors.identifiers.derived) {
    if (error === true) assert.throws(() => PART_READERS[kind](input), { code: 'invalid_identifier' }, input)
    else assert.deepEqual(PART_READERS[kind](input), parts, input)
  }
})

test('request hashes', () => {
  assert.equal(vectors.requestHash.computed.length, 3)
  for (const { verb, path, query, forwardedHeaders, body, headBase64, requestHash } of vectors.requestHash
    .computed) {
    const { service, path: servicePath } = parseXroadPath(path)
    const block = formatHeaderBlock(forwardedHeaders.flat(), new Set(), [])
    const head = requestHead(verb, service, servicePath, query ?? undefined, block)
    assert.equal(Buffer.from(head, 'latin1').toString('base64'), headBase64)
    assert.equal(xroadRequestHash(headDigest(head), body === null ? undefined : digest512(body)), requestHash)
  }
})
