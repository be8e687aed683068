import { join } from 'node:path'
import { runningStandIn } from './connect-identity.ts'
import { PERSONAS } from './identity/personas.ts'
import { identityDirectory } from './layout.ts'
import { type NotedMandate, notedMandates } from './noted-mandates.ts'

/** What `sandbox.json` says of the stand-in of the national digital identity. */
interface IdentityEntry {
  readonly url: string
  readonly personas: readonly {
    readonly name: string
    readonly sop: string
    /** `null` where the provider does not know it. */
    readonly emiratesId: string | null
    /** What the person may sign, and for whom. */
    readonly mandates: readonly Omit<NotedMandate, 'persona'>[]
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
  const running = runningStandIn(state)
  if (running === undefined) return undefined
  const { url, controlToken } = running
  const { id, secret } = running.client
  const noted = notedMandates(state)
  const personas = PERSONAS.map(({ name, sop, emiratesId = null }) => ({
    name,
    sop,
    emiratesId,
    mandates: noted
      .filter(({ persona }) => persona === name)
      .map(({ member, mandate, office, kinds, validUntil }) => ({
        member,
        mandate,
        office,
        kinds,
        validUntil,
      })),
  }))
  const root = join(identityDirectory(state), 'root.pem')
  return { url, personas, client: { id, secret }, controlToken, root, pid }
}
