import { Readable } from 'node:stream'
import type { Api } from '../../admin-api/api-server.ts'
import { DirectoryMirror } from '../../directory/directory-mirror.ts'
import { freshnessLine } from '../../directory/freshness.ts'
import type { LogSource } from '../../directory/log-source.ts'
import type { RegistryParts } from '../registry-deps.ts'

/** The directory log as static resources (C2SP tlog-tiles), the wait for something new, and the snapshot. */
export function logRoutes(api: Api, parts: RegistryParts): void {
  const mirror = new DirectoryMirror(logSource(parts))
  api.get(
    '/log/*',
    {
      schema: {
        summary: 'Checkpoint, tiles, entry bundles and snapshot (docs/spec/directory.md, section 6)',
        tags: ['log'],
        produces: ['text/plain', 'application/octet-stream'],
      },
    },
    async (request, reply) => {
      const url = new URL(request.url, 'http://localhost')
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const answer = await mirror.answer(url.pathname.slice('/log/'.length), url.searchParams, gone.signal)
      const { body, late } = answer
      late?.addEventListener('abort', () => reply.raw.destroy(), { once: true })
      return await reply
        .status(answer.status)
        .headers(answer.headers)
        .send(
          body instanceof Uint8Array
            ? Buffer.from(body.buffer, body.byteOffset, body.length)
            : Readable.from(body),
        )
    },
  )
}

/** The registry's own ledger as a mirror serves it. */
function logSource(parts: RegistryParts): LogSource {
  const { ledger, publisher } = parts
  const freshNote = createFreshNote(parts)
  return {
    checkpoint: () => ({ note: freshNote(), size: ledger.checkpointSize }),
    waitBeyond: async (size, signal) => {
      while (ledger.checkpointSize <= size && !signal.aborted && !publisher.isClosing) {
        await publisher.nextChange(signal)
      }
    },
    tile: async (path) => {
      const resource = await ledger.resource(path)
      if (resource === undefined) return undefined
      return {
        bytes: Buffer.from(resource.bytes),
        contentType: resource.contentType,
        immutable: resource.immutable,
      }
    },
    entries: async (from, to) => {
      const entries: Uint8Array[] = []
      for (let index = from; index < to; index += 1)
        entries.push((await ledger.entry(index)) ?? Buffer.alloc(0))
      return entries
    },
  }
}

/** The newest checkpoint with the log's word that it is the newest, given anew at most once a second. */
function createFreshNote({ ledger, keys, clock }: RegistryParts): () => string {
  let made = { note: '', second: 0, fresh: '' }
  return () => {
    const note = ledger.latestCheckpoint()
    const nowMs = clock.nowMs()
    const second = Math.floor(nowMs / 1000)
    if (made.note !== note || made.second !== second) {
      const text = note.slice(0, note.indexOf('\n\n') + 1)
      made = { note, second, fresh: note + freshnessLine(text, keys.log, nowMs) }
    }
    return made.fresh
  }
}
