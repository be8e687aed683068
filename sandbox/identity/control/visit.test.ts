import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { TestStandIn } from '../testing/stand-in-client.ts'

// A product with a page to begin at, which sets a cookie and sends the browser to the provider, and a callback.

let standIn: TestStandIn
let product: Server
let seen: string[]

before(async () => {
  standIn = await TestStandIn.start()
  product = createServer(({ url = '', headers }, response) => {
    seen.push(`${url.split('?')[0] ?? ''} ${headers.cookie ?? ''}`.trim())
    if (url === '/circle') response.writeHead(302, { location: '/circle' }).end()
    else if (url === '/begin') {
      const to = standIn.authoriseUrl({ redirect_uri: `${origin()}/back` })
      response.writeHead(302, { location: to, 'set-cookie': ['a=1; HttpOnly', 'b=2; Path=/'] }).end()
    } else if (url.startsWith('/back'))
      response.writeHead(303, { location: '/done', 'set-cookie': 'a=; Max-Age=0' }).end()
    else response.writeHead(url === '/done' ? 200 : 404).end('page')
  })
  product.listen(0, '127.0.0.1')
  await once(product, 'listening')
  const redirectUris = [`${origin()}/back`]
  await standIn.control('POST', `/clients/${standIn.standIn.client.id}/redirect-uris`, { redirectUris })
})
beforeEach(async () => {
  seen = []
  await standIn.switches({})
})
after(async () => {
  product.close()
  await standIn[Symbol.asyncDispose]()
})

function origin(): string {
  return `http://127.0.0.1:${(product.address() as AddressInfo).port}`
}

async function visit(path: string, persona: string = 'noura', answer: string = 'approve') {
  return await standIn.control('POST', '/visit', { address: `${origin()}${path}`, persona, answer })
}

test('a visit keeps cookies, follows where it is sent and ends at a page that leads nowhere', async () => {
  const { status, json } = await visit('/begin')
  assert.deepEqual([status, json], [200, { address: `${origin()}/done`, status: 200 }])
  assert.deepEqual(seen, ['/begin', '/back a=1; b=2', '/done b=2'], 'a cookie that was taken away is gone')
})

test('a page that is not there ends the visit with its status', async () => {
  assert.deepEqual((await visit('/nowhere')).json, { address: `${origin()}/nowhere`, status: 404 })
})

test('who is unknown, says neither yes nor no, or is sent around in circles visits nothing', async () => {
  assert.deepEqual((await visit('/begin', 'nobody')).json, { problems: ['persona'] })
  assert.deepEqual((await visit('/begin', 'noura', 'perhaps')).json, { problems: ['answer'] })
  assert.deepEqual(seen, [])
  assert.equal((await visit('/circle')).status, 508)
  assert.equal(seen.length, 30)
})
