import { createApi, type Api } from '../../admin-api/api-server.ts'
import { createApiToken } from '../../admin-api/api-tokens.ts'
import { clientRoutes } from '../admin/client-routes.ts'
import { mappedPortRoutes } from '../admin/mapped-port-routes.ts'
import { serviceRoutes } from '../admin/service-routes.ts'
import { openDoor, type TestDoor } from '../front-door/testing/open-door.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { GatewaySettings } from '../gateway-settings.ts'
import { type GatewayWorld, openWorld } from './gateway-world.ts'

/** An answer of the admin API. */
export interface AdminAnswer {
  readonly status: number
  readonly body: Record<string, unknown>
}

/** The routes that change settings, over a real door, a real settings file and a registry in the hands of the test. */
export interface AdminBench extends AsyncDisposable {
  readonly world: GatewayWorld
  readonly settings: GatewaySettings
  readonly door: TestDoor
  /** Changes that this member published, in order: their kinds. */
  readonly published: string[]
  /** What no route expected: answered with `internal_error`. */
  readonly unexpected: unknown[]
  /** Set: the registry answers the next changes with this. */
  refusal: Error | undefined
  /** Where the routes answer over HTTP, and the token they want. */
  readonly listen: () => Promise<{ readonly url: string; readonly token: string }>
  readonly ask: (
    method: 'DELETE' | 'GET' | 'POST' | 'PUT',
    url: string,
    body?: object,
  ) => Promise<AdminAnswer>
}

/** @param member - whose gateway it is */
export async function openAdmin(member: string): Promise<AdminBench> {
  const world = await openWorld(member)
  const settings = await GatewaySettings.open(world.folder, member)
  const door = await openDoor(undefined, { clients: [] })
  const admin = createApiToken('admin')
  const published: string[] = []
  const unexpected: unknown[] = []
  const publish = async (kind: string): Promise<number> => {
    if (bench.refusal !== undefined) throw bench.refusal
    return await Promise.resolve(published.push(kind))
  }
  const parts = {
    ...world,
    member,
    stateDirectory: world.folder,
    settings,
    frontDoor: door.door,
    ownChanges: { publish, publishUnlessThere: publish },
    tokens: { current: () => [admin.stored] },
  } as unknown as GatewayParts
  const api: Api = await createApi({
    title: 'test',
    description: 'test',
    onUnexpected: (error) => unexpected.push(error),
  })
  serviceRoutes(api, parts)
  clientRoutes(api, parts)
  mappedPortRoutes(api, parts)
  const bench: AdminBench = {
    world,
    settings,
    door,
    published,
    unexpected,
    refusal: undefined,
    listen: async () => ({ url: await api.listen({ host: '127.0.0.1', port: 0 }), token: admin.token }),
    ask: async (method, url, payload) => {
      const authorization = `Bearer ${admin.token}`
      const headers = { authorization }
      const answer = await api.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
      return { status: answer.statusCode, body: answer.json() }
    },
    [Symbol.asyncDispose]: async () => {
      await api.close()
      await door[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    },
  }
  return bench
}
