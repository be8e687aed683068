/** Remembers which nonces were used, so that a request overheard or replayed works no second time. */
export interface NonceMemory {
  /**
   * `fresh` the first time within the life of a nonce, `used` after that. `full` when this key has as many living
   * nonces as one key may have: the request must be refused, since forgetting one would let it be replayed.
   * Another key is not affected.
   */
  use(keyId: string, nonce: string, nowMs: number): 'fresh' | 'used' | 'full'
}

/**
 * Makes a memory.
 *
 * @param options.lifeMs - how long a nonce is kept; must be at least the whole time in which a request is
 * accepted, before and after its own time. Default 120,000 ms: twice the window of a sealed request.
 * @param options.maxPerKey - living nonces of one key, default 10,000 (about 1 MiB).
 */
export function createNonceMemory(options: { lifeMs?: number; maxPerKey?: number } = {}): NonceMemory {
  const { lifeMs = 120_000, maxPerKey = 10_000 } = options
  const byKey = new Map<string, Map<string, number>>()
  return Object.freeze({
    use(keyId: string, nonce: string, nowMs: number) {
      let nonces = byKey.get(keyId)
      if (nonces === undefined) byKey.set(keyId, (nonces = new Map()))
      forgetOld(nonces, nowMs)
      if (nonces.has(nonce)) return 'used'
      if (nonces.size >= maxPerKey) return 'full'
      nonces.set(nonce, nowMs + lifeMs)
      return 'fresh'
    },
  })
}

// A map keeps the order of insertion, so the oldest come first. A clock that steps back only keeps some longer.
function forgetOld(nonces: Map<string, number>, nowMs: number): void {
  for (const [nonce, expiresMs] of nonces) {
    if (expiresMs >= nowMs) return
    nonces.delete(nonce)
  }
}
