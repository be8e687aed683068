import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { canonicalJson, parseJsonStrict } from '../protocol/canonical-json.ts'
import type { Json } from '../protocol/canonical-json.ts'
import { isIdentifier } from '../protocol/identifier.ts'
import { WuslaError, isWuslaError } from '../protocol/wusla-error.ts'
import { parseVkey } from './note-key.ts'
import { createSealVerifier } from './seal-key.ts'
import { decodeShape, objectOf, oneOf, text } from './shape.ts'
import type { Shape } from './shape.ts'
import { isBase64url, isHttpUrl } from './text-form.ts'

/**
 * All that somebody needs to hold in order to judge everything else of a network: its directory, its
 * certificates, its evidence. It must reach its reader over a way the reader trusts; nothing in it is secret.
 */
export type Anchor = {
  readonly type: 'wusla/anchor/v1'
  readonly network: string
  /** Seal key of the registry: SPKI DER, base64url. */
  readonly registryKey: string
  /** Root certificate: DER, base64url. */
  readonly rootCertificate: string
  /** Verifier key of the directory's ledger; its name is `wusla/<network>/directory`. */
  readonly logKey: string
  /** Where the registry answers: a URL with http or https, without a trailing slash. Not trusted, only tried. */
  readonly registryUrl: string
}

/** A longer anchor is refused. Unit: bytes. */
export const MAX_ANCHOR_BYTES = 16_384

/** Shape of an anchor, for documents that carry one. Keys and certificate are checked by {@link checkAnchor}. */
export const ANCHOR: Shape<Anchor> = objectOf({
  type: oneOf('wusla/anchor/v1'),
  network: text({ max: 63, test: (value) => isIdentifier('network', value), what: 'a network name' }),
  registryKey: text({ max: 1024, test: isBase64url, what: 'base64url' }),
  rootCertificate: text({ max: 4096, test: isBase64url, what: 'base64url' }),
  logKey: text({ max: 512 }),
  registryUrl: text({ max: 512, test: isHttpUrl, what: 'an http or https URL without a trailing slash' }),
})

/** The origin of a network's directory ledger, which is also the name of its key. */
export function directoryOrigin(network: string): string {
  return `wusla/${network}/directory`
}

/**
 * Reads an anchor file.
 *
 * @throws WuslaError `file_unreadable`, `invalid_anchor`.
 */
export async function readAnchor(file: string): Promise<Anchor> {
  try {
    return parseAnchor(await readFile(file, 'utf8'))
  } catch (cause) {
    if (isWuslaError(cause)) throw cause
    throw new WuslaError('file_unreadable', { details: { file }, cause })
  }
}

/**
 * Reads the text of an anchor file. The result is frozen.
 *
 * @throws WuslaError `invalid_anchor`, with all problems in `details.problems`.
 */
export function parseAnchor(text: string): Anchor {
  let json: Json
  try {
    json = parseJsonStrict(text, { maxBytes: MAX_ANCHOR_BYTES, maxDepth: 2 })
  } catch (cause) {
    throw new WuslaError('invalid_anchor', { cause })
  }
  const decoded = decodeShape(ANCHOR, json)
  if (!decoded.ok) throw new WuslaError('invalid_anchor', { details: { problems: decoded.problems } })
  return checkAnchor(decoded.value)
}

/** The text of an anchor file: canonical JSON and a newline, so equal anchors are equal files. */
export function formatAnchor(anchor: Anchor): string {
  return `${canonicalJson(checkAnchor(anchor))}\n`
}

/**
 * Checks the keys and the certificate inside an anchor of the right shape.
 *
 * @throws WuslaError `invalid_anchor`.
 */
export function checkAnchor(anchor: Anchor): Anchor {
  try {
    createSealVerifier(Buffer.from(anchor.registryKey, 'base64url'))
    const log = parseVkey(anchor.logKey)
    if (log.type !== 'note' || log.name !== directoryOrigin(anchor.network)) {
      throw invalid('the ledger key is not named for the directory of this network')
    }
    const root = new X509Certificate(Buffer.from(anchor.rootCertificate, 'base64url'))
    if (!root.ca || !root.checkIssued(root) || !root.verify(root.publicKey)) {
      throw invalid('the certificate is not a self-signed authority')
    }
  } catch (cause) {
    if (isWuslaError(cause) && cause.code === 'invalid_anchor') throw cause
    throw invalid('a key or the certificate cannot be read', cause)
  }
  return anchor
}

/** The root certificate of an anchor in PEM, as TLS wants it. */
export function rootCertificatePem(anchor: Anchor): string {
  return new X509Certificate(Buffer.from(anchor.rootCertificate, 'base64url')).toString()
}

function invalid(message: string, cause?: unknown): WuslaError {
  return new WuslaError('invalid_anchor', { message, cause })
}
