import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { formatCheckpoint } from '../../ledger/checkpoint.ts'
import { encodeEntryBundle } from '../../ledger/entry-bundle.ts'
import { signNote } from '../../ledger/signed-note.ts'
import { parseTilePath, TILE_WIDTH } from '../../ledger/tile-path.ts'
import { leafHash } from '../../protocol/merkle.ts'
import type { NoteSigner } from '../../trust/note-key.ts'
import { DirectoryMirror } from '../directory-mirror.ts'
import { HashLevels } from '../follow/hash-levels.ts'
import { SizeWaiters } from '../follow/size-waiters.ts'
import { freshnessLine } from '../freshness.ts'
import type { LogBytes, LogSource } from '../log-source.ts'

/** A log in memory, as honest as its test wants it. */
export class TestLog implements LogSource {
  readonly entriesHeld: Buffer[] = []
  readonly levels: HashLevels = new HashLevels()
  readonly #signer: NoteSigner
  readonly #nowMs: () => number
  readonly #waiters = new SizeWaiters()
  #published: { text: string; size: number } | undefined
  /** Further lines on the checkpoint, such as cosignatures. */
  lines = ''

  constructor(signer: NoteSigner, nowMs: () => number = Date.now) {
    this.#signer = signer
    this.#nowMs = nowMs
  }

  get text(): string {
    return this.#published?.text ?? ''
  }

  /** Adds entries and publishes a checkpoint over all of them. */
  append(...entries: (string | Uint8Array)[]): void {
    for (const entry of entries) {
      const bytes = Buffer.from(entry as string)
      this.entriesHeld.push(bytes)
      this.levels.append(leafHash(bytes))
    }
    const size = this.entriesHeld.length
    this.#published = { text: this.textOf(size, this.levels.root(size)), size }
    this.lines = ''
    this.#waiters.grown(size)
  }

  textOf(size: number, rootHash: Buffer): string {
    return formatCheckpoint({ origin: this.#signer.name, size: BigInt(size), rootHash, extensions: [] })
  }

  /** A note over any text, signed by this log now. */
  note(text: string): string {
    return `${signNote(text, [this.#signer])}${freshnessLine(text, this.#signer, this.#nowMs())}${this.lines}`
  }

  checkpoint(): { note: string; size: number } | undefined {
    return this.#published === undefined
      ? undefined
      : { note: this.note(this.#published.text), size: this.#published.size }
  }

  async waitBeyond(size: number, signal: AbortSignal): Promise<void> {
    await this.#waiters.wait(size, signal)
  }

  async tile(path: string): Promise<LogBytes | undefined> {
    const asked = parseTilePath(path)
    if (asked === undefined) return undefined
    const index = Number(asked.index)
    const bytes =
      asked.level === 'entries'
        ? this.#bundle(index, asked.width)
        : this.levels.tile(asked.level, index, asked.width)
    return await Promise.resolve(
      bytes === undefined ? undefined : { bytes, contentType: 'application/octet-stream', immutable: true },
    )
  }

  async entries(from: number, to: number): Promise<Buffer[]> {
    return await Promise.resolve(this.entriesHeld.slice(from, to))
  }

  #bundle(index: number, width: number): Buffer | undefined {
    const entries = this.entriesHeld.slice(index * TILE_WIDTH, index * TILE_WIDTH + width)
    return entries.length === width ? encodeEntryBundle(entries) : undefined
  }
}

/** A handler that may answer in the place of the mirror: gives whether it did. */
export type Interference = (path: string, request: IncomingMessage, response: ServerResponse) => boolean

/** A source on a port of this machine. */
export interface TestSource extends AsyncDisposable {
  readonly url: string
  /** Paths asked for, in order. */
  readonly asked: string[]
}

/** Serves a log over HTTP; `interfere` sees every request first. */
export async function serveLog(
  source: LogSource,
  interfere: Interference = () => false,
): Promise<TestSource> {
  const mirror = new DirectoryMirror(source)
  const asked: string[] = []
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://test')
    const path = pathname.replace('/log/', '')
    asked.push(path)
    if (!interfere(path, request, response)) void answer(mirror, path, searchParams, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  mirror: DirectoryMirror,
  path: string,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const { status, headers, body } = await mirror.answer(path, query, gone.signal)
  response.writeHead(status, headers)
  if (body instanceof Uint8Array) {
    response.end(body)
    return
  }
  for await (const piece of body) response.write(piece)
  response.end()
}
