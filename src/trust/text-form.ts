const BASE64URL = /^[A-Za-z0-9_-]+$/

/** True for base64url without padding in its only form: stray bits in the last character are refused. */
export function isBase64url(value: string): boolean {
  return BASE64URL.test(value) && Buffer.from(value, 'base64url').toString('base64url') === value
}

/** True for base64url of `min` to `max` bytes. */
export function isBase64urlOf(value: string, min: number, max: number = min): boolean {
  if (!isBase64url(value)) return false
  const bytes = Math.floor((value.length * 3) / 4)
  return bytes >= min && bytes <= max
}

/** True for an absolute http or https URL without credentials, query, fragment or trailing slash. */
export function isHttpUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const url = new URL(value)
  return (
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.username === '' &&
    url.password === '' &&
    !/[?#\s]/.test(value) &&
    !value.endsWith('/')
  )
}
