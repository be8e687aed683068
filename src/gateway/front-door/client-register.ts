import { canonicalIdentifier, parseClient } from '../../protocol/identifier.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { xroadName } from '../../protocol/xroad-error.ts'
import { BoundedCache } from './bounded-cache.ts'
import type { CallerFacts } from './caller-facts.ts'
import { compileClientRules } from './client-rules.ts'
import type { ClientGuard, ClientSystem } from './client-rules.ts'

interface Registered {
  readonly id: string
  /** Undefined: not registered here. */
  readonly guard: ClientGuard | undefined
}

const MAX_REMEMBERED = 4_096

/** The clients of this gateway and how each shows that it is itself. */
export class ClientRegister {
  #guards: ReadonlyMap<string, ClientGuard>
  readonly #known = new BoundedCache<Registered>(MAX_REMEMBERED)

  /** @throws WuslaError `config_invalid`, `invalid_identifier` */
  constructor(systems: readonly ClientSystem[]) {
    this.#guards = compile(systems)
  }

  /** Replaces all clients at once, for calls that begin from now on. @throws WuslaError as the constructor */
  replace(systems: readonly ClientSystem[]): void {
    this.#guards = compile(systems)
    this.#known.clear()
  }

  /**
   * The canonical identifier of the client a call names, once it has shown that it is that client.
   *
   * @param named - value of `X-Road-Client`
   * @param needsProof - the rule `none` lets nobody in
   * @throws WuslaError `invalid_client_identifier`, `invalid_identifier`, `unknown_client`, `client_not_authenticated`
   */
  identify(
    named: string | undefined,
    facts: CallerFacts,
    key: string | undefined,
    needsProof: boolean,
  ): string {
    if (named === undefined) throw new WuslaError('invalid_client_identifier')
    const { id, guard } = this.#known.get(named, (text) => this.#read(text))
    if (guard === undefined) {
      throw new WuslaError('unknown_client', { message: `Client '${clientName(id)}' not found` })
    }
    const verdict = guard.judge(facts, key, needsProof)
    if (!verdict.ok) throw new WuslaError('client_not_authenticated', { message: verdict.message })
    return id
  }

  #read(text: string): Registered {
    let id: string
    try {
      id = canonicalIdentifier('client', text)
    } catch (cause) {
      throw new WuslaError('invalid_identifier', { message: 'Invalid Client Id', cause })
    }
    return { id, guard: this.#guards.get(id) }
  }
}

function clientName(id: string): string {
  return xroadName(parseClient(id).kind, id)
}

function compile(systems: readonly ClientSystem[]): ReadonlyMap<string, ClientGuard> {
  return new Map(
    systems.map(({ client, rules }) => {
      const id = canonicalIdentifier('client', client)
      return [id, compileClientRules(clientName(id), rules)]
    }),
  )
}
