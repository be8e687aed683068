import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { readSandbox, type SandboxFile } from '../sandbox-file.ts'
import { UsageError } from '../voice.ts'

type Identity = NonNullable<SandboxFile['identity']>

/** A person of a sandbox's stand-in of the national identity. */
export interface StandInPerson {
  readonly name: string
  readonly identityNumber: string | null
  readonly mandates: Identity['personas'][number]['mandates']
  /** Opens an address as the person's browser would and approves what is asked, until nothing leads on. */
  readonly visit: (address: string) => Promise<void>
}

/** How long a visit may take: behind its pages documents are typeset, signed and verified. Unit: ms. */
const PATIENCE_MS = 120_000

/**
 * The person of this name. Only a sandbox has such people: with the real provider nobody approves in another's place.
 *
 * @throws UsageError when the state folder has no stand-in, or the stand-in no such person
 */
export function standInPerson(state: string | undefined, name: string): StandInPerson {
  if (state === undefined)
    throw new UsageError('people with names are in a sandbox only', 'give --state DIR of a sandbox')
  const { identity } = readSandbox(state)
  if (identity === undefined)
    throw new UsageError(
      'this sandbox has no stand-in of the national identity',
      'start it anew with this version',
    )
  const found = identity.personas.find((persona) => persona.name === name)
  if (found === undefined) {
    const names = identity.personas.map((persona) => persona.name).join(', ')
    throw new UsageError(`the stand-in knows no ${name}`, `say --persona with one of: ${names}`)
  }
  const { emiratesId, mandates } = found
  const visit = async (address: string): Promise<void> => await visitAs(name, address, identity)
  return { name, identityNumber: emiratesId, mandates, visit }
}

/** A whole visit, as the person makes it with a browser, done by the stand-in: where it ended says the signing. */
async function visitAs(persona: string, address: string, identity: Identity): Promise<void> {
  const response = await fetch(`${identity.url}/control/visit`, {
    method: 'POST',
    headers: { authorization: `Bearer ${identity.controlToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ address, persona, answer: 'approve' }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  if (response.ok) return
  const { problems = [`HTTP status ${response.status}`] } = (await response.json()) as {
    readonly problems?: readonly string[]
  }
  throw new WuslaError('signing_failed', {
    message: 'The stand-in did not take the answer.',
    details: { problems },
  })
}
