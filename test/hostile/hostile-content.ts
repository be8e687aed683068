import type { Agreement, Grant } from '../../src/agreements/agreement.ts'
import { draft } from '../../src/agreements/testing/draft-agreement.ts'

/** The content that RTA and DEWA have accepted, valid whenever the test runs. */
export const contentWith = (terms: Partial<Grant>): Agreement =>
  draft({
    grant: { operations: ['GET', 'POST'].map((method) => ({ method, path: '/bills/*' })), ...terms },
    validFrom: '2020-01-01T00:00:00.000Z',
    validUntil: '2099-01-01T00:00:00.000Z',
  })
