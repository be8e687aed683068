import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { generateNoteKey } from '../trust/note-key.ts'
import { generateSealKey } from '../trust/seal-key.ts'
import type { SoftwareSealKey } from '../trust/seal-key.ts'
import { NETWORK, publicKeyOf } from './testing/scripted-network.ts'
import { DEWA, RTA, start } from './testing/two-members.ts'

const CORE = `${NETWORK}/branch/CORE`
const witness = generateNoteKey(`wusla/${CORE}`, 'cosignature')

function facts(tls: SoftwareSealKey, port: number = 7001) {
  return {
    branch: CORE,
    host: DEWA,
    controlAddress: `127.0.0.1:${port}`,
    tunnelAddress: '[::1]:7002',
    mirrorUrl: 'http://127.0.0.1:7003',
    tlsKey: publicKeyOf(tls),
    witnessKey: witness.vkey,
  }
}

suite('branches', () => {
  test('a branch needs the registry and its own key', async () => {
    const { script, directory, add } = await start()
    const tls = generateSealKey()
    const refused = [
      await script.entry('branch_commissioned', facts(tls), script.byRegistry),
      await script.entry('branch_commissioned', facts(tls), [CORE, tls]),
      await script.entry('branch_commissioned', facts(tls), script.byRegistry, [CORE, generateSealKey()]),
      await script.entry(
        'branch_commissioned',
        { ...facts(tls), host: `${NETWORK}/GOV/DHA` },
        script.byRegistry,
        [CORE, tls],
      ),
      await script.entry(
        'branch_commissioned',
        { ...facts(tls), witnessKey: script.anchor.logKey },
        script.byRegistry,
        [CORE, tls],
      ),
    ]
    for (const entry of refused) assert.equal(directory.apply(entry).applied, false)
    assert.equal(directory.branch(CORE), undefined)
    add(await script.entry('branch_commissioned', facts(tls), script.byRegistry, [CORE, tls]))
    assert.equal(directory.tlsKeyOwner(tls.keyId), CORE)
    assert.equal(directory.branch(CORE)?.controlAddress, '127.0.0.1:7001')
  })

  test('its addresses change with the same key; a new key ends the old one', async () => {
    const { script, directory, add } = await start()
    const [first, second] = [generateSealKey(), generateSealKey()]
    add(await script.entry('branch_commissioned', facts(first), script.byRegistry, [CORE, first]))
    add(await script.entry('branch_commissioned', facts(first, 8001), script.byRegistry, [CORE, first]))
    assert.equal(directory.branch(CORE)?.controlAddress, '127.0.0.1:8001')
    assert.equal(directory.tlsKeyOwner(first.keyId), CORE)
    add(await script.entry('branch_commissioned', facts(second), script.byRegistry, [CORE, second]))
    assert.equal(directory.tlsKeyOwner(first.keyId), undefined)
    assert.equal(directory.tlsKeyOwner(second.keyId), CORE)
    const back = await script.entry('branch_commissioned', facts(first), script.byRegistry, [CORE, first])
    assert.equal(directory.apply(back).applied, false)
    const evidence = directory.entriesFor({ witnesses: [witness.name] })
    assert.deepEqual(evidence, [0, 7, 8, 9])
  })

  test('a branch that is about to leave stays in office, and a new commission ends its leave', async () => {
    const { script, directory, add, rta } = await start()
    const tls = generateSealKey()
    add(await script.entry('branch_commissioned', facts(tls), script.byRegistry, [CORE, tls]))
    const byMember = await script.entry('branch_leaving', { branch: CORE }, [RTA, rta.seal])
    assert.equal(directory.apply(byMember).applied, false)
    add(await script.entry('branch_leaving', { branch: CORE }, script.byRegistry))
    assert.equal(directory.branch(CORE)?.leaving, true)
    assert.equal(directory.tlsKeyOwner(tls.keyId), CORE)
    assert.equal(directory.isRetiredBranch(CORE), false)
    add(await script.entry('branch_commissioned', facts(tls), script.byRegistry, [CORE, tls]))
    assert.equal(directory.branch(CORE)?.leaving, undefined)
    add(await script.entry('branch_retired', { branch: CORE }, script.byRegistry))
    assert.equal(directory.isRetiredBranch(CORE), true)
    for (const branch of [CORE, 'AE-DU/branch/NONE']) {
      const refused = await script.entry('branch_leaving', { branch }, script.byRegistry)
      assert.equal(directory.apply(refused).applied, false)
    }
  })

  test('a retired branch is gone, with its key', async () => {
    const { script, directory, add } = await start()
    const tls = generateSealKey()
    add(await script.entry('branch_commissioned', facts(tls), script.byRegistry, [CORE, tls]))
    assert.equal(directory.branches().length, 1)
    add(await script.entry('branch_retired', { branch: CORE }, script.byRegistry))
    assert.equal(directory.branch(CORE), undefined)
    assert.deepEqual(directory.branches(), [])
    assert.equal(directory.tlsKeyOwner(tls.keyId), undefined)
    const again = await script.entry('branch_retired', { branch: CORE }, script.byRegistry)
    assert.equal(directory.apply(again).applied, false)
  })
})

