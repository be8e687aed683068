import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { API_TOKENS_FILE } from '../../src/admin-api/token-store.ts'
import { type BranchConfig, decodeBranchConfig } from '../../src/branch/branch-config.ts'
import { isIdentifier, networkOf } from '../../src/protocol/identifier.ts'
import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { type Anchor, readAnchor } from '../../src/trust/anchor.ts'
import { loadNoteKey, type NoteSigner } from '../../src/trust/note-key.ts'
import { loadSealKey, type SoftwareSealKey } from '../../src/trust/seal-key.ts'
import { readJson } from './read-json.ts'
import { checkApiTokens, readCertificateChain, StateProblems } from './state-problems.ts'

/** What a branch reads from its state folder before it starts. */
export interface BranchState {
  readonly config: BranchConfig
  readonly anchor: Anchor
  readonly tlsKey: SoftwareSealKey
  readonly witnessKey: NoteSigner
}

/**
 * Reads and checks the whole state folder of a branch.
 *
 * @throws WuslaError `config_invalid` with every problem of every file
 */
export async function readBranchState(directory: string): Promise<BranchState> {
  const problems = new StateProblems(directory)
  const file = (name: string): string => join(directory, name)
  const config = await problems.read('branch.json', async () =>
    decodeConfig(await readJson(file('branch.json'))),
  )
  const anchor = await problems.read('anchor.json', async () => await readAnchor(file('anchor.json')))
  const tlsKey = await problems.read('keys/tls.pem', async () => await loadSealKey(file('keys/tls.pem')))
  const witnessKey = await problems.read(
    'keys/witness.key',
    async () => await loadNoteKey(file('keys/witness.key')),
  )
  // A branch needs no API tokens: without any only this machine reads its status.
  if (existsSync(file(API_TOKENS_FILE)))
    await problems.read(API_TOKENS_FILE, async () => await checkApiTokens(directory))
  const id = config?.branch
  if (id !== undefined && isIdentifier('branch', id)) {
    const network = networkOf(id)
    if (anchor !== undefined && anchor.network !== network)
      problems.add('branch.json', ['/branch: is not of the network of the anchor'])
    if (tlsKey !== undefined) {
      const owner = { network, id, tlsKey }
      await problems.read('keys/chain.pem', async () => await readCertificateChain(directory, owner))
    }
  }
  problems.assertNone()
  return { config, anchor, tlsKey, witnessKey } as BranchState
}

function decodeConfig(value: unknown): BranchConfig {
  const decoded = decodeBranchConfig(value)
  if (decoded.ok) return decoded.config
  throw new WuslaError('config_invalid', { details: { problems: decoded.problems } })
}
