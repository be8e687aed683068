import { WuslaError } from '../../protocol/wusla-error.ts'

/** A stream may pause this long. Unit: ms. */
const PAUSE_MS = 15_000
/** After its first half minute a stream has to keep this pace on average. Unit: bytes per second. */
const LEAST_PACE = 65_536
const GRACE_MS = 30_000

/**
 * Passes a stream on while it keeps going. One that stalls, or trickles to keep us waiting, ends in an error, so that
 * another source gets its turn.
 *
 * @throws WuslaError `registry_unreachable`
 */
export async function* withPace(
  stream: AsyncIterable<Uint8Array>,
  source: string,
): AsyncGenerator<Uint8Array> {
  const iterator = stream[Symbol.asyncIterator]()
  const beganMs = performance.now()
  let bytes = 0
  try {
    for (;;) {
      const next = await beforeTimeout(iterator.next(), source)
      if (next.done === true) return
      bytes += next.value.length
      const elapsedMs = performance.now() - beganMs
      if (elapsedMs > GRACE_MS && bytes < (LEAST_PACE * elapsedMs) / 1000) throw stalled(source)
      yield next.value
    }
  } finally {
    // Not awaited: a stream that stalls would stall its end as well.
    void iterator.return?.().catch(() => undefined)
  }
}

async function beforeTimeout<T>(promise: Promise<T>, source: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(stalled(source)), PAUSE_MS)
  })
  try {
    return await Promise.race([promise, timeout])
  } finally {
    clearTimeout(timer)
  }
}

function stalled(source: string): WuslaError {
  return new WuslaError('registry_unreachable', { details: { source, reason: 'too slow' } })
}
