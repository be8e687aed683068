import { WuslaError } from '../../src/protocol/wusla-error.ts'
import { readSandbox, type SandboxFile } from '../sandbox-file.ts'
import { UsageError } from '../voice.ts'

type Identity = NonNullable<SandboxFile['identity']>

/** A person of a sandbox's stand-in of the national identity. */
export interface StandInPerson {
  readonly name: string
  readonly identityNumber: string | null
  readonly mandates: Identity['personas'][number]['mandates']
  /** Opens an address as the person's browser would and approves what is asked, until no page leads on. */
  readonly visit: (address: string) => Promise<void>
}

/** More than any signing leads through. */
const MAX_HOPS = 30

/** How long one page may take: behind it documents are typeset, signed and verified. Unit: ms. */
const PATIENCE_MS = 60_000

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
  const visit = async (address: string): Promise<void> => await approveAll(address, name, identity)
  return { name, identityNumber: emiratesId, mandates, visit }
}

async function approveAll(address: string, persona: string, identity: Identity): Promise<void> {
  const cookies = new CookieJar()
  let at: string | undefined = address
  for (let hop = 0; at !== undefined && hop < MAX_HOPS; hop += 1)
    at = at.startsWith(`${identity.url}/`) ? await answer(at, persona, identity) : await openPage(at, cookies)
}

/** What the person does with a telephone, said through the stand-in's control API. @returns where the browser is sent */
async function answer(url: string, persona: string, identity: Identity): Promise<string | undefined> {
  const response = await fetch(`${identity.url}/control/answer`, {
    method: 'POST',
    headers: { authorization: `Bearer ${identity.controlToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ url, persona, answer: 'approve' }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  const told = (await response.json()) as {
    readonly redirect?: string | null
    readonly problems?: readonly string[]
  }
  if (!response.ok)
    throw new WuslaError('signing_failed', {
      message: 'The stand-in did not take the answer.',
      details: { problems: told.problems ?? [`HTTP status ${response.status}`] },
    })
  return told.redirect ?? undefined
}

/** @returns where the page leads, `undefined` for one that is the last */
async function openPage(address: string, cookies: CookieJar): Promise<string | undefined> {
  const { origin } = new URL(address)
  const response = await fetch(address, {
    redirect: 'manual',
    headers: { cookie: cookies.headerFor(origin) },
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  cookies.keep(origin, response.headers.getSetCookie())
  await response.body?.cancel()
  const location = response.headers.get('location')
  return location === null ? undefined : new URL(location, address).href
}

/** Cookies by origin: stricter than a browser, which knows hosts alone. */
class CookieJar {
  readonly #byOrigin = new Map<string, Map<string, string>>()

  keep(origin: string, lines: readonly string[]): void {
    const its = this.#byOrigin.get(origin) ?? new Map<string, string>()
    this.#byOrigin.set(origin, its)
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
      if (value === '') its.delete(name)
      else its.set(name, value)
    }
  }

  headerFor(origin: string): string {
    return [...(this.#byOrigin.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')
  }
}
