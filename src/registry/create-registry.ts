import { mkdir } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type ApiRole, createApiTokens } from '../admin-api/api-tokens.ts'
import { openLedger } from '../ledger/ledger.ts'
import { type Clock, formatTime } from '../protocol/clock.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { type Anchor, directoryOrigin, formatAnchor } from '../trust/anchor.ts'
import { createIssuingCa, createNetworkRoot } from '../trust/certificate-authority.ts'
import { generateNoteKey, saveNoteKey } from '../trust/note-key.ts'
import { writePrivateFile } from '../trust/private-file.ts'
import { generateSealKey, saveSealKey } from '../trust/seal-key.ts'
import { encodeSignedChange, signChange, type SignedChange } from '../trust/signed-change.ts'
import type { RegistryConfig } from './registry-config.ts'
import { FILES } from './registry-files.ts'

export interface CreateRegistryOptions {
  readonly directory: string
  readonly config: RegistryConfig
  readonly name: { readonly ar: string; readonly en: string }
  /** How long gateways go on without a fresh directory, in hours. Default 72. */
  readonly maxStalenessHours?: number
  readonly clock: Clock
}

export interface CreatedRegistry {
  /** File with the trust anchor. */
  readonly anchor: string
  /** One token for each role, shown once; only digests are stored. */
  readonly tokens: Readonly<Record<ApiRole, string>>
}

/**
 * Founds a network: its root and issuing authority, the registry's keys, and entry 0 of its directory. An explicit
 * act, never a side effect of starting: a registry whose folder was lost must not quietly found a second network.
 *
 * @throws WuslaError `file_exists` when the folder holds a registry already.
 */
export async function createRegistry(options: CreateRegistryOptions): Promise<CreatedRegistry> {
  const { directory, config, clock } = options
  if (existsSync(join(directory, FILES.config))) {
    throw new WuslaError('file_exists', { details: { file: join(directory, FILES.config) } })
  }
  await mkdir(join(directory, 'keys'), { recursive: true, mode: 0o700 })
  const nowMs = clock.nowMs()
  const root = await createNetworkRoot({ network: config.network, nowMs })
  const authority = await createIssuingCa({ network: config.network, root, nowMs })
  const registryKey = generateSealKey()
  const logKey = generateNoteKey(directoryOrigin(config.network))
  const anchor: Anchor = {
    type: 'wusla/anchor/v1',
    network: config.network,
    registryKey: Buffer.from(registryKey.publicKeyDer).toString('base64url'),
    rootCertificate: Buffer.from(root.certificateDer).toString('base64url'),
    logKey: logKey.vkey,
    registryUrl: config.publicUrl,
  }
  await saveSealKey(join(directory, FILES.rootKey), root.key)
  await saveSealKey(join(directory, FILES.authorityKey), authority.key)
  await writePrivateFile(join(directory, FILES.authorityCertificate), authority.certificatePem)
  await saveSealKey(join(directory, FILES.registryKey), registryKey)
  await saveNoteKey(join(directory, FILES.logKey), logKey)
  const founding: SignedChange['change'] = {
    type: 'wusla/change/v1',
    kind: 'network_founded',
    network: config.network,
    time: formatTime(nowMs),
    registryKey: anchor.registryKey,
    rootCertificate: anchor.rootCertificate,
    logKey: anchor.logKey,
    name: options.name,
    maxStalenessHours: options.maxStalenessHours ?? 72,
  }
  const signature = await signChange(founding, 'registry', registryKey)
  await writeFirstEntry(options, logKey, encodeSignedChange({ change: founding, signatures: [signature] }))
  await writePrivateFile(join(directory, FILES.anchor), formatAnchor(anchor))
  const { tokens, stored } = createApiTokens()
  await writePrivateFile(join(directory, FILES.apiTokens), `${JSON.stringify(stored)}\n`)
  // Last: a folder with this file is a whole registry.
  await writePrivateFile(join(directory, FILES.config), `${JSON.stringify(config, null, 2)}\n`)
  return {
    anchor: join(directory, FILES.anchor),
    tokens,
  }
}

async function writeFirstEntry(
  { directory, config, clock }: CreateRegistryOptions,
  signer: ReturnType<typeof generateNoteKey>,
  entry: string,
): Promise<void> {
  await using ledger = await openLedger({
    directory: join(directory, FILES.ledger),
    origin: directoryOrigin(config.network),
    signer,
    writeEntryBundles: true,
    clock,
    onEvent: () => undefined,
    create: true,
  })
  await ledger.append(Buffer.from(entry, 'utf8'))
  await ledger.checkpoint()
}
