import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { suite, test } from 'node:test'
import { decodeSegment } from '../../src/protocol/identifier.ts'
import type { XroadDialect } from '../../src/protocol/xroad-error.ts'
import { startLoopBack } from './xroad-loop-back.ts'
import type { Given, LoopBack } from './xroad-loop-back.ts'

interface RequestVector {
  readonly method: string
  readonly path: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string
}

type HeaderRule =
  string | { present?: true; absent?: true; count?: number; differsFromStep?: number; errorType?: true }

interface ExpectVector {
  readonly status: number
  readonly headers: Readonly<Record<string, HeaderRule>>
  readonly errorTypeNew: string | null
  readonly errorTypeOld: string | null
  readonly errorMessage?: string
  readonly bodyFormat?: 'json' | 'xml'
  readonly bodyContains?: readonly string[]
  readonly bodyJson?: unknown
  readonly bodyLength?: number
  readonly bodyFillByte?: number
  readonly bodySha256?: string
  readonly providerCalled?: boolean
  readonly providerSees?: { readonly path?: string; readonly headers?: Readonly<Record<string, string>> }
  readonly decoded?: { readonly client: readonly string[]; readonly service: readonly string[] }
}

interface Step {
  readonly request: RequestVector
  readonly expect: ExpectVector
}

interface CaseVector extends Partial<Step> {
  readonly name: string
  readonly given: Given
  readonly steps?: readonly Step[]
}

interface Vectors {
  readonly cases: readonly CaseVector[]
  readonly fixture: { readonly consumerClients: readonly string[] }
  readonly errorBody: {
    readonly acceptRuleExtraCases: readonly {
      readonly accept: string | string[]
      readonly contentType: string
    }[]
  }
}

const vectors = JSON.parse(
  readFileSync(new URL('vectors/xroad-rest-proxy.json', import.meta.url), 'utf8'),
) as Vectors

/** Members of `expect` that are compared below, or say why: a new one must not be passed over in silence. */
const UNDERSTOOD = new Set(
  (
    'status headers errorTypeNew errorTypeOld errorMessage bodyFormat bodyContains bodyJson bodyLength ' +
    'bodyFillByte bodySha256 providerCalled providerSees decoded asserted note'
  ).split(' '),
)

