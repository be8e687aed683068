import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import type { Socket } from 'node:net'
import { suite, test } from 'node:test'
import { CallerFacts } from './caller-facts.ts'
import { compileClientRules, readSha256 } from './client-rules.ts'
import type { ClientRule } from './client-rules.ts'

const from = (remoteAddress: string): CallerFacts => new CallerFacts({ remoteAddress } as Socket)

const passes = (rules: readonly ClientRule[], facts: CallerFacts, key?: string): boolean =>
  compileClientRules('SUBSYSTEM:A/B/C/D', rules).judge(facts, key).ok

suite('rules for client systems', () => {
  test('addresses and networks, IPv4 also when the listener is IPv6', () => {
    const rules: ClientRule[] = [
      { kind: 'address', allow: ['10.1.2.3', '192.0.2.0/24', '2001:db8::/32', '::1'] },
    ]
    const inside = ['10.1.2.3', '192.0.2.255', '::ffff:192.0.2.7', '2001:db8:1::5', '::1']
    const outside = ['10.1.2.4', '192.0.3.1', '::ffff:10.1.2.4', '2001:db9::1', '::2', '']
    for (const address of inside) assert.equal(passes(rules, from(address)), true, address)
    for (const address of outside) assert.equal(passes(rules, from(address)), false, address)
  })

  test('one rule that holds is enough; no rule at all lets nobody in', () => {
    const facts = from('203.0.113.1')
    assert.equal(passes([], facts), false)
    assert.equal(passes([{ kind: 'none' }], facts), true)
    const key: ClientRule = { kind: 'key', sha256: hash('sha256', 'open sesame') }
    assert.equal(passes([{ kind: 'address', allow: ['10.0.0.1'] }, key], facts), false)
    assert.equal(passes([{ kind: 'address', allow: ['10.0.0.1'] }, key], facts, 'open sesame'), true)
    assert.equal(passes([{ kind: 'address', allow: ['10.0.0.1'] }, key], facts, 'open sesame '), false)
    assert.equal(passes([{ kind: 'address', allow: ['203.0.113.1'] }, key], facts), true)
  })

  test('an address rule is judged once for a connection, for each client on its own', () => {
    const facts = from('10.0.0.1')
    const mine = compileClientRules('a', [{ kind: 'address', allow: ['10.0.0.1'] }])
    const other = compileClientRules('b', [{ kind: 'address', allow: ['10.0.0.2'] }])
    for (let i = 0; i < 2; i += 1) {
      assert.equal(mine.judge(facts, undefined).ok, true)
      assert.equal(other.judge(facts, undefined).ok, false)
    }
  })

  test('a rule that cannot mean what it says is refused', () => {
    for (const range of [
      '10.0.0.1/33',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '10.0.0',
      'host',
      '',
      '::/129',
      '10.0.0.1/x',
    ]) {
      assert.throws(
        () => compileClientRules('a', [{ kind: 'address', allow: [range] }]),
        { code: 'config_invalid' },
        range,
      )
    }
    assert.throws(() => compileClientRules('a', [{ kind: 'key', sha256: 'secret' }]), {
      code: 'config_invalid',
    })
    assert.throws(() => compileClientRules('a', [{ kind: 'certificate', sha256: ['x'] }]), {
      code: 'config_invalid',
    })
  })

  test('a digest has several spellings', () => {
    const hex = hash('sha256', 'x')
    for (const text of [
      hex,
      hex.toUpperCase(),
      hex.replaceAll(/..(?=.)/g, '$&:'),
      hash('sha256', 'x', 'base64url'),
    ]) {
      assert.equal(readSha256(text).toString('hex'), hex)
    }
    for (const text of ['', hex.slice(1), `${hex}0`, `${hex.slice(1)}g`]) {
      assert.throws(() => readSha256(text), { code: 'config_invalid' })
    }
  })
})
