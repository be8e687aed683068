import { decodeAgreement } from '../agreement.ts'
import type { Agreement, Grant } from '../agreement.ts'

/** What a test wants otherwise than in the usual draft. */
export type Draft = Partial<Agreement> & { readonly grant?: Partial<Grant> }

/** A valid content: RTA may read single bills of DEWA in the years 2026 to 2028. */
export function draft({ grant, ...change }: Draft = {}): Agreement {
  return decodeAgreement({
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
}