interface Answer {
  readonly status: number
  /** Every value by lower-case name. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly body: Buffer
}

function send(port: number, vector: RequestVector): Promise<Answer> {
  const path = vector.query === undefined ? vector.path : `${vector.path}?${vector.query}`
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ port, path, method: vector.method, headers: vector.headers, agent: false })
    outgoing.on('error', reject)
    outgoing.on('response', (incoming) => {
      const runs: Buffer[] = []
      incoming.on('data', (run: Buffer) => runs.push(run))
      incoming.on('end', () => {
        const headers = new Map<string, string[]>()
        incoming.rawHeaders.forEach((name, i, all) => {
          if (i % 2 === 1) return
          const lower = name.toLowerCase()
          headers.set(lower, [...(headers.get(lower) ?? []), all[i + 1] ?? ''])
        })
        resolve({ status: incoming.statusCode ?? 0, headers, body: Buffer.concat(runs) })
      })
    })
    outgoing.end(vector.body)
  })
}

function checkHeaders(
  answer: Answer,
  rules: ExpectVector['headers'],
  type: string | null,
  before: Answer[],
): void {
  for (const [name, rule] of Object.entries(rules)) {
    const lower = name.toLowerCase()
    const values = answer.headers.get(lower) ?? []
    if (typeof rule === 'string') {
      assert.deepEqual(values, [rule], name)
      continue
    }
    if (rule.present === true) assert.equal(values.length, 1, name)
    if (rule.absent === true) assert.equal(values.length, 0, name)
    if (rule.count !== undefined) assert.equal(values.length, rule.count, name)
    if (rule.errorType === true) assert.deepEqual(values, [type], name)
    if (rule.differsFromStep === undefined) continue
    const other = before[rule.differsFromStep]
    assert.ok(other !== undefined)
    assert.notDeepEqual(values, other.headers.get(lower), name)
  }
}

function checkError(answer: Answer, type: string, expect: ExpectVector): void {
  assert.deepEqual(answer.headers.get('x-road-error'), [type])
  const text = answer.body.toString()
  if (expect.bodyFormat === 'xml') {
    assert.ok(text.includes(`<type>${type}</type>`), text)
    assert.ok(text.includes(`<message>${expect.errorMessage}</message>`), text)
    return
  }
  const body = JSON.parse(text) as Record<string, unknown>
  assert.equal(body['type'], type)
  assert.equal(body['message'], expect.errorMessage)
  assert.match(String(body['detail']), /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/)
  assert.equal(typeof (body['wusla'] as { remedy?: unknown }).remedy, 'string')
}

function checkBody({ body }: Answer, expect: ExpectVector): void {
  for (const part of expect.bodyContains ?? []) assert.ok(body.includes(part), part)
  if (expect.bodyJson !== undefined) assert.deepEqual(JSON.parse(body.toString()), expect.bodyJson)
  if (expect.bodyLength !== undefined) assert.equal(body.length, expect.bodyLength)
  if (expect.bodyFillByte !== undefined) assert.ok(body.every((byte) => byte === expect.bodyFillByte))
  if (expect.bodySha256 !== undefined) assert.equal(hash('sha256', body), expect.bodySha256)
}

function checkProvider(loop: LoopBack, expect: ExpectVector, calls: number): void {
  if (expect.providerCalled === false) assert.equal(loop.seen.length, 0)
  if (expect.errorTypeNew === null) assert.equal(loop.seen.length, calls)
  const seen = loop.seen.at(-1)
  if (expect.providerSees?.path !== undefined) assert.equal(seen?.path, expect.providerSees.path)
  for (const [name, value] of Object.entries(expect.providerSees?.headers ?? {})) {
    assert.equal(seen?.headers[name.toLowerCase()], value, name)
  }
  if (expect.decoded === undefined) return
  const request = loop.requests.at(-1)
  assert.deepEqual(request?.client.split('/').map(decodeSegment), expect.decoded.client)
  assert.deepEqual(request?.service.split('/').map(decodeSegment), expect.decoded.service)
}

async function runCase(vector: CaseVector, dialect: XroadDialect): Promise<void> {
  const { request, expect } = vector
  const steps = vector.steps ?? (request === undefined || expect === undefined ? [] : [{ request, expect }])
  assert.ok(steps.length > 0)
  await using loop = await startLoopBack(vector.given, vectors.fixture.consumerClients, dialect)
  const before: Answer[] = []
  for (const step of steps) {
    const unknown = Object.keys(step.expect).filter((member) => !UNDERSTOOD.has(member))
    assert.deepEqual(unknown, [])
    const answer = await send(loop.port, step.request)
    const type = dialect === '7.8' ? step.expect.errorTypeNew : step.expect.errorTypeOld
    assert.equal(answer.status, step.expect.status)
    checkHeaders(answer, step.expect.headers, type, before)
    if (type === null) assert.equal(answer.headers.has('x-road-error'), false)
    else checkError(answer, type, step.expect)
    checkBody(answer, step.expect)
    before.push(answer)
    checkProvider(loop, step.expect, before.length)
  }
}

for (const dialect of ['7.8', '7.7'] as const) {
  suite(`X-Road REST door, dialect ${dialect}`, () => {
    assert.equal(vectors.cases.length, 26)
    for (const vector of vectors.cases) test(vector.name, async () => await runCase(vector, dialect))
  })
}

test('the form of an error follows Accept, further cases', async () => {
  const given: Given = {
    provider: { behaviour: 'echo' },
    accessRules: { default: 'allow' },
    services: [{ serviceCode: '*', type: 'WSDL' }],
  }
  await using loop = await startLoopBack(given, vectors.fixture.consumerClients, '7.8')
  const cases = vectors.errorBody.acceptRuleExtraCases
  assert.ok(cases.length >= 5)
  for (const { accept, contentType } of cases) {
    const headers = { accept, 'x-road-client': 'EE/BUSINESS/consumer/sub' }
    const answer = await send(loop.port, { method: 'GET', path: '/r1/EE/BUSINESS/producer/sub/x', headers })
    assert.deepEqual(answer.headers.get('content-type'), [contentType], String(accept))
  }
})
