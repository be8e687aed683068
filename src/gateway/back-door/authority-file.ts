import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { WuslaError } from '../../protocol/wusla-error.ts'

/** A longer file is refused. Unit: bytes. */
const MAX_BYTES = 1_048_576

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * The certificates in the PEM file of a backend's authority.
 *
 * @throws WuslaError `backend_authority_unreadable` when the file cannot be read, is longer than 1 MiB, or holds no
 *   certificate or a damaged one
 */
export function readAuthorityFile(file: string): string {
  try {
    if (statSync(file).size > MAX_BYTES) throw new RangeError('too long')
    const certificates = readFileSync(file, 'utf8').match(CERTIFICATE) ?? []
    if (certificates.length === 0) throw new SyntaxError('no certificate')
    return certificates.map((pem) => new X509Certificate(pem).toString()).join('')
  } catch (cause) {
    throw new WuslaError('backend_authority_unreadable', { details: { sent: false }, cause })
  }
}

/** The authority of one backend, read again when its file has changed: an exchanged certificate needs no restart. */
export class BackendAuthority {
  readonly #file: string
  #known: { readonly mark: string; readonly pem: string } | undefined

  /** @param file - absolute path */
  constructor(file: string) {
    this.#file = file
  }

  /** The certificates as they are in the file now. @throws WuslaError as {@link readAuthorityFile} */
  pem(): string {
    const facts = statSync(this.#file, { bigint: true, throwIfNoEntry: false })
    const mark = facts === undefined ? '' : `${facts.ino} ${facts.size} ${facts.mtimeNs} ${facts.ctimeNs}`
    if (this.#known?.mark !== mark) this.#known = { mark, pem: readAuthorityFile(this.#file) }
    return this.#known.pem
  }
}
