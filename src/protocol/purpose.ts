const PURPOSE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/

/** The header in which a calling system says what a call is for; a provider's gateway shows it to the backend. */
export const PURPOSE_HEADER = 'wusla-purpose'

/** Whether a text has the form of a purpose code: `docs/spec/agreement.md` 2.2. */
export function isPurposeCode(text: string): boolean {
  return PURPOSE.test(text)
}
