import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agreementHash } from '../../src/agreements/agreement.ts'
import { DEWA, RTA } from '../../src/directory/testing/two-members.ts'
import { digest256 } from '../../src/protocol/digest.ts'
import { isWuslaError } from '../../src/protocol/wusla-error.ts'
import { type Case, type Desks, makeCase, openDesks, Published, ROOT } from './agreement-case.ts'
import { type Fault, withFault } from './fault-plan.ts'
import { MemoryDisk } from './memory-disk.ts'

/** The acts in their order. Each may be done again at any time: a caller whose answer was lost asks again. */
function actsOf({ request, first, counter, uploads }: Case): readonly ((desks: Desks) => Promise<unknown>)[] {
  const firstHash = agreementHash(first)
  const hash = agreementHash(counter)
  return [
    async ({ requests }) => await requests.file(RTA, request),
    async ({ desk, requests }) => {
      const open = requests.list(RTA)[0]?.id ?? ''
      // Countered already when it is asked for again: then it is closed, which is where it was going.
      if (desk.get(firstHash)?.closed === undefined) await desk.propose(DEWA, first, { request: open })
    },
    async ({ desk }) => await desk.propose(RTA, counter, { counters: firstHash }),
    async ({ desk }) => await desk.freeze(hash, DEWA).catch(ignoreIfOver),
    ...uploads.map(({ member, ...upload }) => async ({ desk }: Desks) => {
      await desk.lease(hash, member).catch(ignoreIfOver)
      await desk.submit(hash, member, upload)
    }),
  ]
}

function ignoreIfOver(error: unknown): void {
  if (!isWuslaError(error) || !['already_signed', 'conflict'].includes(error.code)) throw error
}

/** Does all acts. One that fails is done again, as its caller would; `isDead` stops there. @returns how many succeeded */
async function runActs(made: Case, desks: Desks, isDead: boolean): Promise<number> {
  let done = 0
  for (const act of actsOf(made)) {
    for (;;) {
      try {
        await act(desks)
        break
      } catch (error) {
        assert.match(String(error), /planned fault/)
        if (isDead) return done
      }
    }
    done += 1
  }
  return done
}

/** What the parties find at the end, whatever happened on the way. */
async function assertWhole(
  made: Case,
  { desk, requests }: Desks,
  published: Published,
  what: string,
): Promise<void> {
  const hash = agreementHash(made.counter)
  const filed = desk.get(hash)
  assert.ok(filed !== undefined, what)
  assert.deepEqual(published.hashes, [hash], `${what}: published once`)
  assert.equal(desk.statusOf(filed), 'effective', what)
  const last = made.uploads.at(-1)?.document ?? Buffer.alloc(0)
  assert.ok((await desk.readDocument(filed))?.equals(last), `${what}: the document is there`)
  const record = published.directory.agreement(hash)
  assert.deepEqual([record?.document, record?.supersedes], [digest256(last), undefined], what)
  const countered = desk.get(agreementHash(made.first))
  assert.equal(countered?.closed?.counteredBy, hash, what)
  const [request] = requests.list(RTA)
  assert.deepEqual([request?.status, request?.agreement], ['answered', hash], what)
}

/** What has been answered with success is there after a power cut. */
function assertKept(made: Case, { desk, requests }: Desks, done: number, what: string): void {
  const first = desk.get(agreementHash(made.first))
  const counter = desk.get(agreementHash(made.counter))
  const facts = [
    requests.list(RTA).length === 1,
    first !== undefined && requests.list(RTA)[0]?.status === 'answered',
    counter !== undefined && first?.closed?.as === 'countered',
    counter?.frozenAt !== undefined,
    counter?.signed?.[RTA] !== undefined,
    counter?.signed?.[DEWA] !== undefined,
  ]
  assert.ok(facts.slice(0, done).every(Boolean), `${what}: ${done} acts had succeeded, found ${facts.join()}`)
}

