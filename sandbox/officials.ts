import { MEMBERS } from './layout.ts'

/** Who signs for whom in the sandbox from its first start: persona by member. */
const OFFICIALS: Readonly<Record<string, string>> = {
  'AE-DU/GOV/DDA': 'mariam',
  'AE-DU/SEMI/DEWA': 'khalid',
  'AE-DU/COM/MORO': 'saif',
  'AE-DU/GOV/RTA': 'noura',
  'AE-DU/GOV/DHA': 'hessa',
}

/** The persona that signs for a member that was built with the sandbox. */
export function officialOf(member: string): string {
  const persona = OFFICIALS[member]
  if (persona === undefined) throw new Error(`nobody signs for ${member}`)
  return persona
}

/** The office in which they sign: that of the member, never the person. */
export function officeOf(member: string): { readonly en: string; readonly ar: string } {
  const name = MEMBERS.find((entry) => entry.member === member)?.name
  return {
    en: ['Authorised signatory', name?.en].filter((part) => part !== undefined).join(', '),
    ar: ['المفوَّض بالتوقيع', name?.ar].filter((part) => part !== undefined).join('، '),
  }
}
