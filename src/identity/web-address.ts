/**
 * Whether a text is an absolute https address, or plain http to this machine itself, without credentials and fragment. What
 * goes to other machines holds tokens and identity numbers.
 */
export function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const isOpen = url.username === '' && url.password === '' && url.hash === ''
  return isOpen && (url.protocol === 'https:' || isPlainLocal(text))
}

/** Whether an address is plain http to this machine. */
export function isPlainLocal(text: string): boolean {
  const { protocol, hostname } = new URL(text)
  return (
    protocol === 'http:' &&
    (hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname))
  )
}
