import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { branchNetwork } from '../../src/branch/testing/branch-network.ts'
import { TestRegistry } from '../../src/registry/testing/test-registry.ts'
import { HostileNetwork } from '../hostile/hostile-network.ts'

interface Operation {
  readonly security?: readonly Readonly<Record<string, unknown>>[]
  readonly responses: Readonly<Record<string, { readonly content?: object }>>
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
}

interface Description {
  readonly openapi: string
  readonly components: { readonly securitySchemes: Readonly<Record<string, unknown>> }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** What OpenAPI 3.1 demands, and what a reader of ours may expect beyond it. */
async function check(url: string): Promise<Description> {
  const description = (await (await fetch(url)).json()) as Description
  const { valid, errors } = await new Validator().validate(
    structuredClone(description) as unknown as Record<string, unknown>,
  )
  assert.ok(valid, JSON.stringify(errors))
  assert.equal(description.openapi, '3.1.0')
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  assert.ok(operations.length > 3)
  for (const { path, method, operation } of operations) {
    const name = `${method} ${path}`
    const { responses, security = [], parameters = [] } = operation
    assert.ok(responses['200']?.content !== undefined, `${name} says what it answers`)
    assert.ok(
      Object.keys(responses).some((code) => code !== '200'),
      `${name} says how it fails`,
    )
    const known = Object.keys(description.components.securitySchemes)
    assert.ok(
      security.every((way) => Object.keys(way).every((scheme) => known.includes(scheme))),
      name,
    )
    const named = [...path.matchAll(/\{([^}]*)\}/g)].map(([, parameter = '']) => parameter)
    const described = parameters
      .filter((parameter) => parameter.in === 'path')
      .map((parameter) => parameter.name)
    assert.deepEqual(described.toSorted(), named.toSorted(), name)
  }
  return description
}

function securityOf({ paths }: Description, method: string, path: string): string[] {
  return (paths[path]?.[method]?.security ?? []).flatMap((way) => Object.keys(way))
}

test('the registry describes itself', async () => {
  await using registry = await TestRegistry.start()
  const description = await check(`${registry.url}/v1/openapi.json`)
  assert.deepEqual(securityOf(description, 'post', '/v1/members'), ['bearer'])
  assert.deepEqual(securityOf(description, 'post', '/v1/agreements'), ['wuslaSeal'])
  assert.deepEqual(securityOf(description, 'get', '/v1/agreements'), ['wuslaSeal', 'bearer'])
  assert.deepEqual(securityOf(description, 'get', '/v1/members'), [])
  assert.deepEqual(securityOf(description, 'put', '/v1/signing-policy'), ['bearer'])
  assert.deepEqual(securityOf(description, 'get', '/v1/signing-policy'), [])
  for (const step of ['freeze', 'refusal', 'lease', 'lease/release', 'document'])
    assert.deepEqual(securityOf(description, 'post', `/v1/agreements/{hash}/${step}`), ['wuslaSeal'])
  for (const path of ['/v1/agreements/{hash}/document', '/v1/access-requests'])
    assert.deepEqual(securityOf(description, 'get', path), ['wuslaSeal', 'bearer'])
  for (const path of ['', '/{id}/refusal', '/{id}/withdrawal'])
    assert.deepEqual(securityOf(description, 'post', `/v1/access-requests${path}`), ['wuslaSeal'])
  assert.ok('/log/{path}' in description.paths)
})

test('a gateway describes itself: every route but health needs a token', async () => {
  await using network = await HostileNetwork.open()
  const { admin } = await network.startGateway(network.rta)
  const description = await check(`${admin.url}/v1/openapi.json`)
  const open = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { security }]) =>
      security === undefined ? [`${method} ${path}`] : [],
    ),
  )
  assert.deepEqual(open, ['get /healthz'])
})

test('a branch describes itself', async (t) => {
  const network = await branchNetwork(t)
  const { handle } = await network.branch('CORE')
  await check(`${handle.httpUrl}/openapi.json`)
})
