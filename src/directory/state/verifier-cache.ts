import { createSealVerifier } from '../../trust/seal-key.ts'
import type { SealVerifier } from '../../trust/seal-key.ts'

/** Verifiers by key id. Building one costs about 50 µs and some kilobytes outside the heap, so few are kept. */
export interface VerifierCache {
  /** @throws WuslaError `invalid_key` when the bytes are no point of the curve. */
  get(keyId: string, publicKey: string): SealVerifier
}

const DEFAULT_CAPACITY = 4096

/** A cache that forgets what was not used for longest. */
export function createVerifierCache(capacity: number = DEFAULT_CAPACITY): VerifierCache {
  const verifiers = new Map<string, SealVerifier>()
  return {
    get(keyId, publicKey) {
      const known = verifiers.get(keyId)
      if (known !== undefined) {
        // A Map keeps its order of insertion: going to the end marks the newest use.
        verifiers.delete(keyId)
        verifiers.set(keyId, known)
        return known
      }
      const verifier = createSealVerifier(Buffer.from(publicKey, 'base64url'))
      verifiers.set(keyId, verifier)
      if (verifiers.size > capacity) {
        const oldest = verifiers.keys().next()
        if (oldest.done !== true) verifiers.delete(oldest.value)
      }
      return verifier
    },
  }
}
