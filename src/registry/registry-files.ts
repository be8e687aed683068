import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { API_TOKENS_FILE } from '../admin-api/token-store.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { CertificateAuthority } from '../trust/certificate-authority.ts'
import { loadNoteKey, type NoteSigner } from '../trust/note-key.ts'
import { readPrivateFile } from '../trust/private-file.ts'
import { loadSealKey, type SoftwareSealKey } from '../trust/seal-key.ts'

/** Where a registry keeps what it owns, below its state folder. Everything in `keys/` is secret. */
export const FILES = Object.freeze({
  anchor: 'anchor.json',
  apiTokens: API_TOKENS_FILE,
  authorityCertificate: 'keys/authority-certificate.pem',
  authorityKey: 'keys/authority.pem',
  config: 'registry.json',
  enrolments: 'enrolments.sqlite',
  index: 'index.sqlite',
  ledger: 'ledger',
  logKey: 'keys/log.key',
  registryKey: 'keys/registry.pem',
  rootKey: 'keys/root.pem',
})

/** The keys a running registry works with. The root's key is not among them: it can lie in a safe. */
export interface RegistryKeys {
  /** Signs changes that are the registry's to make. */
  readonly registry: SoftwareSealKey
  /** Signs checkpoints of the directory log. */
  readonly log: NoteSigner
  /** Issues certificates to gateways and branches. */
  readonly authority: CertificateAuthority
}

/** Reads the keys of a registry. @throws WuslaError `file_missing`, `secret_exposed`, `invalid_key` */
export async function loadRegistryKeys(directory: string): Promise<RegistryKeys> {
  const certificatePem = await readPrivateFile(join(directory, FILES.authorityCertificate))
  return {
    registry: await loadSealKey(join(directory, FILES.registryKey)),
    log: await loadNoteKey(join(directory, FILES.logKey)),
    authority: {
      certificatePem,
      certificateDer: derOf(certificatePem),
      key: await loadSealKey(join(directory, FILES.authorityKey)),
    },
  }
}

/** Reads a JSON file of the state folder. @throws WuslaError `config_invalid` when it is missing or damaged */
export async function readStateJson(directory: string, name: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(directory, name), 'utf8'))
  } catch (cause) {
    throw new WuslaError('config_invalid', { details: { problems: [`${name}: missing or not JSON`] }, cause })
  }
}

function derOf(pem: string): Uint8Array {
  const body = pem.replace(/-----[A-Z ]+-----/g, '').replace(/\s/g, '')
  return Buffer.from(body, 'base64')
}
