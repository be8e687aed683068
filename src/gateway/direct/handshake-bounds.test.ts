import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HANDSHAKE_LIMITS, HandshakeBounds, remoteOf } from './handshake-bounds.ts'

test('one address has so many handshakes under way, and others are not hurt', () => {
  const bounds = new HandshakeBounds({ ...HANDSHAKE_LIMITS, openPerAddress: 2 }, 0)
  assert.deepEqual(
    [1, 2, 3].map(() => bounds.enter('a', 0)),
    [true, true, false],
  )
  assert.equal(bounds.enter('b', 0), true)
  bounds.leave('a')
  assert.equal(bounds.enter('a', 0), true)
})

test('one address begins so many, then one in a second', () => {
  const bounds = new HandshakeBounds(HANDSHAKE_LIMITS, 0)
  const begin = (address: string, nowMs: number): boolean => {
    const may = bounds.enter(address, nowMs)
    if (may) bounds.leave(address)
    return may
  }
  const begun = Array.from({ length: 30 }, () => begin('a', 0)).filter(Boolean)
  assert.equal(begun.length, 16)
  assert.equal(begin('b', 0), true)
  assert.equal(begin('a', 999), false)
  assert.equal(begin('a', 1_000), true)
  assert.equal(begin('a', 1_001), false)
})

test('all together begin so many, from however many addresses', () => {
  const bounds = new HandshakeBounds({ ...HANDSHAKE_LIMITS, burst: 10, perSecond: 5 }, 0)
  const begin = (nowMs: number): number =>
    Array.from({ length: 100 }, (_, n) => {
      const may = bounds.enter(`${nowMs}.${n}`, nowMs)
      if (may) bounds.leave(`${nowMs}.${n}`)
      return may
    }).filter(Boolean).length
  assert.equal(begin(0), 10)
  assert.equal(begin(1_000), 5)
  assert.equal(begin(100_000), 10, 'no more is saved up than may come at once')
})

test('it says when more are under way than there may be', () => {
  const bounds = new HandshakeBounds({ ...HANDSHAKE_LIMITS, open: 2 }, 0)
  bounds.enter('a', 0)
  assert.equal(bounds.isOverfull, false)
  bounds.enter('b', 0)
  assert.equal(bounds.isOverfull, false)
  bounds.enter('c', 0)
  assert.equal(bounds.isOverfull, true)
  bounds.leave('a')
  assert.equal(bounds.isOverfull, false)
})

test('it remembers so many addresses, and forgets none that is under way', () => {
  const bounds = new HandshakeBounds({ ...HANDSHAKE_LIMITS, addresses: 2, burstPerAddress: 1 }, 0)
  assert.equal(bounds.enter('a', 0), true)
  assert.equal(bounds.enter('b', 0), true)
  assert.equal(bounds.enter('c', 0), false, 'no room: both are under way')
  bounds.leave('b')
  assert.equal(bounds.enter('c', 0), true, 'b is forgotten')
  bounds.leave('c')
  bounds.leave('a')
  assert.equal(bounds.enter('a', 0), false, 'a was remembered, and has used its share')
})

test('one remote is an IPv4 address or the /64 of an IPv6 one', () => {
  assert.equal(remoteOf('10.1.2.3'), '10.1.2.3')
  assert.equal(remoteOf('::ffff:10.1.2.3'), '10.1.2.3')
  assert.equal(remoteOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
  assert.equal(remoteOf('2001:db8:1:2::9'), '2001:db8:1:2::/64')
  assert.equal(remoteOf('2001:db8::9'), '2001:db8:0:0::/64')
  assert.equal(remoteOf('::1'), '0:0:0:0::/64')
  assert.equal(remoteOf('fe80::1%eth0'), 'fe80:0:0:0::/64')
})
