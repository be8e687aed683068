import { emailOf, type Persona } from '../personas.ts'

/** What one persona's user information says: which claims there are depends on the level, and on the scope for visitors. */
export function userInfoOf(persona: Persona, scope: string): Readonly<Record<string, unknown>> {
  const { en, ar, sop, subject, uuid, mobile } = persona
  const basic = {
    sub: `UAEPASS/${subject}`,
    uuid,
    userType: sop,
    mobile,
    email: emailOf(persona),
    firstnameEN: en.first,
    lastnameEN: en.last,
    acr: 'urn:safelayer:tws:policies:authentication:level:low',
    amr: ['urn:uae:authentication:method:verified'],
  }
  if (persona.isVisitor) {
    const asked = scope.split(' ')
    const profile = 'urn:uae:digitalid:profile:general'
    return {
      ...basic,
      ...(asked.includes(`${profile}:profileType`) ? { profileType: '2' } : {}),
      ...(asked.includes(`${profile}:unifiedId`) ? { unifiedID: `2${mobile}` } : {}),
    }
  }
  if (sop === 'SOP1') return basic
  return {
    ...basic,
    firstnameAR: ar.first,
    lastnameAR: ar.last,
    fullnameEN: packed(en),
    fullnameAR: packed(ar),
    idn: persona.emiratesId,
    idType: 'ID',
    nationalityEN: persona.nationality.en,
    nationalityAR: persona.nationality.ar,
    gender: persona.gender,
    titleEN: persona.gender === 'Male' ? 'Mr' : 'Ms',
    titleAR: persona.gender === 'Male' ? 'السيد' : 'السيدة',
  }
}

/** Names come packed with commas, with empty parts and blanks at their end. */
function packed({ first, middle, last }: Persona['en']): string {
  return `${first},${middle},,,${last} `
}
