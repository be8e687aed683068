import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { callAdmin } from '../sandbox/drive.ts'
import { type NginxPair, startNginxPair } from './yardstick/nginx-pair.ts'
import { isInstalled, type Load, median, wrk } from './yardstick/wrk.ts'

/**
 * The signed exchange against two nginx in a row with mutual TLS, which sign, check and record nothing: same machine,
 * same backend, same load generator, in turn. Wusla runs with signing, agreement checks and durable evidence at both
 * gateways, through one branch. `npm run bench:exchange -- --json [--pairs N] [--seconds S] [--connections 1,32,128]`
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '1,32,128' },
  },
})

const SERVICE = 'AE-DU/SEMI/DEWA/BILLING/bench'
const CLIENT = 'AE-DU/GOV/RTA/LICENSING'
const PORT_BASE = 7900

interface Sandbox {
  readonly gateways: readonly { id: string; frontDoor: string; admin: { url: string; token: string } }[]
}

const missing = ['nginx', 'wrk', 'openssl'].filter((program) => !isInstalled(program))
if (missing.length > 0) {
  process.stderr.write(
    `error: this comparison needs ${missing.join(', ')}\nhint: on Debian: apt-get install nginx-light wrk openssl\n`,
  )
  process.exitCode = 2
} else {
  await main()
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'wusla-bench-'))
  const nginx = await startNginxPair(join(directory, 'nginx'), PORT_BASE + 95)
  const sandbox = await startSandbox(join(directory, 'sandbox'))
  try {
    const front = await publish(sandbox.file, nginx)
    const header = [`X-Road-Client: ${CLIENT}`]
    const levels = values.connections.split(',').map(Number)
    const sides = { wusla: front, nginx: nginx.nearUrl, backend: `${nginx.backendUrl}/` }
    const measured = new Map<string, Load[]>()
    for (const connections of levels) {
      for (const url of Object.values(sides)) await wrk(url, connections, 2, header)
      for (let pair = 0; pair < Number(values.pairs); pair += 1) {
        for (const [side, url] of Object.entries(sides)) {
          if (side === 'backend' && connections !== 1) continue
          const key = `${side} c${connections}`
          measured.set(key, [
            ...(measured.get(key) ?? []),
            await wrk(url, connections, Number(values.seconds), header),
          ])
        }
      }
    }
    report(measured, levels, nginx.version)
  } finally {
    await sandbox.stop()
    nginx.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function startSandbox(state: string): Promise<{ file: Sandbox; stop: () => Promise<void> }> {
  const script = fileURLToPath(new URL('../sandbox/sandbox-process.ts', import.meta.url))
  const child: ChildProcess = spawn(
    process.execPath,
    [script, '--state', state, '--port-base', String(PORT_BASE)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  await new Promise<void>((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('sandbox ready')) resolve()
    })
    child.once('exit', () => reject(new Error('the sandbox did not start')))
  })
  return {
    file: JSON.parse(readFileSync(join(state, 'sandbox.json'), 'utf8')) as Sandbox,
    stop: async () => {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Publishes the shared backend behind DEWA's gateway and agrees on its use by RTA. @returns what the load calls */
async function publish(sandbox: Sandbox, nginx: NginxPair): Promise<string> {
  const gateway = (member: string): Sandbox['gateways'][number] => {
    const found = sandbox.gateways.find(({ id }) => id.startsWith(member))
    if (found === undefined) throw new Error(`no gateway of ${member}`)
    return found
  }
  const dewa = gateway('AE-DU/SEMI/DEWA')
  const rta = gateway('AE-DU/GOV/RTA')
  const operations = [{ method: 'GET', path: '/**' }]
  const name = { ar: 'قياس', en: 'Bench' }
  const service = { service: SERVICE, kind: 'api', name, operations, target: { url: nginx.backendUrl } }
  await callAdmin(dewa.admin.url, dewa.admin.token, 'POST', '/v1/services', service)
  const draft = {
    title: name,
    parties: [
      { member: 'AE-DU/SEMI/DEWA', role: 'provider' },
      { member: 'AE-DU/GOV/RTA', role: 'consumer' },
    ],
    grants: [{ service: SERVICE, clients: [CLIENT], operations, kinds: ['api'], dataClass: 'confidential' }],
    validFrom: new Date().toISOString(),
    validUntil: new Date(Date.now() + 86_400_000).toISOString(),
  }
  const { agreement } = (await callAdmin(
    rta.admin.url,
    rta.admin.token,
    'POST',
    '/v1/agreements',
    draft,
  )) as { agreement: string }
  await callAdmin(dewa.admin.url, dewa.admin.token, 'POST', `/v1/agreements/${agreement}/accept`, {})
  return `${rta.frontDoor}/r1/${SERVICE}/`
}

function report(
  measured: ReadonlyMap<string, readonly Load[]>,
  levels: readonly number[],
  nginxVersion: string,
): void {
  const middle = (side: string, level: number): Load => {
    const loads = measured.get(`${side} c${level}`) ?? []
    const of = (field: keyof Load): number => median(loads.map((load) => load[field]))
    return {
      rps: of('rps'),
      p50Ms: of('p50Ms'),
      p99Ms: of('p99Ms'),
      errors: loads.reduce((sum, { errors }) => sum + errors, 0),
    }
  }
  const side = (name: string): Record<string, Load> =>
    Object.fromEntries(levels.map((level) => [`c${level}`, middle(name, level)]))
  const ratio = levels.map((level) => {
    const ours = measured.get(`wusla c${level}`) ?? []
    const theirs = measured.get(`nginx c${level}`) ?? []
    return [
      `c${level}`,
      median(ours.map(({ rps }, index) => rps / (theirs[index]?.rps ?? Number.NaN))),
    ] as const
  })
  const result = {
    machine: {
      cores: cpus().length,
      cpu: cpus()[0]?.model ?? '',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      kernel: release(),
      node: process.version,
      nginx: nginxVersion,
      wrk: execFileSync('sh', ['-c', 'wrk -v 2>&1 | head -n 1'], { encoding: 'utf8' }).trim(),
    },
    runs: { pairs: Number(values.pairs), seconds: Number(values.seconds) },
    setting: {
      signing: 'ES256 batch seals',
      agreementCheck: 'both gateways',
      evidence: 'fdatasync at both gateways',
      branches: 1,
    },
    wusla: side('wusla'),
    nginx: side('nginx'),
    ratio: Object.fromEntries(ratio),
    ...(levels.includes(1) ? { addedMs: { c1: middle('wusla', 1).p50Ms - middle('backend', 1).p50Ms } } : {}),
  }
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
}
