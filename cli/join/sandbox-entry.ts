import { join } from 'node:path'
import { writePrivateFile } from '../../src/trust/private-file.ts'
import { readSandbox, type SandboxGateway } from '../sandbox-file.ts'
import type { RunningFile } from '../run/start-detached.ts'
import type { JoinedGateway } from './join-gateway.ts'

/** Adds a gateway that joined later to `sandbox.json`, so that other commands find it and `sandbox down` stops it. */
export async function addGatewayToSandbox(
  state: string,
  joined: JoinedGateway,
  running: RunningFile,
): Promise<void> {
  const sandbox = readSandbox(state)
  const entry: SandboxGateway = {
    id: joined.gateway,
    member: joined.member,
    frontDoor: String(running['frontDoor']),
    admin: { url: String(running['admin']), token: joined.adminToken },
    state: joined.directory,
    pid: running.pid,
  }
  const others = sandbox.gateways.filter(({ id }) => id !== entry.id)
  const next = { ...sandbox, gateways: [...others, entry] }
  await writePrivateFile(join(state, 'sandbox.json'), `${JSON.stringify(next, null, 2)}\n`)
}
