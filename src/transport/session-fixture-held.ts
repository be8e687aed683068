import type { SealKey } from '../trust/seal-key.ts'
import type { SessionOptions } from './session-options.ts'

/** For tests: a key, a recorder and a body that do nothing before they are told to. */

/** A seal key that signs when it is told to. */
export function makeHeldKey(key: SealKey): {
  readonly key: SealKey
  readonly release: () => void
  readonly waiting: () => number
} {
  const waiting: (() => void)[] = []
  return {
    key: {
      keyId: key.keyId,
      algorithm: key.algorithm,
      publicKeyDer: key.publicKeyDer,
      sign: async (data) => {
        await new Promise<void>((resolve) => waiting.push(resolve))
        return key.sign(data)
      },
    },
    release: () => waiting.shift()?.(),
    waiting: () => waiting.length,
  }
}

/** A recorder whose batches become durable, or fail, when it is told to. */
export function makeHeldRecorder(): {
  readonly recordBatch: SessionOptions['recordBatch']
  readonly release: (error?: Error) => void
  readonly waiting: () => number
} {
  const waiting: PromiseWithResolvers<void>[] = []
  return {
    recordBatch: () => {
      const deferred = Promise.withResolvers<void>()
      waiting.push(deferred)
      return deferred.promise
    },
    release: (error) => {
      const deferred = waiting.shift()
      if (error === undefined) deferred?.resolve()
      else deferred?.reject(error)
    },
    waiting: () => waiting.length,
  }
}

/** A body whose chunks are given out one by one by the test; counts what was taken, and knows whether it was let go. */
export class HandBody implements AsyncIterable<Uint8Array> {
  taken = 0
  returned = false
  readonly #chunks: (Uint8Array | Error | undefined)[] = []
  #wake: (() => void) | undefined

  give(...chunks: (Uint8Array | Error)[]): void {
    this.#chunks.push(...chunks)
    this.#wake?.()
  }

  end(): void {
    this.#chunks.push(undefined)
    this.#wake?.()
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: async () => {
        while (this.#chunks.length === 0) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
        }
        const chunk = this.#chunks.shift()
        if (chunk instanceof Error) throw chunk
        if (chunk === undefined) return { done: true, value: undefined }
        this.taken += chunk.length
        return { done: false, value: chunk }
      },
      return: () => {
        this.returned = true
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }
}
