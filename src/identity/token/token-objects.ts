/** An object on a token, as `pkcs11-tool --list-objects` names it. */
export interface TokenObject {
  /** `CKA_ID`, hexadecimal. A key and its certificate have the same. */
  readonly id: string
  readonly label: string
}

const MAX_OBJECTS = 64

/**
 * Reads a list of objects: each begins at the left margin (`Private Key Object; EC`), and its lines are indented. Objects without an
 * identifier are left out, for nothing belongs to them.
 */
export function tokenObjects(listing: string): readonly TokenObject[] {
  const objects = listing.split(/^(?=\S)/m).map((text) => ({
    id: /^ {2}ID: +([0-9a-f]{2,128})\s*$/m.exec(text)?.[1] ?? '',
    label: /^ {2}label: +(.*?)\s*$/m.exec(text)?.[1] ?? '',
    isObject: /^[A-Z][A-Za-z ]+ Object[;,]/.test(text),
  }))
  return objects
    .filter(({ id, isObject }) => id !== '' && isObject)
    .slice(0, MAX_OBJECTS)
    .map(({ id, label }) => ({ id, label }))
}
