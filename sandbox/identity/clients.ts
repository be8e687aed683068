import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A service provider that the stand-in knows. */
export interface Client {
  readonly id: string
  readonly secret: string
  /** Exactly these, byte for byte. */
  readonly redirectUris: readonly string[]
  /** Whether it may name the person in advance: what the provider calls step-up, with credentials of its own. */
  readonly isStepUp: boolean
}

/** More than any sandbox needs; a test that leaks stops here. */
const MAX_CLIENTS = 1_000

/** The registered service providers. */
export class Clients {
  readonly #byId = new Map<string, Client>()

  constructor(clients: readonly Client[]) {
    for (const client of clients) this.#byId.set(client.id, client)
  }

  get(id: string): Client | undefined {
    return this.#byId.get(id)
  }

  /** @throws RangeError when there are 1,000 already */
  register({ redirectUris, isStepUp }: Pick<Client, 'redirectUris' | 'isStepUp'>): Client {
    if (this.#byId.size >= MAX_CLIENTS) throw new RangeError('there are too many clients')
    const client = newClient(redirectUris, isStepUp)
    this.#byId.set(client.id, client)
    return client
  }

  /** Adds addresses to a client's. */
  allow(id: string, redirectUris: readonly string[]): Client | undefined {
    const client = this.#byId.get(id)
    if (client === undefined) return undefined
    const all = [...new Set([...client.redirectUris, ...redirectUris])].slice(-MAX_CLIENTS)
    const changed = { ...client, redirectUris: all }
    this.#byId.set(id, changed)
    return changed
  }

  /** Whether any client registered this address. */
  knows(address: string): boolean {
    return [...this.#byId.values()].some(({ redirectUris }) => redirectUris.includes(address))
  }

  /**
   * The client of an `Authorization: Basic` header (RFC 7617), and why there is none. Credentials in the body are not looked at: the
   * provider takes Basic alone.
   */
  authenticate(header: string | undefined): Client | { readonly problem: string } {
    const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header ?? '') ?? []
    if (encoded === undefined) return { problem: 'client authentication with HTTP Basic is missing' }
    const text = Buffer.from(encoded, 'base64').toString('utf8')
    const at = text.indexOf(':')
    const client = this.#byId.get(text.slice(0, at))
    if (client === undefined) return { problem: 'Consumer Key not found' }
    return isSame(client.secret, text.slice(at + 1)) ? client : { problem: 'client authentication failed' }
  }
}

export function newClient(redirectUris: readonly string[], isStepUp: boolean): Client {
  return {
    id: `sandbox_${randomBytes(6).toString('hex')}`,
    secret: randomBytes(24).toString('base64url'),
    redirectUris,
    isStepUp,
  }
}

export function isSame(a: string, b: string): boolean {
  const [one, two] = [a, b].map((text) => createHash('sha256').update(text).digest())
  return one !== undefined && two !== undefined && timingSafeEqual(one, two)
}
