import assert from 'node:assert/strict'
import { mkdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { openLedger } from '../ledger/ledger.ts'
import { systemClock } from '../protocol/clock.ts'
import { directoryOrigin } from '../trust/anchor.ts'
import { loadNoteKey } from '../trust/note-key.ts'
import { encodeSignedChange } from '../trust/signed-change.ts'
import { DEWA, NAME, NETWORK, newGateway, TestRegistry } from './testing/test-registry.ts'

/** The size that the served checkpoint states. */
async function checkpointSize(registry: TestRegistry): Promise<number> {
  return Number((await registry.get('/log/checkpoint')).text.split('\n')[1])
}

suite('what was durable before a failure', () => {
  test('an entry without a checkpoint over it gets one at the next start, and the index learns of it', async () => {
    await using registry = await TestRegistry.start()
    const dewa = await registry.join(`${DEWA}/gw-1`)
    const signed = await registry.signed(dewa, 'system_registered', { system: `${DEWA}/B`, name: NAME })
    await registry.stop()
    {
      await using ledger = await openLedger({
        directory: join(registry.folder, 'ledger'),
        origin: directoryOrigin(NETWORK),
        signer: await loadNoteKey(join(registry.folder, 'keys', 'log.key')),
        writeEntryBundles: true,
        create: false,
        clock: systemClock,
        onEvent: () => undefined,
      })
      assert.equal((await ledger.append(Buffer.from(encodeSignedChange(signed), 'utf8'))).index, 3)
      assert.equal(ledger.checkpointSize, 3)
    }
    await registry.start()
    assert.equal(await checkpointSize(registry), 4)
    const again = await registry.post('/v1/changes', signed)
    assert.deepEqual([again.status, again.body.index], [200, 3])
  })

  test('an entry whose checkpoint failed is not acknowledged, and gets one when it is asked for again', async () => {
    await using registry = await TestRegistry.start()
    const dewa = await registry.join(`${DEWA}/gw-1`)
    const signed = await registry.signed(dewa, 'system_registered', { system: `${DEWA}/B`, name: NAME })
    // A directory where the file has to be written first.
    const inTheWay = join(registry.folder, 'ledger', 'checkpoint.new')
    await mkdir(inTheWay)
    assert.equal((await registry.post('/v1/changes', signed)).status, 500)
    assert.equal(await checkpointSize(registry), 3)
    await rmdir(inTheWay)
    assert.equal((await registry.post('/v1/changes', signed)).body.index, 3)
    assert.equal(await checkpointSize(registry), 4)
  })

  test('an enrolment that is asked for again gives no certificate when the gateway is gone', async () => {
    await using registry = await TestRegistry.start()
    await registry.as('operator', '/v1/members', { member: DEWA, name: NAME })
    const gateway = newGateway(`${DEWA}/gw-1`)
    const enrolment = await registry.enrolmentOf(await registry.token(gateway.gateway), gateway)
    await registry.must(await registry.post('/v1/enrol', enrolment))
    await registry.must(await registry.as('operator', '/v1/gateways/retire', { gateway: gateway.gateway }))
    assert.equal((await registry.post('/v1/enrol', enrolment)).body.code, 'unknown_key')
  })
})
