const CLASS = /^[A-Za-z0-9-]{1,32}$/

/** Whether a text names a class of branches, as transit constraints ask for: 1 to 32 letters, digits and hyphens. */
export function isBranchClass(text: string): boolean {
  return CLASS.test(text)
}
