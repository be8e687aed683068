import type { Directory } from '../../directory/directory.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { AccessControl } from '../access-control.ts'
import type { MetaserviceAnswer, MetaserviceCall, Metaservices } from '../front-door/door-setting.ts'
import type { SendExchange } from '../front-door/front-door-request.ts'
import { type ClientRow, clientRows, clientsJson, clientsXml, wantsJson } from './list-clients.ts'
import { type MethodRow, methodsJson } from './list-methods.ts'
import { readDescription } from './read-description.ts'

interface MetaserviceDeps {
  readonly network: string
  readonly directory: Directory
  readonly access: AccessControl
  readonly send: SendExchange
}

const JSON_TYPE = 'application/json; charset=utf-8'

/**
 * X-Road's metaservices. What the directory and the agreements say is answered here, at the consumer's gateway, without
 * an exchange: both are the same at the provider's. A description of a service is fetched from its provider.
 */
export function createMetaservices(deps: MetaserviceDeps): Metaservices {
  const clients = new ClientLists(deps.directory)
  return async (call) => {
    const { target } = call
    if (target.kind === 'gateway') {
      // Evidence has its own form here (`wusla evidence export`); docs/reference/xroad-compatibility.md, F13 and F14.
      return target.name === 'listClients' ? listClients(deps, clients, call) : undefined
    }
    const { client } = call
    if (client === undefined) throw new WuslaError('invalid_client_identifier')
    if (target.name === 'getOpenAPI') return await readDescription(deps, { ...call, target }, client)
    if (deps.directory.system(target.system) === undefined)
      throw new WuslaError('unknown_member', { message: 'The network knows no such system.' })
    const rows = methodRows(deps, target.system, target.name === 'allowedMethods' ? client : undefined)
    return answerWith(JSON_TYPE, Buffer.from(methodsJson(rows)))
  }
}

function listClients(
  { network }: MetaserviceDeps,
  clients: ClientLists,
  { target, accept }: MetaserviceCall,
): MetaserviceAnswer {
  const asked = new URLSearchParams(target.query ?? '').get('xRoadInstance')?.trim() ?? ''
  if (asked !== '' && asked !== network)
    throw new WuslaError('not_found', { message: 'This gateway belongs to another network.' })
  return wantsJson(accept)
    ? answerWith(JSON_TYPE, clients.body('json'))
    : answerWith('text/xml; charset=UTF-8', clients.body('xml'))
}

/** Published services of a system; for a client only those it may call, with what it may call of them. */
function methodRows({ directory, access }: MetaserviceDeps, system: string, client?: string): MethodRow[] {
  return directory.servicesOf(system.slice(0, system.lastIndexOf('/'))).flatMap((record) => {
    const { service, kind, xroadType, status, operations = [] } = record
    if (kind !== 'api' || status !== 'published' || !service.startsWith(`${system}/`)) return []
    if (client === undefined) return [{ service, xroadType, operations }]
    const granted = access.operationsFor(client, service)
    return granted.length === 0 ? [] : [{ service, xroadType, operations: granted }]
  })
}

function answerWith(contentType: string, body: Buffer): MetaserviceAnswer {
  return { status: 200, rawHeaders: ['content-type', contentType], body }
}

/** The lists of clients, made once for each state of the directory: anybody may ask, and the network may be large. */
class ClientLists {
  readonly #directory: Directory
  #version = -1
  #rows: readonly ClientRow[] = []
  readonly #bodies = new Map<'json' | 'xml', Buffer>()

  constructor(directory: Directory) {
    this.#directory = directory
  }

  body(format: 'json' | 'xml'): Buffer {
    if (this.#version !== this.#directory.version) {
      this.#version = this.#directory.version
      this.#rows = clientRows(this.#directory)
      this.#bodies.clear()
    }
    const known = this.#bodies.get(format)
    if (known !== undefined) return known
    const body = Buffer.from(format === 'json' ? clientsJson(this.#rows) : clientsXml(this.#rows))
    this.#bodies.set(format, body)
    return body
  }
}
