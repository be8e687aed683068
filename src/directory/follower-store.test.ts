import assert from 'node:assert/strict'
import { appendFile, mkdir, readFile, rmdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { cosign } from '../ledger/checkpoint.ts'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { generateNoteKey } from '../trust/note-key.ts'
import { generateSealKey } from '../trust/seal-key.ts'
import { follow, foundLog, Heard, makePlace } from './testing/followed.ts'
import type { TestPlace } from './testing/followed.ts'
import { NETWORK, publicKeyOf } from './testing/scripted-network.ts'
import { serveLog } from './testing/test-log.ts'

const DHA = `${NETWORK}/GOV/DHA`
const CORE = `${NETWORK}/branch/CORE`
const OFFLINE: readonly string[] = []

const fileOf = (place: TestPlace, name: string): string => join(place.directory, 'directory', name)

suite('the store of a follower', () => {
  test('entries behind the checkpoint do not count after a crash', async () => {
    const { script, log } = await foundLog()
    await using place = await makePlace()
    await using source = await serveLog(log)
    {
      await using follower = await follow(place, script, [source.url])
      await follower.waitForSize(1)
    }
    const whole = await readFile(fileOf(place, 'entries'))
    await appendFile(fileOf(place, 'entries'), Buffer.concat([whole, Buffer.from([0, 50, 1, 2])]))
    const heard = new Heard()
    {
      await using follower = await follow(place, script, OFFLINE, { heard })
      assert.equal(follower.size, 1)
    }
    assert.deepEqual(await readFile(fileOf(place, 'entries')), whole)
    assert.deepEqual(heard.of('store_discarded'), [])
    log.append(await script.admission(DHA))
    await using follower = await follow(place, script, [source.url])
    await follower.waitForSize(2)
    assert.deepEqual(follower.directory.root(), log.levels.root(2))
  })

  const damages: readonly [string, (place: TestPlace) => Promise<void>][] = [
    ['entries are missing', (place) => truncate(fileOf(place, 'entries'), 100)],
    [
      'an entry has changed',
      async (place) => {
        const bytes = await readFile(fileOf(place, 'entries'))
        bytes[200] = (bytes[200] ?? 0) ^ 1
        await writeFile(fileOf(place, 'entries'), bytes)
      },
    ],
    [
      'the checkpoint is not the log’s',
      (place) => writeFile(fileOf(place, 'checkpoint'), 'nothing of the kind\n'),
    ],
  ]
  for (const [title, damage] of damages) {
    test(`when ${title}, it is set aside and everything is fetched again`, async () => {
      const { script, log } = await foundLog()
      log.append(await script.admission(DHA))
      await using place = await makePlace()
      await using source = await serveLog(log)
      {
        await using follower = await follow(place, script, [source.url])
        await follower.waitForSize(2)
      }
      await damage(place)
      const heard = new Heard()
      await using follower = await follow(place, script, [source.url], { heard })
      assert.equal(heard.of('store_discarded').length, 1)
      await follower.waitForSize(2)
      assert.equal(follower.directory.member(DHA)?.status, 'active')
    })
  }

  test('a refused entry is refused again after a restart, though known entries are not checked twice', async () => {
    const { script, log } = await foundLog()
    const gateway = script.gateway(`${DHA}/gw-1`)
    const other = generateSealKey()
    const name = { ar: 'نظام', en: 'System' }
    const forged = script.change('system_registered', { system: `${DHA}/FORGED`, name })
    const signature = {
      alg: 'ES256',
      by: DHA,
      key: gateway.seal.keyId,
      value: other.sign(Buffer.from('x')).value,
    }
    log.append(
      await script.admission(DHA),
      await script.enrolment(gateway, script.byRegistry),
      await script.sign(forged, signature),
    )
    await using place = await makePlace()
    await using source = await serveLog(log)
    for (const sources of [[source.url], OFFLINE, OFFLINE]) {
      await using follower = await follow(place, script, sources)
      await follower.waitForSize(4)
      assert.equal(follower.directory.system(`${DHA}/FORGED`), undefined)
      assert.equal(follower.directory.gateway(gateway.gateway)?.status, 'active')
    }
    const checked: unknown = JSON.parse(await readFile(fileOf(place, 'checked.json'), 'utf8'))
    assert.deepEqual(checked, { size: 4, refused: [3] })
  })

  test('what cannot be written does not count, and is written when that is possible again', async () => {
    const { script, log } = await foundLog()
    log.append(await script.admission(DHA))
    await using place = await makePlace()
    await using source = await serveLog(log)
    const heard = new Heard()
    const sources: string[] = []
    {
      await using follower = await follow(place, script, sources, { heard })
      await mkdir(fileOf(place, 'checkpoint'))
      sources.push(source.url)
      follower.start()
      await heard.next('source_failed', ({ code }) => code === 'ledger_unwritable')
      assert.equal(follower.size, 0)
      assert.equal(follower.directory.size, 0)
      await rmdir(fileOf(place, 'checkpoint'))
      await follower.waitForSize(2)
    }
    await using follower = await follow(place, script, OFFLINE)
    assert.deepEqual(follower.directory.root(), log.levels.root(2))
  })

  test('one process at a time', async () => {
    const { script } = await foundLog()
    await using place = await makePlace()
    await using _first = await follow(place, script, OFFLINE)
    await assert.rejects(
      follow(place, script, OFFLINE),
      (error) => isWuslaError(error) && error.code === 'ledger_locked',
    )
  })
})

suite('cosignatures of branches', () => {
  test('are kept with the checkpoint, also over a restart; unknown lines are not', async () => {
    const { script, log } = await foundLog()
    const witness = generateNoteKey(`wusla/${CORE}`, 'cosignature')
    const stranger = generateNoteKey('stranger', 'cosignature')
    log.append(await script.admission(DHA), await commission(script, witness.vkey))
    await using place = await makePlace()
    const cosigned = cosign(log.text, witness, 1_800_000_000)
    log.lines = cosigned + cosign(log.text, stranger, 1_800_000_000)
    await using source = await serveLog(log)
    {
      await using follower = await follow(place, script, [source.url])
      await follower.waitForSize(3)
    }
    // The branch is known only after its own entry was applied: the next look at the checkpoint finds its line.
    for (const sources of [[source.url], OFFLINE]) {
      const heard = new Heard()
      await using follower = await follow(place, script, sources, { heard })
      await follower.waitForSize(3)
      if (sources !== OFFLINE) await untilAsked(source.asked, 3)
      assert.ok(follower.latestCheckpoint().includes(cosigned))
      assert.ok(!follower.latestCheckpoint().includes('stranger'))
    }
  })

  test('with a quorum, entries count when enough branches have seen them', async () => {
    const { script, log } = await foundLog()
    const witness = generateNoteKey(`wusla/${CORE}`, 'cosignature')
    log.append(await script.admission(DHA), await commission(script, witness.vkey))
    await using place = await makePlace()
    await using source = await serveLog(log)
    await using follower = await follow(place, script, [source.url], { witnessQuorum: 2 })
    await follower.waitForSize(3)
    log.append(await script.admission(`${NETWORK}/GOV/DDA`))
    await untilAsked(source.asked, source.asked.length + 2)
    assert.equal(follower.size, 3)
    log.lines = cosign(log.text, witness, Math.floor(Date.now() / 1000))
    await follower.waitForSize(4)
  })
})

async function commission(
  script: Awaited<ReturnType<typeof foundLog>>['script'],
  witnessKey: string,
): Promise<string> {
  const tls = generateSealKey()
  const facts = {
    branch: CORE,
    host: DHA,
    controlAddress: '127.0.0.1:1',
    tunnelAddress: '127.0.0.1:2',
    mirrorUrl: 'http://127.0.0.1:3',
    tlsKey: publicKeyOf(tls),
    witnessKey,
  }
  return await script.entry('branch_commissioned', facts, script.byRegistry, [CORE, tls])
}

/** Waits until a source was asked for its checkpoint so many times in all. */
async function untilAsked(asked: readonly string[], times: number): Promise<void> {
  while (asked.filter((path) => path === 'checkpoint').length < times) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}
