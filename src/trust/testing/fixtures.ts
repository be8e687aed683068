import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Anchor } from '../anchor.ts'
import { directoryOrigin } from '../anchor.ts'
import { createNetworkRoot } from '../certificate-authority.ts'
import { generateNoteKey } from '../note-key.ts'
import { generateSealKey } from '../seal-key.ts'
import type { ErrorCode } from '../../protocol/error-codes.ts'
import { isWuslaError } from '../../protocol/wusla-error.ts'

/** For `assert.throws` and `assert.rejects`: an error with this code and, if given, this step. */
export function code(expected: ErrorCode, step?: string): (error: unknown) => boolean {
  return (error) => {
    if (!isWuslaError(error) || error.code !== expected) return false
    return step === undefined || error.details['step'] === step
  }
}

/** An empty directory that goes away with its scope. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'wusla-trust-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

/** An anchor with fresh keys, as the founder of a network would write it. */
export async function testAnchor(network: string): Promise<Anchor> {
  const root = await createNetworkRoot({ network, nowMs: Date.now() })
  return {
    type: 'wusla/anchor/v1',
    network,
    registryKey: Buffer.from(generateSealKey().publicKeyDer).toString('base64url'),
    rootCertificate: Buffer.from(root.certificateDer).toString('base64url'),
    logKey: generateNoteKey(directoryOrigin(network)).vkey,
    registryUrl: 'http://127.0.0.1:7000',
  }
}
