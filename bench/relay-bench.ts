import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RelayReport, RelayTask } from './relay-process.ts'

/** A process under test or behind it. */
export interface BenchProcess {
  readonly port: number
  readonly used: () => Promise<{ cpuMicros: number; rssBytes: number; connections: number }>
  readonly stop: () => Promise<void>
}

/** Starts a process of `relay-process.ts`. */
export async function startProcess(task: RelayTask): Promise<BenchProcess> {
  const child = fork(join(import.meta.dirname, 'relay-process.ts'), { execArgv: ['--expose-gc'] })
  const ask = async (message: object): Promise<RelayReport> => {
    child.send(message)
    const [report] = (await once(child, 'message')) as [RelayReport]
    return report
  }
  const started = await ask(task)
  if (!('port' in started)) throw new Error('the process did not start')
  return {
    port: started.port,
    used: async () => {
      const report = await ask({})
      return 'cpuMicros' in report ? report : { cpuMicros: 0, rssBytes: 0, connections: 0 }
    },
    stop: () => stopChild(child),
  }
}

/** Where nginx and its stream module are looked for; `NGINX` and `NGINX_STREAM_MODULE` name other places. */
export function findNginx(): { binary: string; module: string | undefined } | undefined {
  const binary =
    process.env['NGINX'] ?? ['/usr/sbin/nginx', '/usr/local/sbin/nginx'].find((path) => existsSync(path))
  if (binary === undefined) return undefined
  const module =
    process.env['NGINX_STREAM_MODULE'] ??
    ['/usr/lib/nginx/modules/ngx_stream_module.so'].find((path) => existsSync(path))
  return { binary, module }
}

/** Starts nginx with one worker that forwards to a port. */
export async function startNginx(
  nginx: { binary: string; module: string | undefined },
  port: number,
  target: number,
): Promise<BenchProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'wusla-nginx-'))
  const load = nginx.module === undefined ? '' : `load_module ${nginx.module};`
  writeFileSync(
    join(dir, 'nginx.conf'),
    `${load} worker_processes 1; daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/error.log;
events { worker_connections 20000; }
stream { server { listen 127.0.0.1:${port} backlog=1024; proxy_pass 127.0.0.1:${target}; tcp_nodelay on; } }`,
  )
  const child = spawn(nginx.binary, ['-p', dir, '-c', join(dir, 'nginx.conf')], { stdio: 'ignore' })
  await untilListening(port)
  return {
    port,
    used: async () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ')
      // Clock ticks of 10 ms, user and system; pages of 4 KiB.
      const cpuMicros = (Number(fields[13]) + Number(fields[14])) * 10_000
      return { cpuMicros, rssBytes: Number(fields[23]) * 4_096, connections: 0 }
    },
    stop: async () => {
      await stopChild(child)
      rmSync(dir, { recursive: true })
    },
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill()
  await once(child, 'exit')
}

async function untilListening(port: number): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) {
    const socket = connect(port, '127.0.0.1')
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(
    'nginx did not start; it needs its stream module (on Debian: apt-get install nginx-light libnginx-mod-stream)',
  )
}

/** Sends so many bytes one way and waits until the far end has ended. @returns MB per second */
export async function sendBulk(socket: Socket, bytes: number): Promise<number> {
  const piece = Buffer.alloc(262_144, 'B')
  const startedAt = performance.now()
  socket.resume()
  for (let sent = 0; sent < bytes; sent += piece.length) {
    if (!socket.write(piece)) await once(socket, 'drain')
  }
  socket.end()
  await once(socket, 'close')
  return bytes / 1_000 / (performance.now() - startedAt)
}

/** Echoes 200 bytes on each connection, one message under way per connection. @returns round trips and seconds */
export async function echo(
  sockets: readonly Socket[],
  seconds: number,
): Promise<{ trips: number; seconds: number }> {
  const message = Buffer.alloc(200, 'E')
  const startedAt = performance.now()
  const until = startedAt + seconds * 1_000
  let trips = 0
  await Promise.all(
    sockets.map(async (socket) => {
      let left = message.length
      socket.on('data', (chunk: Buffer) => {
        left -= chunk.length
        if (left > 0) return
        left += message.length
        trips += 1
        if (performance.now() < until) socket.write(message)
        else socket.end()
      })
      socket.write(message)
      await once(socket, 'close')
    }),
  )
  return { trips, seconds: (performance.now() - startedAt) / 1_000 }
}

/** The middle of the values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle] ?? 0, sorted[middle] ?? 0]
  return (low + high) / 2
}

/** Rounded for people, to three digits that count. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

/** What the figures were measured on. */
export function machine(): { cpu: string; cores: number; kernel: string; node: string } {
  const [first] = cpus()
  return { cpu: first?.model.trim() ?? '', cores: cpus().length, kernel: release(), node: process.version }
}
