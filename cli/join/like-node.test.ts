import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { isWuslaError } from '../../src/protocol/wusla-error.ts'
import { settingsLike } from './like-node.ts'

const DM = 'AE-DU/GOV/DM'
const CLIENT = { client: `${DM}/PORTAL`, rules: [{ kind: 'address', allow: ['10.0.0.0/8'] }] }

/** Something that answers as the admin API of a node; port and address of its listener. */
async function node(
  answers: Readonly<Record<string, unknown>>,
): Promise<AsyncDisposable & { port: number; url: string }> {
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? '']
    assert.equal(request.headers.authorization, 'Bearer T')
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? { code: 'not_found' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const dispose = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { port, url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: dispose }
}

test('a node takes over services, clients and the ports that are free here, and is told of what is left', async () => {
  const mapped = (port: number): object => ({
    port,
    client: CLIENT.client,
    service: 'AE-DU/SEMI/DEWA/BILLING/bills',
  })
  const target = { service: `${DM}/PORTAL/permits`, url: 'https://10.1.1.1', tls: { caFile: 'tls/ca.pem' } }
  const answers: Record<string, unknown> = {
    '/v1/status': { gateway: `${DM}/gw-1` },
    // The second one is published by another node: where it answers is not known there.
    '/v1/services': { services: [{ service: target.service, target }, { service: `${DM}/PORTAL/other` }] },
    '/v1/clients': { clients: [CLIENT] },
  }
  await using first = await node(answers)
  answers['/v1/mapped-ports'] = { mappedPorts: [mapped(0), mapped(first.port)] }
  const taken = await settingsLike({ url: first.url, token: 'T' }, DM)
  assert.deepEqual(taken, {
    settings: { services: [target], clients: [CLIENT], mappedPorts: [mapped(0)] },
    files: ['tls/ca.pem'],
    portsLeftOut: [first.port],
  })
})

test('a node of another member is not taken for one of ours', async () => {
  await using other = await node({ '/v1/status': { gateway: 'AE-DU/GOV/DMX/gw-1' } })
  await assert.rejects(
    settingsLike({ url: other.url, token: 'T' }, DM),
    (error) => isWuslaError(error) && error.code === 'forbidden',
  )
})
