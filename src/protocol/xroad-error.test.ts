import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { chooseErrorFormat, renderXroadError, xroadErrorType, xroadName, xroadStatus } from './xroad-error.ts'

interface Vectors {
  readonly errorBody: {
    readonly acceptRuleExtraCases: readonly {
      readonly accept: string | readonly string[]
      readonly contentType: string
    }[]
  }
  readonly cases: readonly {
    readonly name: string
    readonly request?: { readonly headers?: Readonly<Record<string, string>> }
    readonly expect?: {
      readonly status: number
      readonly errorTypeNew: string | null
      readonly headers: { readonly 'Content-Type'?: string }
    }
  }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../../test/conformance/vectors/xroad-rest-proxy.json', import.meta.url), 'utf8'),
) as Vectors

const error = { type: 'server.clientproxy.internal_error', message: 'Invalid request URI', detail: 'id' }

test('a code has its name in both vocabularies', () => {
  assert.equal(
    xroadErrorType('invalid_client_identifier', '7.8'),
    'server.clientproxy.invalid_client_identifier',
  )
  assert.equal(
    xroadErrorType('invalid_client_identifier', '7.7'),
    'Server.ClientProxy.InvalidClientIdentifier',
  )
  assert.equal(xroadErrorType('no_path', '7.8'), 'server.clientproxy.service_failed.network_error')
  assert.equal(xroadErrorType('no_path', '7.7'), 'Server.ClientProxy.ServiceFailed.NetworkError')
  assert.equal(xroadErrorType('access_denied', '7.7'), 'Server.ServerProxy.AccessDenied')
  assert.equal(xroadErrorType('invalid_request', '7.8'), 'client.invalid_request')
  assert.equal(xroadErrorType('invalid_request', '7.7'), 'Client.InvalidRequest')
})

test('the status follows from the prefix', () => {
  for (const type of ['server.clientproxy.x', 'Server.ServerProxy.X']) assert.equal(xroadStatus(type), 500)
  for (const type of ['client.bad_request', 'Client.X', 'signer.x']) assert.equal(xroadStatus(type), 400)
})

test('the published cases of choosing the form', () => {
  const published = vectors.cases.filter(({ name }) => name.startsWith('error-format-accept'))
  assert.ok(published.length >= 11)
  for (const { name, request, expect } of published) {
    const accept = request?.headers?.['Accept']
    const answer = renderXroadError(error, chooseErrorFormat(accept === undefined ? [] : [accept]))
    assert.equal(answer.contentType, expect?.headers['Content-Type'], name)
    assert.equal(answer.status, expect?.status)
  }
  assert.ok(vectors.errorBody.acceptRuleExtraCases.length >= 5)
  for (const { accept, contentType } of vectors.errorBody.acceptRuleExtraCases) {
    const answer = renderXroadError(error, chooseErrorFormat([accept].flat()))
    assert.equal(answer.contentType, contentType, String(accept))
  }
})

test('both bodies carry type, message and detail', () => {
  assert.deepEqual(JSON.parse(renderXroadError(error, 'application/json').body), error)
  assert.equal(
    renderXroadError(error, 'text/xml').body,
    '<?xml version="1.0" encoding="UTF-8"?><error><type>server.clientproxy.internal_error</type>' +
      '<message>Invalid request URI</message><detail>id</detail></error>',
  )
})

test('a message cannot break out of the XML', () => {
  const message = 'a<b>&]]>\u0000\u000b\ud800\uffff\r"\''
  const { body } = renderXroadError({ ...error, message }, 'application/xml')
  assert.ok(body.includes('<message>a&lt;b&gt;&amp;]]&gt;\ufffd\ufffd\ufffd\ufffd&#13;"\'</message>'), body)
})

test('identifiers print as X-Road prints them', () => {
  assert.equal(
    xroadName('service', 'EE/BUSINESS/producer/s%2Fub/%C3%B6'),
    'SERVICE:EE/BUSINESS/producer/s/ub/ö',
  )
  assert.equal(xroadName('system', 'EE/BUSINESS/consumer/sub'), 'SUBSYSTEM:EE/BUSINESS/consumer/sub')
  assert.equal(xroadName('member', 'EE/BUSINESS/consumer'), 'MEMBER:EE/BUSINESS/consumer')
  assert.equal(xroadName('gateway', 'EE/BUSINESS/consumer/ss1'), 'SERVER:EE/BUSINESS/consumer/ss1')
})
