import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { clientsJson, clientsXml, wantsJson } from '../../src/gateway/metaservices/list-clients.ts'
import { type MethodRow, methodsJson } from '../../src/gateway/metaservices/list-methods.ts'
import { withoutServerOrigins } from '../../src/gateway/metaservices/service-description.ts'
import { formatService } from '../../src/protocol/identifier.ts'

interface Member {
  readonly id: readonly string[]
  readonly name: string
  readonly subsystemName?: string
}

interface Service {
  readonly xroad_instance: string
  readonly member_class: string
  readonly member_code: string
  readonly subsystem_code: string
  readonly service_code: string
  readonly service_type: 'REST' | 'OPENAPI'
  readonly endpoint_list: readonly { readonly method: string; readonly path: string }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('vectors/xroad-metaservices.json', import.meta.url), 'utf8'),
) as {
  readonly listClients: {
    readonly acceptCases: readonly { readonly accept: readonly string[] | null; readonly json: boolean }[]
    readonly jsonCases: readonly {
      readonly name: string
      readonly members: readonly Member[]
      readonly body: unknown
    }[]
    readonly xmlCase: { readonly members: readonly Member[] }
  }
  readonly methods: {
    readonly cases: readonly {
      readonly name: string
      readonly body: { readonly service: readonly Service[] }
    }[]
  }
  readonly getOpenAPI: {
    readonly serverUrlCases: readonly { readonly in: unknown; readonly out: unknown }[]
    readonly versionCases: readonly { readonly openapi: string | null; readonly accepted: boolean }[]
  }
}

suite('listClients', () => {
  test('JSON or XML by Accept', () => {
    const { acceptCases } = vectors.listClients
    assert.ok(acceptCases.length >= 5)
    for (const { accept, json } of acceptCases) assert.equal(wantsJson(accept ?? []), json, String(accept))
  })

  for (const { name, members, body } of vectors.listClients.jsonCases) {
    test(`JSON: ${name}`, () => assert.deepEqual(JSON.parse(clientsJson(members)), body))
  }

  test('XML: every member with its names, as a set', () => {
    const { members } = vectors.listClients.xmlCase
    assert.ok(members.length >= 5)
    const xml = clientsXml(members)
    assert.match(xml, /^<\?xml[^>]*\?><xroad:clientList xmlns:xroad="http:\/\/x-road\.eu\/xsd\/xroad\.xsd" /)
    assert.match(xml, / xmlns:id="http:\/\/x-road\.eu\/xsd\/identifiers">/)
    const text = (from: string, name: string): string | undefined =>
      new RegExp(`<${name}>([^<]*)</${name}>`).exec(from)?.[1]
    const read = [...xml.matchAll(/<xroad:member>.*?<\/xroad:member>/g)].map(([member]) => {
      const names = ['id:xRoadInstance', 'id:memberClass', 'id:memberCode', 'id:subsystemCode']
      const id = names.flatMap((name) => text(member, name) ?? [])
      assert.match(member, id.length === 3 ? /id:objectType="MEMBER"/ : /id:objectType="SUBSYSTEM"/)
      const subsystemName = text(member, 'xroad:subsystemName')
      return {
        id,
        name: text(member, 'xroad:name'),
        ...(subsystemName === undefined ? {} : { subsystemName }),
      }
    })
    assert.deepEqual(read, members)
    assert.match(clientsXml([{ id: ['A', 'B', 'C'], name: 'R & D <x>' }]), /R &amp; D &lt;x&gt;/)
  })
})

suite('listMethods and allowedMethods', () => {
  for (const { name, body } of vectors.methods.cases) {
    test(name, () => {
      const rows = body.service.map((service): MethodRow => ({
        service: formatService({
          network: service.xroad_instance,
          memberClass: service.member_class,
          memberCode: service.member_code,
          systemCode: service.subsystem_code,
          serviceCode: service.service_code,
        }),
        xroadType: service.service_type,
        // The operation that stands for the whole service is never shown.
        operations: [{ method: '*', path: '**' }, ...service.endpoint_list, { method: '*', path: '/**' }],
      }))
      assert.deepEqual(JSON.parse(methodsJson(rows)), body)
    })
  }
})

suite('getOpenAPI', () => {
  test('of each server only the path stays', () => {
    const { serverUrlCases } = vectors.getOpenAPI
    assert.ok(serverUrlCases.length >= 10)
    const servers = serverUrlCases.map((server) => ({ url: server.in, description: 'd' }))
    const document = { openapi: '3.0.0', servers, paths: { '/a': {} } }
    const rewritten = JSON.parse(withoutServerOrigins(JSON.stringify(document))) as typeof document
    assert.deepEqual(rewritten, {
      ...document,
      servers: serverUrlCases.map((server) => ({ url: server.out, description: 'd' })),
    })
  })

  test('version 3, or none', () => {
    for (const { openapi, accepted } of vectors.getOpenAPI.versionCases) {
      const run = (): string => withoutServerOrigins(JSON.stringify(openapi === null ? {} : { openapi }))
      if (accepted) assert.doesNotThrow(run)
      else assert.throws(run, { code: 'description_unavailable', message: /of version "2\.5\.0"$/ })
    }
  })

  test('what is no description, and a server that is no URI', () => {
    for (const text of ['', '[]', 'openapi: 3.0.0']) {
      assert.throws(() => withoutServerOrigins(text), {
        code: 'description_unavailable',
        message: /^Failed overwriting origin URL for the openapi servers for /,
      })
    }
    assert.throws(() => withoutServerOrigins('{"servers":[{"url":"http://a b"}]}'), {
      message: "Can't parse url string: http://a b",
    })
  })
})
