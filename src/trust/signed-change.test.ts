import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { createSealVerifier, generateSealKey } from './seal-key.ts'
import {
  changeSigningBytes,
  decodeSignedChange,
  encodeSignedChange,
  signChange,
  verifyChangeSignature,
} from './signed-change.ts'
import { code } from './testing/fixtures.ts'

describe('a signed change', async () => {
  const key = generateSealKey()
  const verifier = createSealVerifier(key.publicKeyDer)
  const change = {
    type: 'wusla/change/v1',
    kind: 'member_admitted',
    network: 'AE-DU',
    time: '2026-11-23T07:36:33.123Z',
    member: 'AE-DU/SEMI/DEWA',
    name: { ar: 'هيئة كهرباء ومياه دبي', en: 'DEWA' },
  } as const
  const signature = await signChange(change, 'registry', key)
  const signed = { change, signatures: [signature] }
  const entry = encodeSignedChange(signed)

  it('is signed over a domain line and its canonical text', () => {
    assert.equal(changeSigningBytes(change).toString(), `wusla/change/v1\n${canonicalJson(change)}`)
    assert.ok(verifyChangeSignature(changeSigningBytes(change), signature, verifier))
  })

  it('is signed for its content alone: its bytes without the line, or changed, do not verify', () => {
    assert.equal(verifyChangeSignature(Buffer.from(canonicalJson(change)), signature, verifier), false)
    const other = changeSigningBytes(Object.assign({}, change, { member: 'AE-DU/SEMI/DEWB' }))
    assert.equal(verifyChangeSignature(other, signature, verifier), false)
    assert.equal(
      verifyChangeSignature(changeSigningBytes(change), { ...signature, alg: 'none' }, verifier),
      false,
    )
  })

  it('survives the journey through the ledger', () => {
    assert.deepEqual(decodeSignedChange(entry), signed)
    assert.equal(encodeSignedChange(decodeSignedChange(entry)), entry)
  })

  it('keeps the members of its kind, whatever they are', () => {
    const { change } = decodeSignedChange(entry)
    assert.deepEqual(change['name'], signed.change.name)
  })

  const altered = (patch: object): string => canonicalJson({ ...JSON.parse(entry), ...patch })
  const wrong: readonly [string, string][] = [
    ['no JSON', 'x'],
    ['spaces', ` ${entry}`],
    [
      'another order of members',
      entry.replace(/^\{"change":(.*),"signatures":(.*)\}$/, '{"signatures":$2,"change":$1}'),
    ],
    ['a third member', altered({ extra: 1 })],
    ['no signatures', altered({ signatures: [] })],
    ['nine signatures', altered({ signatures: Array.from({ length: 9 }, () => signature) })],
    ['a signature with more', altered({ signatures: [{ ...signature, at: 1 }] })],
    ['another type', altered({ change: { ...change, type: 'wusla/change/v2' } })],
    ['no kind', altered({ change: { ...change, kind: '' } })],
    ['a kind that is no word', altered({ change: { ...change, kind: 'X Y' } })],
    ['a time without milliseconds', altered({ change: { ...change, time: '2026-11-23T07:36:33Z' } })],
    ['a change that is a list', altered({ change: [] })],
  ]
  for (const [title, text] of wrong) {
    it(`is refused with ${title}`, () =>
      assert.throws(() => decodeSignedChange(text), code('change_refused')))
  }

  it('is refused when it is larger than a ledger entry may be', () => {
    const large = { ...change, name: { en: 'x'.repeat(65_536) } }
    assert.throws(
      () => encodeSignedChange({ change: large, signatures: [signature] }),
      code('entry_too_large'),
    )
    const text = canonicalJson({ change: large, signatures: [signature] })
    assert.throws(() => decodeSignedChange(text), code('change_refused'))
  })
})
