/** The 16 bytes of an exchange id: a third of its text, and new ones sort behind old ones. */
export function exchangeKey(exchange: string): Buffer {
  return Buffer.from(exchange.replaceAll('-', ''), 'hex')
}

/** The text of an exchange id from its 16 bytes. */
export function exchangeOfKey(key: Uint8Array): string {
  const hex = Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
