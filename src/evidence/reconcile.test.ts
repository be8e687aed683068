import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { formatTime } from '../protocol/clock.ts'
import type { EvidenceStore } from './evidence-store.ts'
import { type ExchangeList, listedExchange, reconcile } from './reconcile.ts'
import { codeOf, nextExchange, openStore, recordExchange } from './testing/open-store.ts'
import { AGREEMENT, twoMembers, type TwoMembers } from './testing/two-members.ts'

const RTA = 'AE-DU/GOV/RTA'
const DEWA = 'AE-DU/SEMI/DEWA'

interface BothSides {
  readonly paper: TwoMembers
  readonly rta: EvidenceStore
  readonly dewa: EvidenceStore
  /** One list of each side. */
  readonly lists: () => Promise<[ExchangeList, ExchangeList]>
}

async function bothSides(context: TestContext): Promise<BothSides> {
  const paper = await twoMembers()
  const { store: rta } = await openStore(context, paper, paper.rta)
  const { store: dewa } = await openStore(context, paper, paper.dewa)
  const from = formatTime(paper.network.nowMs)
  const list = async (store: EvidenceStore, gateway: string, other: string): Promise<ExchangeList> => {
    const until = formatTime(paper.network.nowMs + 1)
    const { rows } = await store.query({ from, until, limit: 500 })
    return {
      type: 'wusla/exchange-list/v1',
      gateway,
      with: other,
      from,
      until,
      exchanges: rows.map(listedExchange),
    }
  }
  const lists = async (): Promise<[ExchangeList, ExchangeList]> => [
    await list(rta, paper.rta.id, DEWA),
    await list(dewa, paper.dewa.id, RTA),
  ]
  return { paper, rta, dewa, lists }
}

test('an exchange that was cut is found, with what is missing and who holds it', async (context) => {
  const { paper, rta, dewa, lists } = await bothSides(context)
  const whole = nextExchange(paper)
  await recordExchange(rta, whole, true)
  await recordExchange(dewa, whole, false)
  // The answer left and never arrived.
  const cut = nextExchange(paper)
  await rta.record(cut.requestBatch, 'sent')
  await recordExchange(dewa, cut, false)
  // The request left and never arrived.
  const lost = nextExchange(paper)
  await rta.record(lost.requestBatch, 'sent')
  // Nobody answered.
  const open = nextExchange(paper)
  await rta.record(open.requestBatch, 'sent')
  await dewa.record(open.requestBatch, 'received')

  const result = reconcile(await lists())
  assert.equal(result.compared, 4)
  assert.equal(result.unansweredAtBoth, 1)
  const found = result.oneSided.map(({ exchange, missing, at, heldBy }) => ({
    exchange,
    missing,
    at,
    heldBy,
  }))
  assert.deepEqual(found, [
    { exchange: cut.request.exchange, missing: 'answer', at: RTA, heldBy: DEWA },
    { exchange: lost.request.exchange, missing: 'exchange', at: DEWA, heldBy: RTA },
  ])
  assert.ok(result.oneSided.every(({ service }) => service?.startsWith(DEWA) === true))
  // From the other side it looks the same.
  assert.deepEqual(reconcile((await lists()).reverse()).oneSided, result.oneSided)
})

test('two sides that hold different words about one exchange are told apart', async (context) => {
  const { paper, rta, dewa, lists } = await bothSides(context)
  const { exchange } = nextExchange(paper).request
  const nowMs = paper.network.nowMs
  for (const [store, service] of [
    [rta, `${DEWA}/BILLING/bills`],
    [dewa, `${DEWA}/BILLING/meters`],
  ] as const) {
    const request = { exchange, service, agreement: AGREEMENT }
    await recordExchange(store, nextExchange(paper, { nowMs, request }), store === rta)
  }
  const [difference, ...others] = reconcile(await lists()).oneSided
  assert.deepEqual(others, [])
  assert.equal(difference?.missing, 'none')
  assert.deepEqual(difference.differs, ['service'])
})

test('what was erased on one side is no finding; a list names no person', async (context) => {
  const { paper, rta, dewa, lists } = await bothSides(context)
  const whole = nextExchange(paper)
  await recordExchange(rta, whole, true)
  await recordExchange(dewa, whole, false)
  const [ours] = await lists()
  for (const personal of [whole.request.path, whole.request.messageId]) {
    assert.ok(!JSON.stringify(ours).includes(JSON.stringify(personal)), personal)
  }
  await dewa.erase(whole.request.exchange)
  const result = reconcile(await lists())
  assert.deepEqual([result.erased, result.oneSided], [1, []])
})

test('lists that cannot be compared are refused', async (context) => {
  const { lists } = await bothSides(context)
  const [ours, theirs] = await lists()
  const wrong: ExchangeList[][] = [
    [],
    [ours],
    [ours, ours],
    [ours, { ...theirs, with: 'AE-DU/GOV/DHA' }],
    [ours, { ...theirs, until: '2030-01-01T00:00:00.000Z' }],
  ]
  for (const some of wrong) assert.equal(await codeOf((async () => reconcile(some))()), 'invalid_request')
})
