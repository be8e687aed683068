import { BlockList, isIPv6 } from 'node:net'
import { type LinkAddress, parseLinkAddress } from '../../transport/link-address.ts'

/** Which announced addresses a gateway dials. */
export interface DialRule {
  /** Whom: nobody, gateways with a registered line from here, or everybody who announces an address. */
  readonly dial: 'off' | 'lines' | 'any'
  /** Whether also addresses of this machine and its own link, as in a sandbox. */
  readonly local: boolean
}

/**
 * Where an announcement must not make anybody connect: to itself and its neighbourhood, where services trust whoever
 * reaches them (metadata services of clouds answer on a link-local address), or to no single machine. Private
 * addresses are not here: they are those of government networks.
 */
const LOCAL_NETS = [
  ['0.0.0.0', 8, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  // Unspecified, loopback and the old form that carries an IPv4 address.
  ['::', 96, 'ipv6'],
  // Translators carry IPv4 addresses, of whichever net.
  ['64:ff9b::', 96, 'ipv6'],
  ['64:ff9b:1::', 48, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
] as const

/**
 * The address to connect to, or nothing when an announcement is not a reason to: it is none, or it leads to this
 * machine, its link, or to no single machine. IPv4 addresses in IPv6 form count as what they carry.
 *
 * @param announced - as the directory has it: `IPv4:port` or `[IPv6]:port`
 */
export function dialableAddress(announced: string, { local }: DialRule): LinkAddress | undefined {
  const address = parseLinkAddress(announced)
  if (address === undefined || address.port === 0) return undefined
  return local || !isLocal(address.host) ? address : undefined
}

function isLocal(host: string): boolean {
  const nets = new BlockList()
  for (const [net, bits, family] of LOCAL_NETS) nets.addSubnet(net, bits, family)
  return nets.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')
}