/** A start finishes what a crash left between a draft and what it takes the place of, though nobody asks again. */
function assertLinked({ first, counter }: Case, { desk, requests }: Desks, what: string): void {
  const newest = [counter, first].map(agreementHash).find((hash) => desk.get(hash) !== undefined)
  if (newest === undefined) return
  assert.equal(requests.list(RTA)[0]?.agreement, newest, what)
  const isCountered = newest === agreementHash(counter)
  assert.equal(desk.get(agreementHash(first))?.closed?.as, isCountered ? 'countered' : undefined, what)
}

async function callsOfAll(made: Case): Promise<number> {
  const { fs, calls } = withFault(new MemoryDisk(ROOT))
  const published = new Published(made.network)
  const desks = await openDesks(fs, published)
  assert.equal(await runActs(made, desks, false), 6)
  await assertWhole(made, desks, published, 'without a fault')
  return calls.length
}

test('every write fails once, also after it was done: asking again brings the agreement into force, once', async () => {
  const made = await makeCase()
  const total = await callsOfAll(made)
  assert.ok(total > 40, `${total} calls`)
  for (let call = 1; call <= total; call += 1) {
    for (const mode of ['before', 'after', 'halfway'] as const) {
      const what = `call ${call} ${mode}`
      const disk = new MemoryDisk(ROOT)
      const published = new Published(made.network)
      const fault: Fault = { call, mode, forGood: false }
      const { fs } = withFault(disk, fault)
      // A start that fails is made again.
      const desks = await openDesks(fs, published).catch(async () => await openDesks(fs, published))
      await runActs(made, desks, false)
      await assertWhole(made, desks, published, what)
      await assertWhole(made, await openDesks(disk.fileSystem(), published), published, `${what}, restarted`)
    }
  }
})

test('the power fails in every write: what was answered is there, and the next start goes on from it', async () => {
  const made = await makeCase()
  const total = await callsOfAll(made)
  for (let call = 1; call <= total; call += 1) {
    for (const [mode, survives] of [
      ['before', false],
      ['halfway', true],
      ['after', false],
      ['after', true],
    ] as const) {
      const what = `power cut in call ${call} ${mode}, ${survives ? 'all' : 'nothing'} unsynced survives`
      const disk = new MemoryDisk(ROOT)
      const published = new Published(made.network)
      const { fs } = withFault(disk, { call, mode, forGood: true })
      const before = await openDesks(fs, published).catch(() => undefined)
      const done = before === undefined ? 0 : await runActs(made, before, true)
      const left = disk.afterPowerCut(() => survives)
      const after = await openDesks(left.fileSystem(), published)
      assertKept(made, after, done, what)
      assertLinked(made, after, what)
      await runActs(made, after, false)
      await assertWhole(made, after, published, what)
      const names = await left.fileSystem().list(`${ROOT}/agreements`)
      assert.equal(names.filter((name) => name.endsWith('.pdf')).length, 1, what)
    }
  }
})

test('a complete agreement that was not published is published at the next start, or when it is sent again', async () => {
  const made = await makeCase()
  for (const failures of [['before'], ['after'], ['before', 'before']] as const) {
    for (const restarts of [true, false]) {
      const what = `${failures.join()} ${restarts ? 'then a restart' : 'then sent again'}`
      const disk = new MemoryDisk(ROOT)
      const published = new Published(made.network)
      const desks = await openDesks(disk.fileSystem(), published)
      published.failures = [...failures]
      if (!restarts) {
        await runActs(made, desks, false)
        await assertWhole(made, desks, published, what)
        continue
      }
      assert.equal(await runActs(made, desks, true), 5, what)
      for (const _ of failures.slice(1))
        await assert.rejects(openDesks(disk.fileSystem(), published), /planned fault/)
      const left = disk.afterPowerCut(() => false)
      await assertWhole(made, await openDesks(left.fileSystem(), published), published, what)
    }
  }
})
