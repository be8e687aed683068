import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PERSONAS } from './identity/personas.ts'
import { identityDirectory } from './layout.ts'

/** What `sandbox.json` says of the stand-in of the national digital identity. */
interface IdentityEntry {
  readonly url: string
  readonly personas: readonly {
    readonly name: string
    readonly sop: string
    /** `null` where the provider does not know it. */
    readonly emiratesId: string | null
    /** What the person may sign, and for whom. */
    readonly mandates: readonly unknown[]
  }[]
  /** The client of the sandbox's own actors. */
  readonly client: { readonly id: string; readonly secret: string }
  /** Opens the control API, by which personas answer without a browser. */
  readonly controlToken: string
  /** The test root, PEM. */
  readonly root: string
  readonly pid: number
}

/** Reads what the running stand-in tells of itself; `undefined` while it is being started again. */
export function readIdentity(state: string, pid: number): IdentityEntry | undefined {
  const directory = identityDirectory(state)
  const file = join(directory, 'running.json')
  if (!existsSync(file)) return undefined
  const running = JSON.parse(readFileSync(file, 'utf8')) as Pick<
    IdentityEntry,
    'url' | 'client' | 'controlToken'
  >
  const { url, controlToken } = running
  const { id, secret } = running.client
  const personas = PERSONAS.map(({ name, sop, emiratesId = null }) => ({
    name,
    sop,
    emiratesId,
    mandates: [],
  }))
  return { url, personas, client: { id, secret }, controlToken, root: join(directory, 'root.pem'), pid }
}
