import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Called, CORE, DIB, MORO, TransitNetwork } from './transit-network.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 100_000 }

/** Calls without end, several at once, and keeps what came back. */
class Load implements AsyncDisposable {
  readonly called: Called[] = []
  readonly #workers: Promise<void>[]
  #isOver = false

  constructor(network: TransitNetwork) {
    this.#workers = Array.from({ length: 8 }, async () => {
      while (!this.#isOver) {
        this.called.push(await network.call())
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })
  }

  /** Waits for so many calls of one outcome that ended after now, in a row. */
  async until(status: number, count: number): Promise<Called[]> {
    let from = this.called.length
    const giveUpAtMs = performance.now() + 40_000
    while (performance.now() < giveUpAtMs) {
      const since = this.called.slice(from)
      const other = since.findLastIndex((call) => call.status !== status)
      if (other >= 0) from += other + 1
      else if (since.length >= count) return since
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return assert.fail(`there never were ${count} calls with ${status} in a row`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#workers)
  }
}

interface Refusal {
  readonly code: string
  readonly reason: string
  readonly tried: readonly { readonly via: string; readonly detail: string }[]
}

function refusalIn({ text }: Called): Refusal {
  return (JSON.parse(text) as { readonly wusla: Refusal }).wusla
}

test(
  'with every allowed branch dead, exchanges fail and say why, and none passes the forbidden one',
  BOUNDED,
  async () => {
    await using network = await TransitNetwork.open(
      { avoid: [DIB] },
      { [DIB]: 'public', [CORE]: 'sovereign', [MORO]: 'sovereign' },
    )
    await using load = new Load(network)
    await load.until(200, 20)
    await network.stop(CORE)
    await load.until(200, 20)
    assert.ok((network.passedOn(MORO) ?? 0) > 0, 'the other allowed one has taken over')
    await network.stop(MORO)
    const [failed] = await load.until(500, 8)
    assert.ok(failed !== undefined)
    const { code, reason, tried } = refusalIn(failed)
    assert.equal(code, 'no_path')
    assert.equal(reason, `By the agreement it may not pass ${DIB}.`)
    assert.ok(tried.some(({ via, detail }) => via === DIB && detail.includes('the agreement avoids it')))
    await network.startAgain(MORO)
    await load.until(200, 20)
    assert.equal(network.passedOn(DIB), undefined, 'no tunnel of the two was ever asked of it')
  },
)

test(
  'a branch that leaves the class is not passed any more within two seconds, and again when it is back',
  BOUNDED,
  async () => {
    await using network = await TransitNetwork.open(
      { onlyClasses: ['sovereign'] },
      { [DIB]: 'public', [CORE]: 'sovereign', [MORO]: 'public' },
    )
    await using load = new Load(network)
    await load.until(200, 20)
    const leftAtMs = performance.now()
    await network.classify(CORE, 'public')
    const [failed] = await load.until(500, 8)
    assert.ok(failed !== undefined)
    const lastGood = load.called.findLast(({ status }) => status === 200)
    assert.ok((lastGood?.atMs ?? 0) - leftAtMs < 2_000, 'enforced within the bound')
    assert.equal(refusalIn(failed).code, 'no_path')
    const passed = network.passedOn(CORE)
    await network.classify(MORO, 'sovereign')
    await load.until(200, 20)
    assert.ok((network.passedOn(MORO) ?? 0) > 0)
    assert.equal(network.passedOn(DIB), undefined)
    assert.ok(passed !== undefined)
  },
)
