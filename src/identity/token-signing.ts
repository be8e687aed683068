import { X509Certificate } from 'node:crypto'
import * as asn1js from 'asn1js'
import { AlgorithmIdentifier } from 'pkijs'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { DigestsToSign } from './hash-signing.ts'
import type { HiddenText } from './hidden-text.ts'
import { runPkcs11Tool } from './token/run-pkcs11-tool.ts'
import { type TokenObject, tokenObjects } from './token/token-objects.ts'

/** A card, a stick or a security module that speaks PKCS #11, as its vendor's module reaches it. */
export interface TokenSettings {
  /** Absolute path of the vendor's PKCS #11 module (a shared library). It is code: whoever can write it can sign. */
  readonly module: string
  /** Label of the token. Default: the only one that is plugged in. */
  readonly tokenLabel?: string
  /** OpenSC's program. Default: `pkcs11-tool`, as the path finds it. */
  readonly program?: string
  /** Longest time of one question to the token, with the person at a PIN pad. Unit: ms, default 60,000. */
  readonly timeoutMs?: number
  /** What the module wants in its environment beside PATH and HOME. */
  readonly environment?: Readonly<Record<string, string>>
}

/** A private key on a token, with the certificate that goes with it. */
export interface TokenKey {
  /** `CKA_ID`, hexadecimal. */
  readonly id: string
  readonly label: string
  readonly kind: 'rsa' | 'ec'
  /** DER, the key's own first, then those of its authorities that the token has. */
  readonly certificates: readonly [Uint8Array, ...Uint8Array[]]
}

/** Algorithm identifiers of the digests (RFC 8017, B.1) by their names. */
const DIGEST_OIDS = {
  'SHA-256': '2.16.840.1.101.3.4.2.1',
  'SHA-384': '2.16.840.1.101.3.4.2.2',
  'SHA-512': '2.16.840.1.101.3.4.2.3',
} as const

/**
 * The keys of a token that have a certificate on it, RSA and ECDSA. The person's PIN opens it once.
 *
 * @throws WuslaError `token_program_missing` without OpenSC's `pkcs11-tool`; `token_refused`, whose details say why: `pin_incorrect`,
 *   `pin_locked`, `token_not_found`, `module_not_loaded`, `timed_out`, `other`
 */
export async function tokenKeys(settings: TokenSettings, pin: HiddenText): Promise<readonly TokenKey[]> {
  const list = async (type: string): Promise<readonly TokenObject[]> => {
    const listing = await runPkcs11Tool(settings, { args: ['--list-objects', '--type', type], pin })
    return tokenObjects(listing.toString('utf8'))
  }
  const keys = await list('privkey')
  const present: { readonly id: string; readonly certificate: X509Certificate }[] = []
  for (const { id } of await list('cert')) {
    const certificate = readable(await readCertificate(settings, id, pin))
    if (certificate !== undefined) present.push({ id, certificate })
  }
  return keys.flatMap(({ id, label }) => {
    const own = present.find((each) => each.id === id)?.certificate
    const kind = own?.publicKey.asymmetricKeyType
    if (own === undefined || (kind !== 'rsa' && kind !== 'ec')) return []
    const others = present.map(({ certificate }) => certificate)
    return [{ id, label, kind, certificates: [new Uint8Array(own.raw), ...chainAbove(own, others)] }]
  })
}

/**
 * Signs digests with a key of a token, one after the other. Signatures are RSA (PKCS #1) or ECDSA in DER, as a port for hash
 * signing gives them.
 *
 * @throws WuslaError as {@link tokenKeys}, and `token_refused` with `key_not_found` or `algorithm_not_offered`
 */
export async function signWithTokenKey(
  settings: TokenSettings,
  key: Pick<TokenKey, 'id' | 'kind'>,
  { hash, digests }: DigestsToSign,
  pin: HiddenText,
): Promise<readonly Uint8Array[]> {
  const mechanism = key.kind === 'ec' ? ['ECDSA', '--signature-format', 'sequence'] : (['RSA-PKCS'] as const)
  const signatures: Uint8Array[] = []
  for (const digest of digests) {
    const input = key.kind === 'ec' ? digest : digestInfo(hash, digest)
    const args = ['--sign', '--id', key.id, '--mechanism', ...mechanism]
    const signature = await runPkcs11Tool(settings, { args, pin, input })
    if (signature.length === 0) throw new WuslaError('token_refused', { details: { reason: 'other' } })
    signatures.push(new Uint8Array(signature))
  }
  return signatures
}

/** Read with the PIN, for some cards hide certificates too. */
async function readCertificate(settings: TokenSettings, id: string, pin: HiddenText): Promise<Buffer> {
  return await runPkcs11Tool(settings, { args: ['--read-object', '--type', 'cert', '--id', id], pin })
}

function readable(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    // A certificate that nobody can read belongs to no key here.
    return undefined
  }
}

function chainAbove(own: X509Certificate, others: readonly X509Certificate[]): readonly Uint8Array[] {
  const chain: Uint8Array[] = []
  let at = own
  while (chain.length < others.length) {
    const issuer = others.find((each) => at.checkIssued(each) && !each.raw.equals(at.raw))
    if (issuer === undefined) break
    chain.push(new Uint8Array(issuer.raw))
    at = issuer
  }
  return chain
}

/** RSA with PKCS #1 signs a digest together with its name (RFC 8017, 9.2). */
function digestInfo(hash: DigestsToSign['hash'], digest: Uint8Array): Uint8Array {
  const algorithm = new AlgorithmIdentifier({
    algorithmId: DIGEST_OIDS[hash],
    algorithmParams: new asn1js.Null(),
  })
  const octets = new asn1js.OctetString({ valueHex: Uint8Array.from(digest).buffer })
  return new Uint8Array(new asn1js.Sequence({ value: [algorithm.toSchema(), octets] }).toBER())
}
