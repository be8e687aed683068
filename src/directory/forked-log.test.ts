import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formatTilePath } from '../ledger/tile-path.ts'
import { follow, foundLog, Heard, makePlace } from './testing/followed.ts'
import { NETWORK } from './testing/scripted-network.ts'
import type { ScriptedNetwork } from './testing/scripted-network.ts'
import { serveLog, TestLog } from './testing/test-log.ts'

const DHA = `${NETWORK}/GOV/DHA`

/** The same log up to entry `upTo`, told differently from there on, and signed with the same key. */
async function otherStory(
  script: ScriptedNetwork,
  log: TestLog,
  upTo: number,
  size: number,
): Promise<TestLog> {
  const other = new TestLog(script.log)
  other.append(...log.entriesHeld.slice(0, upTo))
  while (other.entriesHeld.length < size) {
    other.append(await script.admission(`${NETWORK}/COM/OTHER${other.entriesHeld.length}`))
  }
  return other
}

suite('a log that tells two stories', () => {
  const cases = [
    ['of the same length', 3],
    ['one shorter than what is held', 2],
    ['one longer than what is held', 5],
    ['one longer by much', 1400],
  ] as const
  for (const [title, size] of cases) {
    test(`${title}: the follower stops, keeps both, raises the alarm, and applies nothing`, async () => {
      const { script, log } = await foundLog()
      log.append(await script.admission(DHA), await script.admission(`${NETWORK}/GOV/DDA`))
      await using place = await makePlace()
      await using honest = await serveLog(log)
      const other = await otherStory(script, log, 1, size)
      await using dishonest = await serveLog(other)
      const heard = new Heard()
      const sources = [honest.url]
      await using follower = await follow(place, script, sources, { heard })
      await follower.waitForSize(3)
      sources.push(dishonest.url)
      log.append('something, so that the sources are looked at again')
      const alarm = await heard.next('directory_forked')
      assert.equal(alarm.source, dishonest.url)
      assert.ok(alarm.shown.startsWith(other.text))
      assert.ok(log.text.startsWith(alarm.held.split('\n', 1)[0] ?? '-'))
      assert.deepEqual(follower.fork, { held: alarm.held, shown: alarm.shown })
      const { size: before } = follower
      log.append(await script.admission(`${NETWORK}/GOV/LATE`))
      await follower[Symbol.asyncDispose]()
      assert.equal(follower.size, before)
      assert.deepEqual(follower.directory.root(), log.levels.root(before))

      const again = new Heard()
      await using restarted = await follow(place, script, [honest.url], { heard: again })
      assert.equal(again.of('directory_forked').length, 1)
      assert.equal(restarted.size, before)
      assert.equal(restarted.directory.member(DHA)?.status, 'active')
    })
  }

  test('a source that makes up tiles to pretend a fork is not believed', async () => {
    const { script, log } = await foundLog()
    log.append(await script.admission(DHA), await script.admission(`${NETWORK}/GOV/DDA`))
    await using place = await makePlace()
    await using honest = await serveLog(log)
    const lie = await otherStory(script, log, 1, 4)
    // Shows the true checkpoint with the tiles and entries of an invented story.
    await using liar = await serveLog({
      checkpoint: () => log.checkpoint(),
      waitBeyond: (size, signal) => log.waitBeyond(size, signal),
      tile: (path) => lie.tile(path),
      entries: (from, to) => lie.entries(from, to),
    })
    {
      await using follower = await follow(place, script, [honest.url])
      await follower.waitForSize(3)
    }
    log.append(await script.admission(`${NETWORK}/GOV/LATE`))
    const heard = new Heard()
    const sources = [liar.url]
    await using follower = await follow(place, script, sources, { heard })
    await heard.next('source_failed', ({ code, source }) => code === 'invalid_tile' && source === liar.url)
    assert.ok(liar.asked.includes(formatTilePath(0, 0, 4)), 'its tiles were looked at')
    sources.push(honest.url)
    await follower.waitForSize(4)
    assert.deepEqual(heard.of('directory_forked'), [])
    assert.equal(follower.fork, undefined)
  })
})
