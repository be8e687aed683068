import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { agreementHash } from '../../src/agreements/agreement.ts'
import { draft } from '../../src/agreements/testing/draft-agreement.ts'
import { DEWA, RTA } from '../../src/directory/testing/two-members.ts'
import { isWuslaError } from '../../src/protocol/wusla-error.ts'
import { type Desks, makeCase, openDesks, Published, ROOT } from './agreement-case.ts'
import { withFault } from './fault-plan.ts'
import { MemoryDisk } from './memory-disk.ts'

const MOST = 1_000
const isFull = (error: unknown): boolean => isWuslaError(error) && error.code === 'too_many_requests'
const nonce = (): string => randomBytes(16).toString('base64url')

async function propose({ desk }: Desks, by: string): Promise<string> {
  return await desk.propose(by, draft({ nonce: nonce() }), {})
}

async function filesOf(disk: MemoryDisk, folder: string): Promise<number> {
  return (await disk.fileSystem().list(`${ROOT}/${folder}`)).length
}

test('a member has so many open drafts and no more; the other party has its own', async () => {
  const { network } = await makeCase()
  const desks = await openDesks(new MemoryDisk(ROOT).fileSystem(), new Published(network))
  const hashes = []
  for (let i = 0; i < MOST; i += 1) hashes.push(await propose(desks, DEWA))
  await assert.rejects(propose(desks, DEWA), isFull)
  await propose(desks, RTA)
  await desks.desk.refuse(hashes[0] ?? '', RTA, 'no')
  await propose(desks, DEWA)
  await assert.rejects(propose(desks, DEWA), isFull)
})

test('drafts that came to nothing do not fill the disk: the newest are kept, also when a removal fails', async () => {
  const { network } = await makeCase()
  const disk = new MemoryDisk(ROOT)
  const published = new Published(network)
  let desks = await openDesks(disk.fileSystem(), published)
  const closed: string[] = []
  const refuseOne = async (): Promise<void> => {
    const hash = await propose(desks, DEWA)
    closed.push(hash)
    await desks.desk.refuse(hash, RTA, 'no')
  }
  for (let i = 0; i < MOST + 3; i += 1) await refuseOne()
  assert.equal(await filesOf(disk, 'agreements'), MOST)
  const kept = (): string[] => desks.desk.list(DEWA).map(({ hash }) => hash)
  assert.deepEqual(kept().toSorted(), closed.slice(3).toSorted())
  assert.equal(desks.desk.list(RTA).length, MOST, 'forgotten for both parties')
  const { calls } = await countedRefusal(disk, published)
  for (const mode of ['before', 'after'] as const) {
    // Its last call removes the oldest record.
    const { fs } = withFault(disk, { call: calls, mode, forGood: false })
    desks = await openDesks(fs, published)
    await assert.rejects(refuseOne(), /planned fault/, mode)
    await refuseOne()
    assert.equal(await filesOf(disk, 'agreements'), MOST, mode)
  }
})

test('drafts whose validity has passed count as over: they keep nobody from filing others, and do not fill the disk', async () => {
  const made = await makeCase()
  const disk = new MemoryDisk(ROOT)
  const published = new Published(made.network)
  const { desk } = await openDesks(disk.fileSystem(), published)
  const [upload] = made.uploads
  assert.ok(upload !== undefined)
  const signed = await desk.propose(RTA, made.counter, {})
  await desk.lease(signed, RTA)
  await desk.submit(signed, RTA, upload)
  const later = await openDesks(disk.fileSystem(), published, Date.UTC(2030, 0, 1))
  await assert.rejects(later.desk.lease(signed, DEWA), /validity of the agreement has passed/)
  for (let i = 0; i < MOST; i += 1) await propose(later, RTA)
  assert.equal(later.desk.get(signed), undefined, 'the oldest of those that are over')
  assert.equal(later.desk.list().length, MOST)
  assert.equal(await filesOf(disk, 'agreements'), MOST, 'its document is gone as well')
})

/** How many changes of the disk a start and one more refused draft make. */
async function countedRefusal(disk: MemoryDisk, published: Published): Promise<{ calls: number }> {
  const { fs, calls } = withFault(disk)
  const desks = await openDesks(fs, published)
  await desks.desk.refuse(await propose(desks, DEWA), RTA, 'no')
  assert.equal(calls.at(-1), 'remove')
  return { calls: calls.length }
}

test('a consumer has so many open requests and no more, and those that came to an end do not fill the disk', async () => {
  const { network, request } = await makeCase()
  const disk = new MemoryDisk(ROOT)
  const { requests } = await openDesks(disk.fileSystem(), new Published(network))
  const ids: string[] = []
  const ask = async (): Promise<void> => {
    ids.push((await requests.file(RTA, { ...request, nonce: nonce() })).id)
  }
  for (let i = 0; i < MOST; i += 1) await ask()
  await assert.rejects(ask(), isFull)
  for (const id of ids.splice(0)) await requests.refuse(id, DEWA, 'no')
  for (let i = 0; i < 3; i += 1) await ask()
  for (const id of ids) await requests.withdraw(id, RTA)
  assert.equal(await filesOf(disk, 'access-requests'), MOST)
  assert.equal(requests.list(DEWA).length, MOST)
})

test('a draft that answers a forgotten request, or takes the place of a forgotten draft, is found at the next start', async () => {
  const { network, request } = await makeCase()
  const disk = new MemoryDisk(ROOT)
  const published = new Published(network)
  const { desk, requests } = await openDesks(disk.fileSystem(), published)
  const { id } = await requests.file(RTA, request)
  const first = await desk.propose(DEWA, draft(), { request: id })
  const counter = draft({ nonce: nonce() })
  await desk.propose(RTA, counter, { counters: first })
  const fs = disk.fileSystem()
  await fs.remove(`${ROOT}/access-requests/${id}.json`)
  await fs.remove(`${ROOT}/agreements/${first}.json`)
  const again = await openDesks(fs, published)
  const filed = again.desk.get(agreementHash(counter))
  assert.deepEqual([filed?.request, filed?.counters], [id, first])
  assert.deepEqual(again.requests.list(), [])
})
