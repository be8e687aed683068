import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { Directory } from './directory.ts'
import type { RefusalReason } from './directory-event.ts'
import { NETWORK, ScriptedNetwork } from './testing/scripted-network.ts'
import { BILLS, DEWA, start } from './testing/two-members.ts'

const name = { ar: 'اسم', en: 'Name' }

function reasonOf(directory: Directory, entry: string | Uint8Array): RefusalReason | 'applied' {
  const result = directory.apply(entry)
  return result.applied ? 'applied' : result.reason
}

suite('founding', () => {
  test('the first entry must found the network, and no other may', async () => {
    const script = await ScriptedNetwork.create()
    const founding = await script.founding()
    const directory = new Directory({ anchor: script.anchor })
    assert.equal(reasonOf(directory, await script.admission(DEWA)), 'not_founded')
    assert.equal(reasonOf(directory, founding), 'already_founded')
    assert.equal(directory.network(), undefined)
    const other = new Directory({ anchor: script.anchor })
    assert.equal(reasonOf(other, founding), 'applied')
    assert.equal(reasonOf(other, founding), 'already_founded')
  })

  test('a log that another registry founded is not believed', async () => {
    const [own, other] = [await ScriptedNetwork.create(), await ScriptedNetwork.create()]
    const directory = new Directory({ anchor: own.anchor })
    assert.equal(reasonOf(directory, await other.founding()), 'wrong_anchor')
    const mixed = new Directory({ anchor: { ...own.anchor, logKey: other.anchor.logKey } })
    assert.equal(reasonOf(mixed, await own.founding()), 'wrong_anchor')
    const unsigned = new Directory({ anchor: own.anchor })
    const { registryKey, rootCertificate, logKey } = own.anchor
    const facts = { registryKey, rootCertificate, logKey, name, maxStalenessHours: 72 }
    const posing = await own.entry('network_founded', facts, other.byRegistry)
    assert.equal(reasonOf(unsigned, posing), 'wrong_signer')
  })
})

suite('the form of an entry', () => {
  test('anything but canonical JSON with exactly the fields of its kind is malformed', async () => {
    const { script, directory, dewa } = await start()
    const good = await script.entry('system_registered', { system: `${DEWA}/A`, name }, [DEWA, dewa.seal])
    const { change, signatures } = JSON.parse(good) as { change: object; signatures: object[] }
    const bad = [
      '',
      'null',
      '[]',
      '{}',
      ` ${good}`,
      `${good}\n`,
      good.replace('"change"', '"\\u0063hange"'),
      JSON.stringify({ signatures, change }),
      canonicalJson({ change, signatures: [] }),
      canonicalJson({ change: { ...change, more: 1 }, signatures }),
      canonicalJson({ change: { ...change, name: { en: 'Name' } }, signatures }),
      canonicalJson({ change: { ...change, name: { ...name, fr: 'Nom' } }, signatures }),
      canonicalJson({ change: { ...change, type: 'wusla/change/v2' }, signatures }),
      canonicalJson({ change: { ...change, kind: 'something_else' }, signatures }),
      canonicalJson({ change: { ...change, kind: 'constructor' }, signatures }),
      canonicalJson({ change: { ...change, time: '2026-11-23T07:36:33Z' }, signatures }),
      canonicalJson({ change: { ...change, network: 'AE-AZ' }, signatures }),
      canonicalJson({ change: { ...change, system: 'AE-AZ/SEMI/DEWA/A' }, signatures }),
      canonicalJson({ change: { ...change, system: `${DEWA}/A/b` }, signatures }),
      canonicalJson({ change, signatures: signatures.map((signature) => ({ ...signature, more: 1 })) }),
      Buffer.concat([Buffer.from(good), Buffer.of(0)]),
      Buffer.from(good.replace('Name', '\u0000Name').replace('\u0000', 'x'), 'utf8').subarray(0, -1),
      Buffer.from([0xff, 0xfe]),
    ]
    for (const entry of bad) assert.equal(reasonOf(directory, entry), 'malformed', String(entry))
    assert.equal(reasonOf(directory, good), 'applied')
  })

  test('an entry above 65,535 bytes is malformed', async () => {
    const { script, directory, dewa } = await start()
    const operations = Array.from({ length: 200 }, (_, i) => ({
      method: 'GET',
      path: `/${i}/${'x'.repeat(400)}`,
    }))
    const facts = { service: BILLS, serviceKind: 'api', xroadType: 'REST', name, operations } as const
    const change = script.change('service_published', facts)
    const entry = canonicalJson({
      change,
      signatures: [{ alg: 'ES256', by: DEWA, key: dewa.seal.keyId, value: '' }],
    })
    assert.ok(Buffer.byteLength(entry) > 65_535)
    assert.equal(reasonOf(directory, entry), 'malformed')
  })

  test('a second signature of an unknown algorithm is passed over', async () => {
    const { script, directory, dewa } = await start()
    const change = script.change('system_registered', { system: `${DEWA}/A`, name })
    const future = { alg: 'ML-DSA-65', by: DEWA, key: dewa.seal.keyId, value: 'AAAA' }
    assert.equal(reasonOf(directory, await script.sign(change, [DEWA, dewa.seal], future)), 'applied')
    const alone = script.change('system_registered', { system: `${DEWA}/B`, name })
    assert.equal(reasonOf(directory, await script.sign(alone, future)), 'missing_signature')
  })

  test('no bytes and no JSON make it throw, and none has an effect', async () => {
    const { directory, entries } = await start()
    const { version } = directory
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => !directory.apply(bytes).applied),
      { numRuns: 300 },
    )
    const originals = entries.map((entry) => JSON.parse(entry) as { change: Record<string, unknown> })
    const mutation = fc.record({
      entry: fc.nat({ max: originals.length - 1 }),
      field: fc.nat({ max: 20 }),
      value: fc.jsonValue({ maxDepth: 2 }),
    })
    const mutated = fc.property(mutation, ({ entry, field, value }) => {
      const { change, ...rest } = originals[entry] ?? { change: {} }
      const fields = Object.keys(change)
      const altered = { ...change, [fields[field % fields.length] ?? 'kind']: value }
      return !directory.apply(canonicalJson({ ...rest, change: altered })).applied
    })
    fc.assert(mutated, { numRuns: 500 })
    assert.equal(directory.version, version)
    assert.equal(directory.network()?.network, NETWORK)
  })
})
