import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { generateNoteKey, loadNoteKey, type NoteSigner, saveNoteKey } from '../trust/note-key.ts'
import { writePrivateFile } from '../trust/private-file.ts'
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

/** Puts a new key in the place of the node's own. Durable when it resolves; used from then on. */
export interface KeyChanger {
  readonly changeSeal: (key: SoftwareSealKey) => Promise<void>
  /** @param chainPem - certificate chain over the new key, leaf first */
  readonly changeTls: (key: SoftwareSealKey, chainPem: string) => Promise<void>
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
    fileOf(stateDirectory, name),
  ) as [string, string, string]
  if (!existsSync(seal)) await saveSealKey(seal, generateSealKey())
  if (!existsSync(tls)) await saveSealKey(tls, generateSealKey())
  if (!existsSync(ledger)) await saveNoteKey(ledger, generateNoteKey(evidenceOrigin(gateway)))
  return await loadNodeKeys(stateDirectory)
}

/**
 * Where the TLS key of a node and its certificate chain stand, below its state folder. A change of both that a crash
 * interrupted counts as made as soon as both are whole: the next start finishes it.
 */
export function tlsFilesOf(stateDirectory: string): { readonly key: string; readonly chain: string } {
  const next = (name: string): boolean => existsSync(fileOf(stateDirectory, `${name}.next.pem`))
  if (!next('chain')) return { key: 'keys/tls.pem', chain: 'keys/chain.pem' }
  return { key: next('tls') ? 'keys/tls.next.pem' : 'keys/tls.pem', chain: 'keys/chain.next.pem' }
}

/** Reads the keys of a node and changes nothing. @throws WuslaError `file_unreadable`, `secret_exposed`, `invalid_key` */
export async function loadNodeKeys(stateDirectory: string): Promise<NodeKeys> {
  return {
    seal: await loadSealKey(fileOf(stateDirectory, 'seal.pem')),
    tls: await loadSealKey(join(stateDirectory, tlsFilesOf(stateDirectory).key)),
    ledger: await loadNoteKey(fileOf(stateDirectory, 'ledger.key')),
  }
}

/**
 * The keys of a node as they are now: a rotation puts a new one in place while the node runs, so whoever signs asks
 * for the key each time. Replaced keys are remembered as own for the life of the process.
 */
export class NodeKeyRing implements NodeKeys, KeyChanger {
  readonly ledger: NoteSigner
  readonly #stateDirectory: string
  readonly #own: Set<string>
  #seal: SoftwareSealKey
  #tls: SoftwareSealKey

  private constructor(stateDirectory: string, keys: NodeKeys) {
    this.#stateDirectory = stateDirectory
    this.ledger = keys.ledger
    this.#seal = keys.seal
    this.#tls = keys.tls
    this.#own = new Set([keys.seal.keyId])
  }

  /**
   * Reads the keys of a node, and finishes a change of the TLS key that a crash interrupted.
   *
   * @throws WuslaError `file_unreadable`, `secret_exposed`, `invalid_key`
   */
  static async open(stateDirectory: string): Promise<NodeKeyRing> {
    await finishTlsChange(stateDirectory)
    return new NodeKeyRing(stateDirectory, await loadNodeKeys(stateDirectory))
  }

  get seal(): SoftwareSealKey {
    return this.#seal
  }

  get tls(): SoftwareSealKey {
    return this.#tls
  }

  /** Whether this node signs with that seal key, or did since it started. */
  isOwn(keyId: string): boolean {
    return this.#own.has(keyId)
  }

  readonly changeSeal = async (key: SoftwareSealKey): Promise<void> => {
    await writePrivateFile(fileOf(this.#stateDirectory, 'seal.pem'), key.privateKeyPem())
    this.#seal = key
    this.#own.add(key.keyId)
  }

  readonly changeTls = async (key: SoftwareSealKey, chainPem: string): Promise<void> => {
    await writePrivateFile(fileOf(this.#stateDirectory, 'tls.next.pem'), key.privateKeyPem())
    // From here on a restart brings the change to its end: key and chain are never of two minds.
    await writePrivateFile(fileOf(this.#stateDirectory, 'chain.next.pem'), chainPem)
    await finishTlsChange(this.#stateDirectory)
    this.#tls = key
  }
}

/** Two files cannot be renamed in one step; the second of the new ones says that both are whole. */
async function finishTlsChange(stateDirectory: string): Promise<void> {
  if (!existsSync(fileOf(stateDirectory, 'chain.next.pem'))) return
  for (const name of ['tls', 'chain']) {
    const next = fileOf(stateDirectory, `${name}.next.pem`)
    if (existsSync(next)) await rename(next, fileOf(stateDirectory, `${name}.pem`))
  }
}

function fileOf(stateDirectory: string, name: string): string {
  return join(stateDirectory, 'keys', name)
}
