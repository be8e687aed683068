import { X509Certificate } from 'node:crypto'
import { readNamedFile } from './named-file.ts'
import { UsageError } from './voice.ts'

/** A bundle of certificates is never longer. Unit: bytes. */
const MAX_PEM_BYTES = 1_048_576

/**
 * All certificates in files that the user named, DER.
 *
 * @param option - what the user calls them, e.g. `--trust`
 * @throws UsageError `file_unreadable`; `usage` when a file holds no certificate in PEM
 */
export async function readCertificates(
  option: string,
  files: readonly string[],
): Promise<readonly Uint8Array[]> {
  const found: Uint8Array[] = []
  for (const file of files) {
    const text = (await readNamedFile(option, file, MAX_PEM_BYTES)).toString('latin1')
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
    try {
      if (blocks.length === 0) throw new TypeError('no certificate')
      found.push(...blocks.map((block) => new X509Certificate(block).raw))
    } catch {
      throw new UsageError(
        `${option} ${file} holds no certificate in PEM`,
        'name the root certificate as a PEM file',
      )
    }
  }
  return found
}
