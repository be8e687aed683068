import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { callAdmin } from '../sandbox/drive.ts'
import { signAs, type StandInControl } from '../sandbox/sign-as.ts'

/** The system whose calls are measured. */
export const CLIENT = 'AE-DU/GOV/RTA/LICENSING'

/** A program of the sandbox, as `sandbox.json` names it. */
interface Actor {
  readonly id: string
  readonly pid: number
}

interface SandboxFile {
  readonly identity: StandInControl
  readonly branches: readonly Actor[]
  readonly gateways: readonly (Actor & {
    readonly frontDoor: string
    readonly admin: { readonly url: string; readonly token: string }
  })[]
}

/** A sandbox of its own that a benchmark started. */
export interface BenchSandbox {
  readonly state: string
  /** `sandbox.json` as it stands now: it changes when a program is started again. */
  readonly file: () => SandboxFile
  readonly stop: () => Promise<void>
}

/** Starts a sandbox and waits until it says that it is ready. Whoever started it stops it and removes its state. */
export async function startBenchSandbox(state: string, portBase: number): Promise<BenchSandbox> {
  const script = fileURLToPath(new URL('../sandbox/sandbox-process.ts', import.meta.url))
  const args = [script, '--state', state, '--port-base', String(portBase)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('sandbox ready')) resolve()
    })
    child.once('exit', () => reject(new Error('the sandbox did not start')))
  })
  return {
    state,
    file: () => JSON.parse(readFileSync(join(state, 'sandbox.json'), 'utf8')) as SandboxFile,
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** The gateway of a member. */
export function gatewayOf(sandbox: BenchSandbox, member: string): SandboxFile['gateways'][number] {
  const found = sandbox.file().gateways.find(({ id }) => id.startsWith(member))
  if (found === undefined) throw new Error(`no gateway of ${member}`)
  return found
}

/** Publishes a backend behind DEWA's gateway, agrees on its use by RTA and waits for a first answer. @returns what the load calls */
export async function publishForBench(
  sandbox: BenchSandbox,
  {
    name,
    method,
    backendUrl,
  }: { readonly name: string; readonly method: string; readonly backendUrl: string },
): Promise<string> {
  const dewa = gatewayOf(sandbox, 'AE-DU/SEMI/DEWA').admin
  const rta = gatewayOf(sandbox, 'AE-DU/GOV/RTA')
  const service = `AE-DU/SEMI/DEWA/BILLING/${name}`
  const title = { ar: 'قياس', en: 'Benchmark' }
  const operations = [{ method, path: '/**' }]
  const offer = { service, kind: 'api', name: title, operations, target: { url: backendUrl } }
  await callAdmin(dewa.url, dewa.token, 'POST', '/v1/services', offer)
  const draft = {
    title,
    parties: [
      { member: 'AE-DU/SEMI/DEWA', role: 'provider' },
      { member: 'AE-DU/GOV/RTA', role: 'consumer' },
    ],
    grants: [{ service, clients: [CLIENT], operations, kinds: ['api'], dataClass: 'confidential' }],
    validFrom: new Date().toISOString(),
    validUntil: new Date(Date.now() + 86_400_000).toISOString(),
  }
  const { url, token } = rta.admin
  const { agreement } = (await callAdmin(url, token, 'POST', '/v1/agreements', draft)) as {
    agreement: string
  }
  const { identity } = sandbox.file()
  await signAs('noura', rta.admin, identity, [agreement])
  await signAs('khalid', dewa, identity, [agreement])
  const address = `${rta.frontDoor}/r1/${service}/`
  await untilAnswered(address)
  return address
}

/** An agreement is in force at every gateway within two seconds, and not at once. */
async function untilAnswered(address: string): Promise<void> {
  const until = performance.now() + 5_000
  for (;;) {
    const { status, body } = await fetch(address, { headers: { 'X-Road-Client': CLIENT } })
    await body?.cancel()
    if (status === 200) return
    if (performance.now() > until) throw new Error(`the first call was answered ${status}`)
  }
}