suite('lines', () => {
  test('a line joins two ends that are there, changes its cost, and goes', async () => {
    const { script, directory, add, dewa, rta } = await start()
    const tls = generateSealKey()
    add(await script.entry('branch_commissioned', facts(tls), script.byRegistry, [CORE, tls]))
    const line = {
      line: 'dewa-core-1',
      ends: [dewa.gateway, CORE],
      capacityMbps: 1000,
      monthlyCostAed: 12_000,
      owner: 'Operator',
      riskGroups: ['duct-7'],
    }
    add(await script.entry('line_registered', line, script.byRegistry))
    add(await script.entry('line_registered', { ...line, monthlyCostAed: 0 }, script.byRegistry))
    assert.deepEqual(
      directory.lines().map(({ monthlyCostAed }) => monthlyCostAed),
      [0],
    )
    const refused = [
      await script.entry(
        'line_registered',
        { ...line, line: 'x', ends: [dewa.gateway, `${RTA}/gw-9`] },
        script.byRegistry,
      ),
      await script.entry('line_registered', { ...line, line: 'x' }, [DEWA, dewa.seal]),
      await script.entry('line_registered', { ...line, line: 'x', ends: [CORE, CORE] }, script.byRegistry),
      await script.entry('line_removed', { line: 'x' }, script.byRegistry),
      await script.entry('line_removed', { line: line.line }, [RTA, rta.seal]),
    ]
    for (const entry of refused) assert.equal(directory.apply(entry).applied, false)
    add(await script.entry('line_removed', { line: line.line }, script.byRegistry))
    assert.deepEqual(directory.lines(), [])
  })
})

suite('the class of a branch', () => {
  test('is set with its commission, and then by the registry alone, whatever the branch wants', async () => {
    const { script, directory, add } = await start()
    const tls = generateSealKey()
    const commission = { ...facts(tls), class: 'sovereign' }
    add(await script.entry('branch_commissioned', commission, script.byRegistry, [CORE, tls]))
    assert.equal(directory.branch(CORE)?.class, 'sovereign')
    const byItself = await script.entry('branch_classed', { branch: CORE, class: 'public' }, [CORE, tls])
    assert.equal(directory.apply(byItself).applied, false)
    add(await script.entry('branch_classed', { branch: CORE, class: 'public' }, script.byRegistry))
    assert.equal(directory.branch(CORE)?.class, 'public')
    add(await script.entry('branch_classed', { branch: CORE }, script.byRegistry))
    assert.equal(directory.branch(CORE)?.class, undefined)
    add(await script.entry('branch_commissioned', commission, script.byRegistry, [CORE, tls]))
    assert.equal(directory.branch(CORE)?.class, undefined, 'an old token does not bring it back')
    assert.deepEqual(directory.entriesFor({ witnesses: [witness.name] }), [0, 7, 11], 'evidence needs none')
  })

  test('has a form, belongs to a commissioned branch, and an older word does not undo a newer one', async () => {
    const { script, directory, add } = await start()
    const tls = generateSealKey()
    const early = await script.entry('branch_classed', { branch: CORE, class: 'early' }, script.byRegistry)
    assert.equal(directory.apply(early).applied, false)
    const spaced = { ...facts(tls), class: 'two words' }
    const bad = await script.entry('branch_commissioned', spaced, script.byRegistry, [CORE, tls])
    assert.equal(directory.apply(bad).applied, false)
    add(await script.entry('branch_commissioned', facts(tls), script.byRegistry, [CORE, tls]))
    assert.equal(directory.branch(CORE)?.class, undefined)
    const older = await script.entry('branch_classed', { branch: CORE, class: 'older' }, script.byRegistry)
    add(await script.entry('branch_classed', { branch: CORE, class: 'newer' }, script.byRegistry))
    assert.equal(directory.apply(older).applied, false)
    assert.equal(directory.branch(CORE)?.class, 'newer')
    add(await script.entry('branch_retired', { branch: CORE }, script.byRegistry))
    const gone = await script.entry('branch_classed', { branch: CORE, class: 'x' }, script.byRegistry)
    assert.equal(directory.apply(gone).applied, false)
  })

  test('the day a line was installed is a day of the calendar, or not said', async () => {
    const { script, directory, add, dewa } = await start()
    const tls = generateSealKey()
    add(await script.entry('branch_commissioned', facts(tls), script.byRegistry, [CORE, tls]))
    const line = {
      line: 'L1',
      ends: [dewa.gateway, CORE],
      capacityMbps: 100,
      monthlyCostAed: 1,
      owner: 'Operator',
      riskGroups: [],
    }
    for (const installedSince of ['2024-02-30', '2024-3-1', '2024-03-01T00:00:00.000Z']) {
      const entry = await script.entry('line_registered', { ...line, installedSince }, script.byRegistry)
      assert.equal(directory.apply(entry).applied, false, installedSince)
    }
    add(await script.entry('line_registered', { ...line, installedSince: '2024-02-29' }, script.byRegistry))
    assert.equal(directory.lines()[0]?.installedSince, '2024-02-29')
    add(await script.entry('line_registered', line, script.byRegistry))
    assert.equal('installedSince' in (directory.lines()[0] ?? {}), false)
  })
})
