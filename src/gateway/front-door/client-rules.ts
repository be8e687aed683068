import { hash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { isWuslaError, WuslaError } from '../../protocol/wusla-error.ts'
import type { CallerFacts } from './caller-facts.ts'

/** One way in which an information system shows its gateway that it is itself. */
export type ClientRule =
  /** Everybody who reaches the port is believed; on loopback addresses and the HTTPS port only. */
  | { readonly kind: 'none' }
  /** The call comes from one of these addresses (`10.1.2.3`) or networks (`10.1.0.0/16`, `2001:db8::/32`). */
  | { readonly kind: 'address'; readonly allow: readonly string[] }
  /** Mutual TLS on the HTTPS port with one of these certificates: SHA-256 of the DER form, hex or base64url. */
  | { readonly kind: 'certificate'; readonly sha256: readonly string[] }
  /** The header `Wusla-Client-Key` holds a secret with this SHA-256, hex or base64url. */
  | { readonly kind: 'key'; readonly sha256: string }

/** A system (or member) that may call through this gateway. One rule that holds is enough. */
export interface ClientSystem {
  readonly client: string
  readonly rules: readonly ClientRule[]
}

/** Whether a caller is who it says; if not, what to tell it. */
export type ClientVerdict = { readonly ok: true } | { readonly ok: false; readonly message: string }

/** The rules of one client, ready for use. */
export interface ClientGuard {
  /**
   * @param key - value of `Wusla-Client-Key`, if sent
   * @param needsProof - the port can be reached from other machines: the rule `none` lets nobody in
   */
  judge(facts: CallerFacts, key: string | undefined, needsProof?: boolean): ClientVerdict
}

const OK: ClientVerdict = Object.freeze({ ok: true })

/** Prepares the rules of one client. @throws WuslaError `config_invalid` */
export function compileClientRules(name: string, rules: readonly ClientRule[]): ClientGuard {
  const anybody = rules.some((rule) => rule.kind === 'none')
  const addresses = new BlockList()
  const certificates = new Set<string>()
  const keys: Buffer[] = []
  let hasAddresses = false
  for (const rule of rules) {
    if (rule.kind === 'address') {
      hasAddresses = true
      for (const range of rule.allow) addRange(addresses, range)
    } else if (rule.kind === 'certificate') {
      for (const digest of rule.sha256) certificates.add(readSha256(digest).toString('hex'))
    } else if (rule.kind === 'key') {
      keys.push(readSha256(rule.sha256))
    }
  }
  return {
    judge(facts, key, needsProof = false): ClientVerdict {
      if (anybody && !needsProof) return OK
      if (hasAddresses && facts.isWithin(addresses)) return OK
      if (key !== undefined && isKnownKey(key, keys)) return OK
      if (certificates.size === 0) return refused('The calling system did not show who it is')
      const shown = facts.certificateSha256()
      if (shown === undefined)
        return refused(`Client (${name}) specifies HTTPS but did not supply TLS certificate`)
      if (certificates.has(shown)) return OK
      return refused(`Client (${name}) TLS certificate does not match any IS certificates`)
    },
  }
}

/** What is wrong with rules, each with its place (`/0/allow/1: …`), none with its value. Empty: they compile. */
export function clientRuleProblems(rules: readonly ClientRule[]): string[] {
  return rules.flatMap((rule, i) => {
    if (rule.kind === 'address') {
      return wrongItems(rule.allow, (range) => addRange(new BlockList(), range)).map(
        (item) => `/${i}/allow/${item}: must be an address or a network, such as 10.1.0.0/16`,
      )
    }
    if (rule.kind === 'none') return []
    const digests = rule.kind === 'key' ? [rule.sha256] : rule.sha256
    return wrongItems(digests, readSha256).map(
      (item) =>
        `/${i}/sha256${rule.kind === 'key' ? '' : `/${item}`}: must be a SHA-256, hexadecimal or base64url`,
    )
  })
}

function wrongItems(items: readonly string[], read: (item: string) => unknown): number[] {
  return items.flatMap((item, i) => {
    try {
      read(item)
      return []
    } catch (error) {
      if (isWuslaError(error)) return [i]
      throw error
    }
  })
}

function refused(message: string): ClientVerdict {
  return { ok: false, message }
}

/** Every key is compared, each in constant time: the duration tells nothing about any of them. */
function isKnownKey(key: string, keys: readonly Buffer[]): boolean {
  if (keys.length === 0) return false
  const digest = hash('sha256', Buffer.from(key, 'latin1'), 'buffer')
  return keys.reduce((known, candidate) => timingSafeEqual(candidate, digest) || known, false)
}

function addRange(list: BlockList, range: string): void {
  const [address = '', prefix, ...more] = range.split('/')
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined
  const longest = family === 'ipv4' ? 32 : 128
  const bits = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
  if (family === undefined || more.length > 0 || bits < 0 || bits > longest) {
    throw new WuslaError('config_invalid', {
      message: 'An address rule holds neither an address nor a network.',
    })
  }
  list.addSubnet(address, bits, family)
}

/**
 * 32 bytes of a SHA-256 written as 64 hexadecimal digits (colons allowed) or 43 characters of base64url.
 *
 * @throws WuslaError `config_invalid`
 */
export function readSha256(text: string): Buffer {
  const hex = text.replaceAll(':', '')
  if (/^[0-9A-Fa-f]{64}$/.test(hex)) return Buffer.from(hex, 'hex')
  if (/^[\w-]{43}$/.test(text)) return Buffer.from(text, 'base64url')
  throw new WuslaError('config_invalid', {
    message: 'A SHA-256 is neither 64 hexadecimal digits nor base64url.',
  })
}
