import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { serve } from './host-program.ts'

/**
 * The backend of a provider, on port 8090. It counts how often each path reaches it. `/calls/…` is answered after a
 * moment, as by a real backend; `/upload/…` with the digest of the body; `/flow/…` with 256 KiB every 50 ms for 20 s.
 */
const PIECE = Buffer.alloc(262_144, 'w')
const counts = new Map<string, number>()

const server = createServer((request, response) => {
  const path = request.url ?? ''
  counts.set(path, (counts.get(path) ?? 0) + 1)
  if (path.startsWith('/flow/')) {
    let left = 400
    const timer = setInterval(() => {
      left -= 1
      if (left === 0) response.end()
      if (left <= 0 || response.destroyed) return clearInterval(timer)
      response.write(PIECE)
    }, 50)
    return
  }
  const hash = createHash('sha256')
  request.on('data', (piece: Buffer) => hash.update(piece))
  // A request that is cut off has been counted; nobody is there for its answer.
  request.on('error', () => undefined)
  request.once('end', () => setTimeout(() => response.end(hash.digest('hex')), 5))
})
server.requestTimeout = 0
server.listen(8_090, '127.0.0.1')

serve({
  counts: () => [...counts].filter(([, times]) => times > 1),
  missing: (paths: readonly string[]) => paths.filter((path) => !counts.has(path)),
})
