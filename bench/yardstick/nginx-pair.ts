import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

/** Two nginx in a row with mutual TLS between them, and the backend both sides of the comparison share. */
export interface NginxPair {
  readonly backendUrl: string
  readonly nearUrl: string
  readonly version: string
  readonly stop: () => void
}

/** Starts the yardstick in `directory` on three ports from `portBase`. */
export async function startNginxPair(directory: string, portBase: number): Promise<NginxPair> {
  mkdirSync(join(directory, 'pki'), { recursive: true })
  makeCertificates(join(directory, 'pki'))
  const template = readFileSync(new URL('nginx-pair.conf', import.meta.url), 'utf8')
  const ports = { BACKEND: portBase, NEAR: portBase + 1, FAR: portBase + 2 }
  const conf = template
    .replaceAll('@DIR@', directory)
    .replace(/@(BACKEND|NEAR|FAR)@/g, (_, name: keyof typeof ports) => String(ports[name]))
    .replace('daemon on;', 'daemon off;')
  writeFileSync(join(directory, 'nginx.conf'), conf)
  const child: ChildProcess = spawn('nginx', ['-c', join(directory, 'nginx.conf'), '-p', directory], {
    stdio: 'inherit',
  })
  await untilOpen(ports.NEAR)
  return {
    backendUrl: `http://127.0.0.1:${ports.BACKEND}`,
    nearUrl: `http://127.0.0.1:${ports.NEAR}/`,
    version: nginxVersion(),
    stop: () => {
      child.kill('SIGTERM')
    },
  }
}

function nginxVersion(): string {
  // nginx prints its version on standard error.
  return execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' }).trim()
}

function makeCertificates(directory: string): void {
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' })
  }
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'ca.key')
  openssl('req', '-x509', '-new', '-key', 'ca.key', '-subj', '/CN=yardstick', '-days', '2', '-out', 'ca.crt')
  for (const name of ['a', 'b']) {
    writeFileSync(join(directory, `${name}.ext`), `subjectAltName=DNS:${name}\n`)
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`)
    openssl('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`)
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.crt`,
    )
  }
}

async function untilOpen(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nginx does not listen on port ${port}`)
}
