import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NAME, NETWORK, TestRegistry } from './testing/test-registry.ts'

test('lists come in pages that together hold everything once', async () => {
  await using registry = await TestRegistry.start()
  const gateway = await registry.join(`${NETWORK}/GOV/A/gw-1`)
  const system = `${gateway.member}/S`
  await registry.must(await registry.submit(gateway, 'system_registered', { system, name: NAME }))
  for (const code of ['a', 'b', 'c', 'd', 'e']) {
    const service = `${system}/${code}`
    const facts = { service, serviceKind: 'api', xroadType: 'REST', name: NAME }
    await registry.must(await registry.submit(gateway, 'service_published', facts))
    await registry.must(
      await registry.as('operator', '/v1/members', { member: `${NETWORK}/GOV/${code}`, name: NAME }),
    )
  }
  await registry.must(await registry.submit(gateway, 'service_withdrawn', { service: `${system}/b` }))
  for (const [list, expected] of [
    ['services', 4],
    ['members', 6],
  ] as const) {
    const seen: unknown[] = []
    let cursor: number | undefined = 0
    let pages = 0
    while (cursor !== undefined) {
      const { text } = await registry.get(`/v1/${list}?limit=2&cursor=${cursor}`)
      const page = JSON.parse(text) as Readonly<Record<string, unknown[]>> & { readonly next?: number }
      assert.ok((page[list]?.length ?? 0) <= 2)
      seen.push(...(page[list] ?? []))
      cursor = page.next
      pages += 1
    }
    assert.equal(new Set(seen.map((record) => JSON.stringify(record))).size, expected)
    assert.equal(pages, 3)
  }
  assert.equal((await registry.get('/v1/members?limit=0')).status, 400)
})
