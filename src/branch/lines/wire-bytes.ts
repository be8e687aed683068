/** Bytes of a tunnel that fit one packet: 1,500 less the headers of IPv4 and of TCP with time stamps. */
export const SEGMENT_BYTES = 1_448

/** What a packet costs on an Ethernet beside them: 14 + 20 + 32 bytes. */
const HEADER_BYTES = 66

/** How much more than the bytes of tunnels passes on a line when packets are full. */
export const WIRE_FACTOR = (SEGMENT_BYTES + HEADER_BYTES) / SEGMENT_BYTES

/** What one write to a tunnel takes of a line, in bytes, if each write leaves in packets of its own. */
export function wireBytes(bytes: number): number {
  return bytes + Math.ceil(bytes / SEGMENT_BYTES) * HEADER_BYTES
}

/** Bytes in so many milliseconds as megabits per second. */
export function toMbps(bytes: number, ms: number): number {
  return (bytes * 8) / 1_000 / ms
}

/** Bytes that a line of so many megabits per second carries in a millisecond. */
export function bytesPerMs(mbps: number): number {
  return mbps * 125
}
