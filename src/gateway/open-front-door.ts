import { parseLoopbackListen } from '../admin-api/api-server.ts'
import type { EventSink } from '../protocol/event.ts'
import { formatLinkAddress, parseLinkAddress } from '../transport/link-address.ts'
import type { Metaservices } from './front-door/door-setting.ts'
import { FrontDoor } from './front-door/front-door.ts'
import type { SendExchange } from './front-door/front-door-request.ts'
import { readServerCredentials } from './front-door-credentials.ts'
import type { GatewayConfig } from './gateway-config.ts'
import type { GatewayEvent } from './gateway-event.ts'
import type { GatewaySettings } from './gateway-settings.ts'

interface FrontDoorDeps {
  readonly stateDirectory: string
  readonly config: GatewayConfig
  readonly onEvent: EventSink<GatewayEvent>
}

/**
 * Opens the door for the information systems of the member, as configuration and settings say.
 *
 * @throws WuslaError `config_invalid` when its files or addresses cannot be used
 */
export async function openFrontDoor(
  { config, stateDirectory, onEvent }: FrontDoorDeps,
  settings: GatewaySettings,
  inside: {
    readonly send: SendExchange
    readonly metaservices: Metaservices
    readonly isReady: () => boolean
  },
): Promise<FrontDoor> {
  const { http, https, dialect } = config.frontDoor
  return await FrontDoor.open({
    ...(http === undefined ? {} : { http: plainAddress(config.frontDoor, http) }),
    ...(https === undefined ? {} : { https: await readServerCredentials(stateDirectory, https) }),
    ...(dialect === undefined ? {} : { dialect }),
    clients: settings.current.clients,
    mappedPorts: settings.current.mappedPorts,
    ...inside,
    onEvent: (event) => onEvent({ kind: 'part_event', part: 'front_door', event }),
  })
}

function plainAddress(
  { allowRemotePlainHttp }: GatewayConfig['frontDoor'],
  listen: string,
): { host: string; port: number } {
  const address = parseLinkAddress(listen)
  return allowRemotePlainHttp === true && address !== undefined ? address : parseLoopbackListen(listen)
}

/** Where information systems call: the plain listener if there is one, else that of HTTPS. */
export function frontDoorAddress(
  { frontDoor: { http, https } }: GatewayConfig,
  frontDoor: FrontDoor,
): string {
  const [scheme, listen, port] =
    http === undefined
      ? ['https', https?.listen ?? '127.0.0.1:0', frontDoor.httpsPort]
      : ['http', http, frontDoor.httpPort]
  const { host = '127.0.0.1' } = parseLinkAddress(listen) ?? {}
  return `${scheme}://${formatLinkAddress({ host, port: port ?? 0 })}`
}
