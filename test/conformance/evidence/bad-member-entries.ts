import type { BadEntries } from './bad-entry.ts'

const reason = 'a reason'
const member = 'AE-DU/GOV/DHA'
const name = { ar: 'ا', en: 'a' }

/** Entries that are not written as entries are, or not signed as they must be. */
export const badForms: BadEntries = [
  [
    'not canonical',
    async ({ network }) => {
      await network.admit('AE-DU/GOV/DHA')
      network.entries.push((network.entries.pop() ?? '').replace(',', ', '))
    },
  ],
  ['no JSON', async ({ network }) => network.entries.push('no JSON')],
  [
    'a kind that says nothing about keys',
    ({ network }, by) =>
      network.add('service_withdrawn', { service: 'AE-DU/SEMI/DEWA/BILLING/bills' }, by.dewa),
  ],
  [
    'a kind nobody knows',
    ({ network }, by) => network.add('member_promoted', { member: 'AE-DU/GOV/RTA' }, by.registry),
  ],
  [
    'a member nobody knows',
    ({ network }, by) => network.add('member_admitted', { member, name, extra: 1 }, by.registry),
  ],
  [
    'a name in one language',
    ({ network }, by) => network.add('member_admitted', { member, name: { en: 'a' } }, by.registry),
  ],
  [
    'another network',
    ({ network }, by) => network.add('member_admitted', { member, name, network: 'AE-AZ' }, by.registry),
  ],
  ['a member of another network', ({ network }) => network.admit('AE-AZ/GOV/DHA')],
  ['no signature', ({ network }) => network.add('member_admitted', { member, name })],
  [
    'a signature too many',
    ({ network }, by) => network.add('member_admitted', { member, name }, by.registry, by.rta),
  ],
  [
    'a signature in another name',
    ({ network, rta }) => network.add('member_admitted', { member, name }, ['registry', rta.seal]),
  ],
  [
    'a signature over another change',
    async ({ network }) => {
      await network.admit('AE-DU/GOV/DHA')
      network.entries.push((network.entries.pop() ?? '').replace('"AE-DU/GOV/DHA"', '"AE-DU/GOV/DHB"'))
    },
  ],
  [
    'a second founding',
    async ({ network }, by) => {
      const { change } = JSON.parse(network.entries[0] ?? '') as { change: Record<string, unknown> }
      const { registryKey, rootCertificate, logKey, name, maxStalenessHours } = change
      await network.add(
        'network_founded',
        { registryKey, rootCertificate, logKey, name, maxStalenessHours },
        by.registry,
      )
    },
  ],
]

/** About admission and standing. */
export const badMembers: BadEntries = [
  ['admitted twice', ({ network, rta }) => network.admit(rta.member)],
  ['admitted by a member', ({ network }, by) => network.add('member_admitted', { member, name }, by.rta)],
  [
    'suspended by itself',
    ({ network, rta }, by) => network.add('member_suspended', { member: rta.member, reason }, by.rta),
  ],
  [
    'resumed without a suspension',
    ({ network, rta }, by) => network.add('member_resumed', { member: rta.member, reason }, by.registry),
  ],
  [
    'suspended although nobody admitted it',
    ({ network }, by) => network.add('member_suspended', { member, reason }, by.registry),
  ],
  [
    'suspended twice',
    async ({ network, rta }, by) => {
      await network.add('member_suspended', { member: rta.member, reason }, by.registry)
      await network.add('member_suspended', { member: rta.member, reason }, by.registry)
    },
  ],
  [
    'an old change once more',
    async ({ network, rta }, by) => {
      await network.add('member_suspended', { member: rta.member, reason }, by.registry)
      const old = network.entries.at(-1) ?? ''
      await network.add('member_resumed', { member: rta.member, reason }, by.registry)
      network.entries.push(old)
    },
  ],
]
