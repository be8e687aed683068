import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { generateNoteKey, loadNoteKey, type NoteSigner, saveNoteKey } from '../trust/note-key.ts'
import { generateSealKey, loadSealKey, saveSealKey, type SoftwareSealKey } from '../trust/seal-key.ts'

/** The three keys of a gateway node. They are made on the node and never leave it. */
export interface NodeKeys {
  /** Signs for the member: batches, changes, acceptances. */
  readonly seal: SoftwareSealKey
  /** Proves the node in TLS. */
  readonly tls: SoftwareSealKey
  /** Signs the checkpoints of the node's evidence ledger. */
  readonly ledger: NoteSigner
}

/** The origin of a gateway's evidence ledger, also the name of its key. */
export function evidenceOrigin(gateway: string): string {
  return `wusla/${gateway}`
}

/**
 * Makes the keys of a new node in `keys/` of its state folder. Those that are there already, from a join that was not
 * finished, are used: none is ever replaced, since it may be the only one a member has.
 *
 * @throws WuslaError `secret_exposed`, `invalid_key`
 */
export async function createNodeKeys(stateDirectory: string, gateway: string): Promise<NodeKeys> {
  const [seal, tls, ledger] = ['seal.pem', 'tls.pem', 'ledger.key'].map((name) =>
    join(stateDirectory, 'keys', name),
  ) as [string, string, string]
  if (!existsSync(seal)) await saveSealKey(seal, generateSealKey())
  if (!existsSync(tls)) await saveSealKey(tls, generateSealKey())
  if (!existsSync(ledger)) await saveNoteKey(ledger, generateNoteKey(evidenceOrigin(gateway)))
  return await loadNodeKeys(stateDirectory)
}

/** Reads the keys of a node. @throws WuslaError `file_missing`, `secret_exposed`, `invalid_key` */
export async function loadNodeKeys(stateDirectory: string): Promise<NodeKeys> {
  return {
    seal: await loadSealKey(join(stateDirectory, 'keys', 'seal.pem')),
    tls: await loadSealKey(join(stateDirectory, 'keys', 'tls.pem')),
    ledger: await loadNoteKey(join(stateDirectory, 'keys', 'ledger.key')),
  }
}
