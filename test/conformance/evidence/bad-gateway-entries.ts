import { newGateway } from '../../../src/evidence/testing/paper-network.ts'
import type { PaperGateway } from '../../../src/evidence/testing/paper-network.ts'
import { generateNoteKey } from '../../../src/trust/note-key.ts'
import type { BadEntries } from './bad-entry.ts'

const reason = 'a reason'

function further(id: string = 'AE-DU/GOV/RTA/gw-2'): PaperGateway {
  return newGateway(id)
}

/** About enrolment and retirement. */
export const badGateways: BadEntries = [
  ['a further gateway by the registry alone', ({ network }) => network.enrol(further(), network.by)],
  ['a further gateway by nobody', ({ network }) => network.enrol(further())],
  ['a further gateway by another member', ({ network }, by) => network.enrol(further(), by.dewa)],
  [
    'a gateway of another member',
    ({ network, rta }, by) =>
      network.enter(
        { ...network.enrolment(further('AE-DU/GOV/DHA/gw-1')), member: rta.member } as never,
        by.rta,
      ),
  ],
  ['a gateway that is enrolled', ({ network, rta }, by) => network.enrol(newGateway(rta.id), by.rta)],
  [
    'a seal key that signed nothing',
    ({ network }, by) => network.enter(network.enrolment(further()), by.rta),
  ],
  [
    'a seal key that is bound',
    ({ network, dewa }, by) => network.enrol({ ...further(), seal: dewa.seal }, by.rta),
  ],
  [
    'one key for both uses',
    async ({ network }, by) => {
      const gateway = further()
      await network.enrol({ ...gateway, tls: gateway.seal }, by.rta)
    },
  ],
  [
    'a ledger key of another name',
    ({ network }, by) =>
      network.enrol({ ...further(), ledger: generateNoteKey('wusla/AE-DU/GOV/RTA/gw-3') }, by.rta),
  ],
  [
    'a ledger key of a witness',
    ({ network }, by) =>
      network.enrol(
        { ...further(), ledger: generateNoteKey('wusla/AE-DU/GOV/RTA/gw-2', 'cosignature') },
        by.rta,
      ),
  ],
  [
    'a voucher that has expired',
    ({ network, rta }) => network.enrolVouched(further(), rta, '2026-11-23T00:00:00.000Z'),
  ],
  ['a voucher of another member', ({ network, dewa }) => network.enrolVouched(further(), dewa)],
  [
    'a voucher without the token',
    async ({ network, rta }) => {
      const gateway = further()
      await network.enrolVouched(gateway, rta)
      const { change } = JSON.parse(network.entries.pop() ?? '') as { change: never }
      await network.enter(change, [gateway.id, gateway.seal])
    },
  ],
  [
    'a voucher for another gateway',
    async ({ network, rta }) => {
      const gateway = further()
      await network.enrolVouched(further('AE-DU/GOV/RTA/gw-4'), rta)
      const { change } = JSON.parse(network.entries.pop() ?? '') as { change: { voucher: string } }
      await network.enter(network.enrolment(gateway, change.voucher), [gateway.id, gateway.seal])
    },
  ],
  [
    'a voucher with a first gateway',
    async ({ network, rta }) => {
      await network.admit('AE-DU/GOV/DHA')
      await network.enrolVouched(further('AE-DU/GOV/DHA/gw-1'), rta)
    },
  ],
  [
    'a first gateway without the registry',
    async ({ network }) => {
      await network.admit('AE-DU/GOV/DHA')
      await network.enrol(further('AE-DU/GOV/DHA/gw-1'))
    },
  ],
  [
    'a gateway of a suspended member',
    async ({ network, rta }, by) => {
      await network.add('member_suspended', { member: rta.member, reason }, by.registry)
      await network.enrol(further(), by.rta)
    },
  ],
  [
    'a gateway nobody enrolled is retired',
    ({ network }, by) => network.add('gateway_retired', { gateway: 'AE-DU/GOV/RTA/gw-7' }, by.registry),
  ],
  [
    'a gateway retired by another member',
    ({ network, rta }, by) => network.add('gateway_retired', { gateway: rta.id }, by.dewa),
  ],
  [
    'a gateway retired twice',
    async ({ network, rta }, by) => {
      await network.add('gateway_retired', { gateway: rta.id }, by.registry)
      await network.add('gateway_retired', { gateway: rta.id }, by.registry)
    },
  ],
]
