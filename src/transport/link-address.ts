import { isIP } from 'node:net'

/** Where to connect to. */
export interface LinkAddress {
  readonly host: string
  readonly port: number
}

const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/

/** Reads `host:port` or `[ipv6]:port`; `undefined` when it is neither. Ports are 0 to 65535. */
export function parseLinkAddress(text: string): LinkAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  if (match === null) return undefined
  const [, bracketed, plain, digits] = match
  const port = Number(digits)
  if (port > 65_535) return undefined
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? { host: bracketed, port } : undefined
  if (plain === undefined || (isIP(plain) === 0 && !HOST_NAME.test(plain))) return undefined
  return { host: plain, port }
}

/** Whether a host is one numeric address, without a zone: what can be dialled from elsewhere and needs no resolving. */
export function isNumericHost(host: string): boolean {
  return isIP(host) !== 0 && !host.includes('%') && !/^(?:0\.0\.0\.0|[0:]+)$/.test(host)
}

/** The text form of an address, with brackets around IPv6. */
export function formatLinkAddress(address: LinkAddress): string {
  return isIP(address.host) === 6 ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}
