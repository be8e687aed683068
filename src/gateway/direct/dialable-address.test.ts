import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dialableAddress } from './dialable-address.ts'

const ABROAD = { dial: 'any', local: false } as const

test('addresses of other machines are dialled, private ones too', () => {
  for (const [announced, host] of [
    ['10.1.2.3:7443', '10.1.2.3'],
    ['172.16.0.1:443', '172.16.0.1'],
    ['192.168.7.7:443', '192.168.7.7'],
    ['[2001:db8::7]:443', '2001:db8::7'],
    ['[fd00::7]:443', 'fd00::7'],
    ['[::ffff:10.1.2.3]:443', '::ffff:10.1.2.3'],
  ] as const) {
    assert.equal(dialableAddress(announced, ABROAD)?.host, host)
  }
})

test('this machine, its link and no single machine are not, in whatever form', () => {
  const refused = [
    '127.0.0.1:22',
    '127.9.9.9:22',
    '0.0.0.0:22',
    '169.254.169.254:80',
    '224.0.0.1:5353',
    '255.255.255.255:9',
    '[::1]:22',
    '[::]:22',
    '[::127.0.0.1]:22',
    '[::ffff:127.0.0.1]:22',
    '[::ffff:7f00:1]:22',
    '[::ffff:169.254.169.254]:80',
    '[64:ff9b::7f00:1]:22',
    '[2002:7f00:1::]:22',
    '[fe80::1]:22',
    '[ff02::1]:22',
  ]
  for (const address of refused) {
    assert.equal(dialableAddress(address, ABROAD), undefined, address)
    assert.ok(dialableAddress(address, { ...ABROAD, local: true }), address)
  }
})

test('what is no address is not dialled, whatever the operator allows', () => {
  for (const text of ['', '10.1.2.3', '10.1.2.3:0', '[fe80::1:22', '10.1.2.3:65536'])
    assert.equal(dialableAddress(text, { dial: 'any', local: true }), undefined, text)
})
