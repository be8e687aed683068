import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CLIENT, publishForBench, startBenchSandbox } from './bench-sandbox.ts'
import { startNginxPair } from './yardstick/nginx-pair.ts'
import { isInstalled, type Load, median, wrk } from './yardstick/wrk.ts'

/**
 * The signed exchange against two nginx in a row with mutual TLS, which sign, check and record nothing: same machine,
 * same backend, same load generator, in turn. Wusla runs with signing, agreement checks and durable evidence at both
 * gateways, through one branch. `npm run bench:exchange -- --json [--pairs N] [--seconds S] [--connections 1,32,128] [--warm-up S]`
 *
 * A gateway runs for months, and the runtime compiles its code while it works: its speed grows for about 40 s of load. So
 * both sides are called for `--warm-up` seconds before the first measurement; `--warm-up 2` shows a gateway that was just started.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '1,32,128' },
    'warm-up': { type: 'string', default: '40' },
  },
})

const PORT_BASE = 7900

const WARM_UP_CONNECTIONS = 32

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
  const sandbox = await startBenchSandbox(join(directory, 'sandbox'), PORT_BASE)
  try {
    const front = await publishForBench(sandbox, {
      name: 'bench',
      method: 'GET',
      backendUrl: nginx.backendUrl,
    })
    const header = [`X-Road-Client: ${CLIENT}`]
    const levels = values.connections.split(',').map(Number)
    const sides = { wusla: front, nginx: nginx.nearUrl, backend: `${nginx.backendUrl}/` }
    const measured = new Map<string, Load[]>()
    for (const url of [sides.wusla, sides.nginx])
      await wrk(url, WARM_UP_CONNECTIONS, Number(values['warm-up']), header)
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
    runs: {
      pairs: Number(values.pairs),
      seconds: Number(values.seconds),
      warmUpSeconds: Number(values['warm-up']),
    },
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
