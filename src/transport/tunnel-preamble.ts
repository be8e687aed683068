import { isTicket } from './branch-control.ts'

/** What a tunnel connection begins with: `WUSLA/1 <ticket>\n`, always of this many bytes. */
export const PREAMBLE_BYTES = 52

/** The byte by which a branch tells whoever asked for the tunnel that both ends are joined. */
export const READY_BYTE = 0x01

/** How long a ticket is good for, in milliseconds. */
export const TICKET_LIFE_MS = 10_000

const PREFIX = 'WUSLA/1 '

/** The first bytes that a caller sends on a tunnel connection. */
export function encodePreamble(ticket: string): string {
  return `${PREFIX}${ticket}\n`
}

/** The ticket of a preamble of exactly {@link PREAMBLE_BYTES} bytes; `undefined` when it is none. */
export function readPreamble(bytes: Buffer): string | undefined {
  if (bytes.length !== PREAMBLE_BYTES) return undefined
  const text = bytes.toString('latin1')
  const ticket = text.slice(PREFIX.length, -1)
  return text.startsWith(PREFIX) && text.endsWith('\n') && isTicket(ticket) ? ticket : undefined
}

/**
 * How long the tunnel port of a branch may take for the connection and the ready byte, in milliseconds. Everything beyond it
 * stands before anybody is told to dial, so two round trips are all it needs.
 */
export const TUNNEL_PORT_MS = 2_500
