import { createApi } from '../../admin-api/api-server.ts'
import { type ApiRole, createApiToken } from '../../admin-api/api-tokens.ts'
import type { ChangeKind, ChangeOf } from '../../directory/change.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { mandateRoutes } from '../admin/mandate-routes.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { MandateOffice } from '../mandate-office.ts'
import { MandateSalts } from '../mandate-salts.ts'
import type { AdminAnswer } from './admin-bench.ts'
import { type GatewayWorld, openWorld } from './gateway-world.ts'

/** The mandates of RTA over a real directory and state folder, with a registry in the hands of the test. */
export interface MandateBench extends AsyncDisposable {
  readonly world: GatewayWorld
  readonly salts: MandateSalts
  readonly office: MandateOffice
  /** What the registry was given, as the text that it was. */
  readonly published: string[]
  /** What no route expected. */
  readonly unexpected: unknown[]
  /** Called with each change before the registry has it; what it throws is the registry's answer. */
  before: (entry: string) => Promise<void>
  /** Called when the registry has published a change; what it throws is all the gateway hears. */
  after: () => void
  /** @param role - of the token that is shown; default `admin`, `nobody`: none */
  readonly ask: (
    method: 'GET' | 'POST',
    url: string,
    body?: object,
    role?: ApiRole | 'nobody',
  ) => Promise<AdminAnswer>
}

export async function openMandates(): Promise<MandateBench> {
  const world = await openWorld('AE-DU/GOV/RTA')
  const { script, directory, rta, add } = world
  const salts = await MandateSalts.open(world.folder)
  const publish = async <Kind extends ChangeKind>(
    kind: Kind,
    fields: Omit<ChangeOf<Kind>, 'type' | 'kind' | 'network' | 'time'>,
  ): Promise<number> => {
    const entry = await script.entry(kind, fields, [rta.member, rta.seal])
    await bench.before(entry)
    const judged = directory.judge(entry)
    if (!judged.applied) throw new WuslaError('change_refused', { details: { reason: judged.reason } })
    bench.published.push(entry)
    add(entry)
    bench.after()
    return judged.index
  }
  const { clock } = world
  const office = new MandateOffice({ member: rta.member, directory, salts, ownChanges: { publish }, clock })
  const roles = (['admin', 'operator', 'auditor'] as const).map((role) => ({ role, ...createApiToken(role) }))
  const unexpected: unknown[] = []
  const api = await createApi({
    title: 't',
    description: 't',
    onUnexpected: (error) => unexpected.push(error),
  })
  const tokens = { current: () => roles.map(({ stored }) => stored) }
  mandateRoutes(api, { mandateOffice: office, tokens } as unknown as GatewayParts)
  const bench: MandateBench = {
    world,
    salts,
    office,
    published: [],
    unexpected,
    before: async () => await Promise.resolve(),
    after: () => undefined,
    ask: async (method, url, payload, asking = 'admin') => {
      const token = roles.find(({ role }) => role === asking)?.token
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const answer = await api.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
      return { status: answer.statusCode, body: answer.json() }
    },
    [Symbol.asyncDispose]: async () => {
      await api.close()
      await world[Symbol.asyncDispose]()
    },
  }
  return bench
}
