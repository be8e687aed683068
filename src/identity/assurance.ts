import { WuslaError } from '../protocol/wusla-error.ts'
import type { Person } from './person.ts'

/**
 * How well the provider knows a person: SOP1 unverified, SOP2 verified from an older scheme, SOP3 verified in person. Other
 * schemes are mapped to these three by their adapter's settings.
 */
export type Assurance = 'SOP1' | 'SOP2' | 'SOP3'

/** The legal tier of a signature that a policy asks for. A qualified signature satisfies both. */
export type SignatureTier = 'advanced' | 'qualified'

const RANK: Readonly<Record<Assurance, number>> = Object.freeze({ SOP1: 1, SOP2: 2, SOP3: 3 })
const NEEDED: Readonly<Record<SignatureTier, Assurance>> = Object.freeze({
  advanced: 'SOP2',
  qualified: 'SOP3',
})

/** Whether a text is a level of assurance. */
export function isAssurance(value: unknown): value is Assurance {
  return typeof value === 'string' && Object.hasOwn(RANK, value)
}

/** The tier of the signatures of a person of this level; undefined: such a person cannot sign. */
export function signatureTierOf(assurance: Assurance): SignatureTier | undefined {
  if (assurance === 'SOP3') return 'qualified'
  return assurance === 'SOP2' ? 'advanced' : undefined
}

/**
 * Refuses a person who may not sign with the tier that the policy asks for, before anything leaves this house.
 *
 * @throws WuslaError `assurance_too_low`, `identity_number_missing`
 */
export function assertMaySign(person: Person, required: SignatureTier): void {
  const needed = NEEDED[required]
  if (RANK[person.assurance] < RANK[needed]) {
    throw new WuslaError('assurance_too_low', {
      details: { assurance: person.assurance, needed, required },
    })
  }
  if (person.identityNumber === undefined) throw new WuslaError('identity_number_missing')
}
