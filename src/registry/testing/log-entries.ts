import assert from 'node:assert/strict'
import type { TestRegistry } from './test-registry.ts'

/** One entry of the log, as far as a test reads it. */
interface Entry {
  readonly change: {
    readonly kind: string
    readonly member?: string
    readonly agreement?: string
    readonly document?: string
    readonly signedUnder?: readonly (readonly string[])[]
    readonly supersedes?: string
    readonly acceptances?: readonly string[]
  }
}

/** All entries that the newest checkpoint covers. */
export async function entriesOf(registry: TestRegistry): Promise<Entry[]> {
  const size = Number((await registry.get('/log/checkpoint')).text.split('\n')[1])
  const response = await fetch(`${registry.url}/log/snapshot`)
  const bytes = Buffer.from(await response.arrayBuffer())
  const entries: Entry[] = []
  let at = 'wusla/snapshot/v1\n'.length
  at += 4 + bytes.readUInt32BE(at)
  while (at < bytes.length) {
    const end = at + 2 + bytes.readUInt16BE(at)
    entries.push(JSON.parse(bytes.toString('utf8', at + 2, end)) as Entry)
    at = end
  }
  assert.equal(entries.length, size)
  return entries
}
