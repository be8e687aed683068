import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { digest256 } from '../protocol/digest.ts'
import { leafHash, treeRoot } from '../protocol/merkle.ts'
import { Directory } from './directory.ts'
import { NETWORK } from './testing/scripted-network.ts'
import { DEWA, RTA, start } from './testing/two-members.ts'

const HASH = digest256('an agreement')

suite('a directory replays the entries of the log', () => {
  test('look-ups give what the entries say', async () => {
    const { directory, script, dewa, rta, add } = await start()
    assert.equal(directory.network()?.maxStalenessMs, 72 * 3_600_000)
    assert.equal(directory.member(DEWA)?.name.en, DEWA)
    assert.deepEqual(
      directory.members().map(({ member }) => member),
      [DEWA, RTA],
    )
    assert.equal(directory.gateway(`${DEWA}/gw-1`)?.ledgerKey, dewa.ledger.vkey)
    assert.deepEqual(
      directory.gatewaysOf(DEWA).map(({ gateway }) => gateway),
      [`${DEWA}/gw-1`],
    )
    assert.equal(directory.system(`${DEWA}/BILLING`)?.name.en, 'Bills')
    assert.equal(directory.service(`${DEWA}/BILLING/bills`)?.kind, 'api')
    assert.equal(directory.services().length, 1)
    assert.equal(directory.servicesOf(DEWA).length, 1)
    assert.equal(directory.systemsOf(DEWA).length, 1)
    add(await script.agreement(HASH, dewa, rta))
    assert.equal(directory.agreement(HASH)?.status, 'effective')
    for (const [a, b] of [
      [DEWA, RTA],
      [RTA, DEWA],
    ] as const) {
      assert.equal(directory.agreementsBetween(a, b).length, 1)
      assert.equal(directory.agreementsOf(a).length, 1)
    }
    assert.equal(directory.agreementsBetween(DEWA, `${NETWORK}/GOV/DHA`).length, 0)
  })

  test('keys are found by id, with their gateway, and answer for their seals', async () => {
    const { directory, dewa } = await start()
    const key = directory.activeSealKey(dewa.seal.keyId)
    assert.equal(key?.member, DEWA)
    assert.equal(key.gateway, `${DEWA}/gw-1`)
    assert.equal(key.boundIndex, 2)
    const words = Buffer.from('words')
    assert.ok(key.verifier.verify(words, dewa.seal.sign(words)))
    assert.equal(directory.tlsKeyOwner(dewa.tls.keyId), `${DEWA}/gw-1`)
    assert.equal(directory.sealKey(dewa.tls.keyId), undefined)
    assert.equal(directory.tlsKey(dewa.seal.keyId), undefined)
  })

  test('size, root and version follow the log', async () => {
    const { directory, entries, add, script } = await start()
    assert.equal(directory.size, entries.length)
    assert.deepEqual(directory.root(), treeRoot(entries.map(leafHash)))
    const before = directory.version
    add(await script.admission(`${NETWORK}/GOV/DHA`))
    assert.equal(directory.version, before + 1)
    assert.equal(directory.apply('{}').applied, false)
    assert.equal(directory.version, before + 1)
    assert.deepEqual(directory.root(), treeRoot([...entries, '{}'].map(leafHash)))
  })

  test('listeners hear each change once and can stop', async () => {
    const { directory, script, add } = await start()
    const heard: string[] = []
    const stop = directory.onChange(({ index, change, takenBack }) => {
      assert.equal(takenBack, false)
      heard.push(`${index} ${change.kind}`)
    })
    add(await script.admission(`${NETWORK}/GOV/DHA`))
    directory.apply('{}')
    stop()
    add(await script.admission(`${NETWORK}/GOV/DDA`))
    assert.deepEqual(heard, ['7 member_admitted'])
  })

  test('judging an entry changes nothing', async () => {
    const { directory, script } = await start()
    const entry = await script.admission(`${NETWORK}/GOV/DHA`)
    const { size, version } = directory
    assert.ok(directory.judge(entry).applied)
    assert.ok(directory.judge(entry).applied)
    assert.deepEqual([directory.size, directory.version], [size, version])
    assert.equal(directory.member(`${NETWORK}/GOV/DHA`), undefined)
  })

  test('the same entries give the same state, whoever replays them and however they are checked', async () => {
    const { script, entries, directory, dewa, rta, add } = await start()
    add(await script.agreement(HASH, dewa, rta))
    for (const check of ['check', 'defer', 'held'] as const) {
      const other = new Directory({
        anchor: script.anchor,
        readEntry: (index) => Buffer.from(entries[index] ?? ''),
      })
      for (const entry of entries) assert.ok(other.apply(Buffer.from(entry), check).applied)
      assert.deepEqual(other.services(), directory.services())
      assert.deepEqual(other.agreementsOf(DEWA), directory.agreementsOf(DEWA))
      assert.deepEqual(other.members(), directory.members())
      assert.deepEqual(other.root(), directory.root())
      assert.equal(other.checkedSize, other.size)
    }
  })
})

suite('what ended is no longer looked up, but remembered for evidence', () => {
  test('a withdrawn service', async () => {
    const { directory, script, dewa, add } = await start()
    const service = `${DEWA}/BILLING/bills`
    add(await script.entry('service_withdrawn', { service }, [DEWA, dewa.seal]))
    assert.equal(directory.service(service), undefined)
    assert.deepEqual(directory.services(), [])
    assert.deepEqual(directory.entriesFor({ service }), [0, 1, 2, 5, 6, 7])
  })

  test('a revoked key', async () => {
    const { directory, script, dewa, add } = await start()
    const change = { member: DEWA, key: dewa.seal.keyId, reason: 'lost', at: script.now }
    add(await script.entry('key_revoked', change, script.byRegistry))
    assert.equal(directory.activeSealKey(dewa.seal.keyId), undefined)
    assert.equal(directory.sealKey(dewa.seal.keyId)?.revokedAt, script.now)
    assert.equal(directory.sealKey(dewa.seal.keyId)?.revokedIndex, 7)
    assert.deepEqual(directory.gateway(dewa.gateway)?.sealKeys, [])
  })

  test('a retired gateway and both its keys', async () => {
    const { directory, script, dewa, add } = await start()
    add(await script.entry('gateway_retired', { gateway: dewa.gateway }, [DEWA, dewa.seal]))
    assert.equal(directory.gateway(dewa.gateway), undefined)
    assert.deepEqual(directory.gatewaysOf(DEWA), [])
    assert.equal(directory.activeSealKey(dewa.seal.keyId), undefined)
    assert.equal(directory.tlsKeyOwner(dewa.tls.keyId), undefined)
    assert.equal(directory.tlsKey(dewa.tls.keyId)?.revokedAt, script.now)
  })

  test('evidence of an exchange needs the founding, both members from the first on, and the agreement', async () => {
    const { directory, script, dewa, rta, add } = await start()
    add(await script.admission(`${NETWORK}/GOV/DHA`))
    add(await script.agreement(HASH, dewa, rta))
    const change = { agreement: HASH, party: RTA, reason: 'audit' }
    add(await script.entry('agreement_suspended', change, [RTA, rta.seal]))
    assert.deepEqual(directory.entriesFor({ agreement: HASH }), [0, 1, 2, 3, 4, 8, 9])
    assert.deepEqual(directory.entriesFor({ gateways: [rta.gateway] }), [0, 3, 4])
    assert.deepEqual(directory.entriesFor({ keys: [dewa.seal.keyId] }), [0, 1, 2])
    assert.deepEqual(directory.entriesFor({ members: [`${NETWORK}/GOV/NOBODY`] }), [0])
  })
})
