import { decodeAgreement, isServiceAgreement } from '../agreement.ts'
import type { Agreement, Grant, ServiceAgreement } from '../agreement.ts'

/** What a test wants otherwise than in the usual draft. */
export type Draft = Partial<ServiceAgreement> & { readonly grant?: Partial<Grant> }

/** A valid content: RTA may read single bills of DEWA in the years 2026 to 2028. */
export function draft({ grant, ...change }: Draft = {}): ServiceAgreement {
  const content = decodeAgreement({
    type: 'wusla/agreement/v1',
    network: 'AE-DU',
    title: { ar: 'الاطلاع على الفواتير', en: 'Reading bills' },
    parties: [
      { member: 'AE-DU/SEMI/DEWA', role: 'provider' },
      { member: 'AE-DU/GOV/RTA', role: 'consumer' },
    ],
    grants: [
      {
        service: 'AE-DU/SEMI/DEWA/BILLING/bills',
        operations: [{ method: 'GET', path: '/bills/*' }],
        kinds: ['api'],
        dataClass: 'confidential',
        ...grant,
      },
    ],
    validFrom: '2026-01-01T00:00:00.000Z',
    validUntil: '2029-01-01T00:00:00.000Z',
    nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
    ...change,
  })
  if (!isServiceAgreement(content)) throw new TypeError('a draft is about services')
  return content
}

const TERMS = {
  type: 'wusla/agreement/v1',
  network: 'AE-DU',
  validFrom: '2026-01-01T00:00:00.000Z',
  validUntil: '2029-01-01T00:00:00.000Z',
  nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
}

/** A valid content: DEWA hosts the branch MORO. */
export function draftHosting(change: object = {}): Agreement {
  return decodeAgreement({
    ...TERMS,
    kind: 'hosting',
    title: { ar: 'استضافة فرع الشبكة مورو', en: 'Hosting the branch MORO' },
    parties: [
      { member: 'AE-DU/GOV/DDA', role: 'operator' },
      { member: 'AE-DU/SEMI/DEWA', role: 'host' },
    ],
    hosting: {
      branch: 'AE-DU/branch/MORO',
      site: { ar: 'مركز بيانات مورو، دبي', en: 'Moro data centre, Dubai' },
      duties: [{ ar: 'توفير الطاقة والتبريد.', en: 'Power and cooling are provided.' }],
    },
    ...change,
  })
}

/** A valid content: RTA joins the network. */
export function draftMembership(change: object = {}): Agreement {
  return decodeAgreement({
    ...TERMS,
    kind: 'membership',
    title: { ar: 'الانضمام إلى الشبكة', en: 'Joining the network' },
    parties: [
      { member: 'AE-DU/GOV/DDA', role: 'operator' },
      { member: 'AE-DU/GOV/RTA', role: 'member' },
    ],
    membership: { duties: [{ ar: 'حفظ المفاتيح.', en: 'Keys are kept safe.' }] },
    ...change,
  })
}
