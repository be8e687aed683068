import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { encodeEntryBundle } from '../ledger/entry-bundle.ts'
import { generateNoteKey } from '../trust/note-key.ts'
import { follow, foundLog, Heard, makePlace } from './testing/followed.ts'
import { NETWORK, ScriptedNetwork } from './testing/scripted-network.ts'
import { serveLog, TestLog } from './testing/test-log.ts'
import type { Interference } from './testing/test-log.ts'

const DHA = `${NETWORK}/GOV/DHA`
const isBundle = (path: string): boolean => path.startsWith('tile/entries/')

/** Ways in which a source fails or lies, and the code of the event that says so. */
const misdeeds: readonly [title: string, code: string, interfere: Interference][] = [
  [
    'answers with an error',
    'registry_unreachable',
    (_path, _request, response) => !!response.writeHead(500).end('no'),
  ],
  ['hangs up', 'registry_unreachable', (_path, request) => !!request.socket.destroy()],
  [
    'sends half an answer',
    'registry_unreachable',
    (path, request, response) => {
      if (!isBundle(path)) return false
      response.writeHead(200, { 'content-length': 1000 }).write('half')
      setImmediate(() => request.socket.destroy())
      return true
    },
  ],
  [
    'sends a checkpoint that is none',
    'invalid_checkpoint',
    (path, _request, response) => path === 'checkpoint' && !!response.end('nothing of the kind\n'),
  ],
  [
    'sends a huge checkpoint',
    'request_too_large',
    (path, _request, response) => path === 'checkpoint' && !!response.end('x'.repeat(5_000_000)),
  ],
  [
    'sends a body without end',
    'request_too_large',
    (path, _request, response) => {
      if (path !== 'checkpoint') return false
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) continue
      }
      response.on('drain', pour)
      pour()
      return true
    },
  ],
  [
    'sends garbage for entries',
    'invalid_tile',
    (path, _request, response) => isBundle(path) && !!response.end(Buffer.from([0xff, 0xff, 1])),
  ],
  [
    'sends other entries',
    'invalid_tile',
    (path, _request, response) =>
      isBundle(path) && !!response.end(encodeEntryBundle(['a', 'b'].map((entry) => Buffer.from(entry)))),
  ],
  [
    'has no entries',
    'not_found',
    (path, _request, response) => isBundle(path) && !!response.writeHead(404).end(),
  ],
  [
    'points elsewhere',
    'registry_unreachable',
    (path, request, response) =>
      path === 'checkpoint' &&
      request.url?.includes('elsewhere') !== true &&
      !!response.writeHead(302, { location: '/log/checkpoint?elsewhere' }).end(),
  ],
]

suite('a source that fails or lies', () => {
  for (const [title, code, interfere] of misdeeds) {
    test(`${title}: it is told, nothing is taken in, and another source is used`, async () => {
      const { script, log } = await foundLog()
      log.append(await script.admission(DHA))
      await using place = await makePlace()
      await using bad = await serveLog(log, interfere)
      const heard = new Heard()
      {
        await using alone = await follow(place, script, [bad.url], { heard })
        const event = await heard.next('source_failed')
        assert.equal(event.code, code, event.detail)
        assert.equal(event.source, bad.url)
        assert.equal(alone.size, 0)
        assert.equal(alone.directory.size, 0)
      }
      await using good = await serveLog(log)
      await using follower = await follow(place, script, [bad.url, good.url])
      await follower.waitForSize(2)
      assert.deepEqual(follower.directory.root(), log.levels.root(2))
    })
  }

  test('two sources that never answer keep nobody from the third', async () => {
    const { script, log } = await foundLog()
    const stalls: Interference = () => true
    await using place = await makePlace()
    await using first = await serveLog(log, stalls)
    await using second = await serveLog(log, stalls)
    await using good = await serveLog(log)
    const beganMs = performance.now()
    await using follower = await follow(place, script, [first.url, second.url, good.url])
    await follower.waitForSize(1)
    assert.ok(performance.now() - beganMs < 8000, 'no timeout of a request had to pass')
    const changedMs = performance.now()
    log.append(await script.admission(DHA))
    await follower.waitForSize(2)
    assert.ok(performance.now() - changedMs < 2000)
  })

  test('one that stalls on entries does not hold up what another delivers', async () => {
    const { script, log } = await foundLog()
    await using place = await makePlace()
    await using stalling = await serveLog(log, (path) => isBundle(path))
    await using good = await serveLog(log)
    await using follower = await follow(place, script, [stalling.url, good.url])
    await follower.waitForSize(1)
    const beganMs = performance.now()
    log.append(await script.admission(DHA))
    await follower.waitForSize(2)
    assert.ok(performance.now() - beganMs < 2000)
  })

  test('a log of another key, or of another network, is not followed', async () => {
    const { script } = await foundLog()
    const other = await ScriptedNetwork.create()
    const posing = new TestLog(other.log)
    posing.append(await other.founding())
    const elsewhere = new TestLog(generateNoteKey('wusla/AE-AZ/directory'))
    elsewhere.append('entry')
    for (const log of [posing, elsewhere]) {
      await using place = await makePlace()
      await using source = await serveLog(log)
      const heard = new Heard()
      await using follower = await follow(place, script, [source.url], { heard })
      assert.equal((await heard.next('source_failed')).code, 'invalid_checkpoint')
      assert.equal(follower.size, 0)
    }
  })

  test('one that repeats an old checkpoint at once, again and again, is not asked without pause', async () => {
    const { script, log } = await foundLog()
    const old = log.checkpoint()?.note ?? ''
    log.append(await script.admission(DHA))
    await using place = await makePlace()
    await using good = await serveLog(log)
    const askedMs: number[] = []
    const askedOften = Promise.withResolvers<void>()
    await using stuck = await serveLog(log, (path, _request, response) => {
      if (path !== 'checkpoint') return false
      if (askedMs.push(performance.now()) === 6) askedOften.resolve()
      return !!response.end(old)
    })
    await using follower = await follow(place, script, [good.url, stuck.url])
    await follower.waitForSize(2)
    await askedOften.promise
    // The first question is no long poll; from the second on the pause doubles.
    const pausesMs = askedMs.map((ms, i) => ms - (askedMs[i - 1] ?? ms)).slice(2)
    for (const [i, pauseMs] of pausesMs.entries())
      assert.ok(pauseMs >= 120 * 2 ** i, `${pausesMs.join(', ')} ms`)
    log.append(await script.admission(`${NETWORK}/GOV/DDA`))
    await follower.waitForSize(3)
  })

  test('one that fails is left alone for longer and longer', async () => {
    const { script, log } = await foundLog()
    await using place = await makePlace()
    await using bad = await serveLog(log, (_path, _request, response) => !!response.writeHead(500).end())
    const heard = new Heard()
    await using _follower = await follow(place, script, [bad.url], { heard })
    await heard.next('source_failed', ({ retryMs }) => retryMs >= 500)
    const retries = heard.of('source_failed').map(({ retryMs }) => retryMs)
    assert.deepEqual(retries, [125, 250, 500])
  })
})
