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
 * Makes the keys of a new node in `keys/` of its state folder.
 *
 * @throws WuslaError `file_exists` when there are keys already: they may be the only ones a member has.
 */
export async function createNodeKeys(stateDirectory: string, gateway: string): Promise<NodeKeys> {
  const keys: NodeKeys = {
    seal: generateSealKey(),
    tls: generateSealKey(),
    ledger: generateNoteKey(evidenceOrigin(gateway)),
  }
  await saveSealKey(join(stateDirectory, 'keys', 'seal.pem'), keys.seal)
  await saveSealKey(join(stateDirectory, 'keys', 'tls.pem'), keys.tls)
  await saveNoteKey(join(stateDirectory, 'keys', 'ledger.key'), keys.ledger)
  return keys
}

/** Reads the keys of a node. @throws WuslaError `file_missing`, `secret_exposed`, `invalid_key` */
export async function loadNodeKeys(stateDirectory: string): Promise<NodeKeys> {
  return {
    seal: await loadSealKey(join(stateDirectory, 'keys', 'seal.pem')),
    tls: await loadSealKey(join(stateDirectory, 'keys', 'tls.pem')),
    ledger: await loadNoteKey(join(stateDirectory, 'keys', 'ledger.key')),
  }
}
