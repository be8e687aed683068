import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { leafHash, verifyInclusion } from '../protocol/merkle.ts'
import { follow, foundLog, Heard, makePlace } from './testing/followed.ts'
import { NETWORK } from './testing/scripted-network.ts'
import { serveLog, TestLog } from './testing/test-log.ts'

const DHA = `${NETWORK}/GOV/DHA`
const OFFLINE: readonly string[] = []

suite('a follower', () => {
  test('takes in what the log holds, and each change as it comes', async () => {
    const { script, log } = await foundLog()
    await using place = await makePlace()
    await using source = await serveLog(log)
    await using follower = await follow(place, script, [source.url])
    await follower.waitForSize(1)
    assert.equal(follower.directory.network()?.network, NETWORK)
    log.append(await script.admission(DHA))
    await follower.waitForSize(2)
    assert.equal(follower.directory.member(DHA)?.status, 'active')
    assert.deepEqual(follower.directory.root(), log.levels.root(2))
    assert.ok(follower.staleForMs() < 60_000)
    assert.ok(!follower.isBeyondBound)
  })

  test('enforces a revocation within two seconds of its entry', async () => {
    const { script, log } = await foundLog()
    const gateway = script.gateway(`${DHA}/gw-1`)
    log.append(await script.admission(DHA), await script.enrolment(gateway, script.byRegistry))
    await using place = await makePlace()
    await using source = await serveLog(log)
    await using follower = await follow(place, script, [source.url])
    await follower.waitForSize(3)
    const delaysMs: number[] = []
    for (const key of [gateway.tls, gateway.seal]) {
      const change = { member: DHA, key: key.keyId, reason: 'lost', at: script.now }
      const entry = await script.entry('key_revoked', change, script.byRegistry)
      const enforced = Promise.withResolvers<number>()
      const stop = follower.directory.onChange(() => enforced.resolve(performance.now()))
      const beganMs = performance.now()
      log.append(entry)
      delaysMs.push((await enforced.promise) - beganMs)
      stop()
      assert.equal(follower.directory.tlsKeyOwner(gateway.tls.keyId), undefined)
    }
    assert.ok(
      delaysMs.every((delayMs) => delayMs < 2000),
      `${delaysMs.join(', ')} ms`,
    )
  })

  test('starts again from its disk without any network, and goes on from there', async () => {
    const { script, log } = await foundLog()
    log.append(await script.admission(DHA), 'not a change')
    await using place = await makePlace()
    await using source = await serveLog(log)
    {
      await using follower = await follow(place, script, [source.url])
      await follower.waitForSize(3)
    }
    {
      const heard = new Heard()
      await using follower = await follow(place, script, OFFLINE, { heard })
      assert.equal(follower.size, 3)
      assert.equal(follower.directory.member(DHA)?.status, 'active')
      assert.ok(follower.staleForMs() < 60_000)
      assert.deepEqual(heard.of('change_refused'), [], 'what is known is not told again')
    }
    log.append(await script.admission(`${NETWORK}/GOV/DDA`))
    const before = source.asked.length
    await using follower = await follow(place, script, [source.url])
    await follower.waitForSize(4)
    assert.ok(!source.asked.slice(before).includes('snapshot'))
    assert.deepEqual(follower.directory.root(), log.levels.root(4))
  })

  test('bootstraps a long log from a snapshot, and a log behind by much from bundles', async () => {
    const { script, log } = await foundLog()
    const many = async (count: number, code: string) =>
      await Promise.all(
        Array.from({ length: count }, (_, i) => script.admission(`${NETWORK}/COM/${code}${i}`)),
      )
    log.append(...(await many(1500, 'A')))
    await using place = await makePlace()
    await using source = await serveLog(log)
    {
      await using follower = await follow(place, script, [source.url])
      await follower.waitForSize(1501)
      assert.ok(source.asked.includes('snapshot'))
      assert.equal(follower.directory.members().length, 1500)
    }
    log.append(...(await many(1300, 'B')))
    await using follower = await follow(place, script, [source.url])
    await follower.waitForSize(2801)
    assert.ok(source.asked.includes('tile/entries/006'))
    assert.deepEqual(follower.directory.root(), log.levels.root(2801))
    assert.equal(follower.directory.members().length, 2800)
  })

  test('proves entries under its newest checkpoint', async () => {
    const { script, log } = await foundLog()
    log.append(await script.admission(DHA), await script.admission(`${NETWORK}/GOV/DDA`))
    await using place = await makePlace()
    await using source = await serveLog(log)
    await using follower = await follow(place, script, [source.url])
    await follower.waitForSize(3)
    assert.deepEqual(follower.entriesFor({ members: [DHA] }), [0, 1])
    const entry = await follower.entry(1)
    const proof = await follower.inclusionProof(1, 3)
    const root = log.levels.root(3)
    assert.ok(verifyInclusion({ leafHash: leafHash(entry), index: 1, size: 3, proof, root }))
    assert.ok(follower.latestCheckpoint().startsWith(log.text))
    await assert.rejects(follower.entry(3), RangeError)
    await assert.rejects(follower.inclusionProof(3, 3), RangeError)
  })

  test('passes the log on, so that another follower needs no registry', async () => {
    const { script, log } = await foundLog()
    log.append(await script.admission(DHA))
    await using registry = await serveLog(log)
    await using branchPlace = await makePlace()
    await using branch = await follow(branchPlace, script, [registry.url])
    await using mirror = await serveLog(branch.source)
    await using gatewayPlace = await makePlace()
    await using gateway = await follow(gatewayPlace, script, [mirror.url])
    await gateway.waitForSize(2)
    const enforced = Promise.withResolvers<number>()
    gateway.directory.onChange(() => enforced.resolve(performance.now()))
    const beganMs = performance.now()
    log.append(await script.admission(`${NETWORK}/GOV/DDA`))
    const delayMs = (await enforced.promise) - beganMs
    assert.ok(delayMs < 2000, `${delayMs} ms`)
    assert.equal(gateway.latestCheckpoint().split('\n\n')[0], log.text.trimEnd())
  })

  test('raises an alarm for a change to its own member that it did not sign, not for the past', async () => {
    const { script, log } = await foundLog()
    const own = script.gateway(`${DHA}/gw-1`)
    log.append(await script.admission(DHA), await script.enrolment(own, script.byRegistry))
    await using place = await makePlace()
    await using source = await serveLog(log)
    const heard = new Heard()
    const isOwnKey = (keyId: string): boolean => keyId === own.seal.keyId
    await using follower = await follow(place, script, [source.url], {
      heard,
      own: { member: DHA, isOwnKey },
    })
    await follower.waitForSize(3)
    const name = { ar: 'نظام', en: 'System' }
    const second = script.gateway(`${DHA}/gw-2`)
    const revocation = { member: DHA, key: own.tls.keyId, reason: 'r', at: script.now }
    log.append(
      await script.entry('system_registered', { system: `${DHA}/OWN`, name }, [DHA, own.seal]),
      await script.enrolment(second, [DHA, own.seal]),
      await script.entry('system_registered', { system: `${DHA}/OTHER`, name }, [DHA, second.seal]),
      await script.entry('key_revoked', revocation, script.byRegistry),
      await script.admission(`${NETWORK}/GOV/DDA`),
      await script.entry('member_readmitted', { member: DHA, reason: 'r' }, script.byRegistry),
    )
    await follower.waitForSize(9)
    const told = heard
      .of('own_member_changed')
      .map(({ index, changeKind, signedBy }) => [index, changeKind, signedBy])
    assert.deepEqual(told, [
      [5, 'system_registered', [DHA]],
      [6, 'key_revoked', ['registry']],
      [8, 'member_readmitted', ['registry']],
    ])
    assert.equal(heard.of('member_readmitted').length, 1)
  })

  test('knows how old its word is, by the log and not by who passes it on', async () => {
    const { script } = await foundLog()
    let loggedMs = Date.now() - 3_600_000
    const log = new TestLog(script.log, () => loggedMs)
    log.append(await script.founding())
    await using place = await makePlace()
    await using source = await serveLog(log)
    const heard = new Heard()
    const bounds = { maxStalenessMs: 1_800_000, alarmAfterMs: 600_000 }
    await using follower = await follow(place, script, [source.url], { heard, ...bounds })
    const alarm = await heard.next('directory_stale')
    assert.ok(alarm.beyondBound && alarm.staleForMs >= 3_599_000)
    assert.ok(follower.isBeyondBound)
    loggedMs = Date.now()
    log.append(await script.admission(DHA))
    await heard.next('directory_fresh')
    assert.ok(!follower.isBeyondBound)
  })
})
