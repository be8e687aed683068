import type { TunnelEnd } from './tunnel-end.ts'

/** A tunnel of which one direction is over and the other moves no byte is given up after this, in milliseconds. */
const HALF_CLOSED_MS = 60_000

const NOTHING = Buffer.alloc(0)

/**
 * Joins two ends: what one receives the other sends, in both directions, until both are over. What a slow reader has
 * not taken stays at most one buffer here; the rest waits in the kernel and then at the sender. The end of one
 * direction is passed on, the failure of an end closes both. Owns both ends from here.
 */
export function splice(a: TunnelEnd, b: TunnelEnd, onClosed: () => void): void {
  let open = 2
  let watch: NodeJS.Timeout | undefined

  function watchHalf(): void {
    let seen = -1
    watch ??= setInterval(() => {
      const moved = a.socket.bytesRead + b.socket.bytesRead
      if (moved === seen) {
        a.destroy()
        b.destroy()
      }
      seen = moved
    }, HALF_CLOSED_MS)
  }

  function join(from: TunnelEnd, to: TunnelEnd): void {
    from.read({
      onChunk: (chunk) => forward(chunk, from, to),
      onEnd: () => {
        watchHalf()
        to.socket.end()
      },
      onClose: (hadError) => {
        open -= 1
        if (open > 0) {
          watchHalf()
          if (hadError) to.destroy()
          else to.socket.destroySoon()
          return
        }
        clearInterval(watch)
        onClosed()
      },
    })
  }

  join(a, b)
  join(b, a)
}

/** Writes through. A write that the kernel took whole leaves nothing queued and costs no callback. */
function forward(chunk: Buffer, from: TunnelEnd, to: TunnelEnd): boolean {
  if (to.socket.destroyed || to.socket.writableEnded) return true
  to.socket.write(chunk)
  if (to.socket.writableLength === 0) return true
  to.socket.write(NOTHING, () => from.resume())
  return false
}
