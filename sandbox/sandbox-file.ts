import { join } from 'node:path'
import { writePrivateFile } from '../src/trust/private-file.ts'
import type { Example } from './examples.ts'
import { readIdentity } from './identity-entry.ts'
import { isRetired, joinedActors } from './joined-actors.ts'
import { actorDirectory, BRANCHES, NETWORK, portsFrom } from './layout.ts'
import { mandateNotes } from './noted-mandates.ts'
import { readNote } from './read-note.ts'
import type { RegisteredLine } from './registered-lines.ts'

/** What `sandbox.json` says of one gateway. */
interface GatewayEntry {
  readonly id: string
  readonly member: string
  readonly frontDoor: string
  readonly admin: { readonly url: string; readonly token: string }
  readonly state: string
  readonly pid: number
}

interface BranchEntry {
  readonly id: string
  readonly url: string
  readonly pid: number
}

/** What one sandbox is made of. */
interface SandboxContent {
  readonly state: string
  readonly portBase: number
  readonly registryToken: string
  /** API token by gateway, of those that were built with the sandbox. */
  readonly tokens: Readonly<Record<string, string>>
  readonly examples: readonly Example[]
  /** The lines as they were last heard of. */
  readonly lines: () => readonly RegisteredLine[]
  readonly pidOf: (id: string) => number
}

/**
 * `sandbox.json`: what commands read to find the actors. Written anew whenever a process id or a line changes. An actor that is
 * just being started again keeps the addresses it had.
 */
export class SandboxFile {
  readonly #content: SandboxContent
  readonly #gateways = new Map<string, GatewayEntry>()
  readonly #branches = new Map<string, BranchEntry>()
  #identity: ReturnType<typeof readIdentity>
  /** Names of the notes of mandates that the file was written with. */
  #mandates = ''
  #writing = Promise.resolve()

  constructor(content: SandboxContent) {
    this.#content = content
  }

  /** Resolves when the file says what runs now. Writes one after the other, so that the newest stays. */
  async write(): Promise<void> {
    const writing = this.#writing.then(async () => await this.#writeNow())
    this.#writing = writing.catch(() => {})
    await writing
  }

  /** Writes the file anew when a mandate of one of its people came or ended. */
  async noteMandates(): Promise<void> {
    if (mandateNotes(this.#content.state).join('/') !== this.#mandates) await this.write()
  }

  async #writeNow(): Promise<void> {
    const { state, portBase, registryToken, tokens, examples, lines, pidOf } = this.#content
    const joined = joinedActors(state)
    for (const [id, token] of Object.entries(tokens)) this.#noteGateway(id, actorDirectory(state, id), token)
    for (const { branch } of BRANCHES) this.#noteBranch(branch, actorDirectory(state, branch))
    for (const { kind, id, directory, adminToken = '' } of joined) {
      if (kind === 'branch') this.#noteBranch(id, directory)
      else this.#noteGateway(id, directory, adminToken)
    }
    this.#mandates = mandateNotes(state).join('/')
    this.#identity = readIdentity(state, pidOf('identity')) ?? this.#identity
    const file = {
      network: NETWORK,
      anchor: join(actorDirectory(state, 'registry'), 'anchor.json'),
      registry: {
        url: `http://127.0.0.1:${portsFrom(portBase).registry}`,
        pid: pidOf('registry'),
        adminToken: registryToken,
      },
      branches: [...this.#branches.values()],
      lines: lines(),
      gateways: [...this.#gateways.values()],
      identity: this.#identity,
      examples,
    }
    await writePrivateFile(join(state, 'sandbox.json'), `${JSON.stringify(file, null, 2)}\n`)
  }

  #noteBranch(id: string, directory: string): void {
    const running = readRunning(directory)
    if (isRetired(directory)) this.#branches.delete(id)
    if (running === undefined || isRetired(directory)) return
    this.#branches.set(id, { id, url: running['http'] ?? '', pid: this.#content.pidOf(id) })
  }

  #noteGateway(id: string, directory: string, token: string): void {
    const running = readRunning(directory)
    if (running === undefined) return
    this.#gateways.set(id, {
      id,
      member: id.split('/').slice(0, 3).join('/'),
      frontDoor: running['frontDoor'] ?? '',
      admin: { url: running['admin'] ?? '', token },
      state: directory,
      pid: this.#content.pidOf(id),
    })
  }
}

function readRunning(directory: string): Readonly<Record<string, string>> | undefined {
  return readNote(join(directory, 'running.json')) as Record<string, string> | undefined
}
