import type { LineShare } from '../lines/line-share.ts'
import type { TunnelEnd } from './tunnel-end.ts'
import { Way } from './way.ts'

/** A tunnel of which one direction is over and the other moves no byte is given up after this, in milliseconds. */
const HALF_CLOSED_MS = 60_000

/** Where one direction of a tunnel takes its turn among those that leave over the same line. */
export interface TurnTaking {
  readonly share: LineShare
  /** Whose bytes they are: all tunnels of one flow have one turn. */
  readonly flow: string
}

/**
 * Joins two ends: what one receives the other sends, in both directions, until both are over. What a slow reader or a
 * full line has not taken stays at most one buffer here; the rest waits in the kernel and then at the sender. The end of
 * one direction is passed on, the failure of an end closes both. Owns both ends from here.
 *
 * @param turns - for what is sent to `a` and to `b`; default: everything is written as it comes
 */
export function splice(
  a: TunnelEnd,
  b: TunnelEnd,
  onClosed: () => void,
  turns?: { readonly toA: TurnTaking; readonly toB: TurnTaking },
): void {
  let open = 2
  let watch: NodeJS.Timeout | undefined

  function watchHalf(): void {
    let seen = -1
    watch ??= setInterval(() => {
      // Written as well: what was read may take its turns on a slow line for long.
      const moved = [a, b].reduce((sum, { socket }) => sum + socket.bytesRead + socket.bytesWritten, 0)
      if (moved === seen) {
        a.destroy()
        b.destroy()
      }
      seen = moved
    }, HALF_CLOSED_MS)
  }

  function join(from: TunnelEnd, to: TunnelEnd, turn: TurnTaking | undefined): void {
    const way = new Way(from, to, turn)
    from.read({
      onChunk: (chunk) => way.forward(chunk),
      onEnd: () => {
        watchHalf()
        way.end()
      },
      onClose: (hadError) => {
        open -= 1
        if (open > 0) {
          watchHalf()
          if (hadError) to.destroy()
          else way.endAndClose()
          return
        }
        clearInterval(watch)
        onClosed()
      },
    })
  }

  join(a, b, turns?.toB)
  join(b, a, turns?.toA)
}
