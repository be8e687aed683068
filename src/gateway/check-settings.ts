import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { isLoopbackHost } from '../admin-api/api-server.ts'
import { canonicalIdentifier, isIdentifier, memberOf } from '../protocol/identifier.ts'
import { isPurposeCode } from '../protocol/purpose.ts'
import { isWuslaError } from '../protocol/wusla-error.ts'
import { parseLinkAddress } from '../transport/link-address.ts'
import { readAuthorityFile } from './back-door/authority-file.ts'
import { parseServiceUrl } from './back-door/service-address.ts'
import { clientRuleProblems, readSha256 } from './front-door/client-rules.ts'
import { bindMappedPort } from './front-door/mapped-port.ts'
import type { Settings } from './gateway-settings.ts'

type Service = Settings['services'][number]
type Client = Settings['clients'][number]
type Mapped = Settings['mappedPorts'][number]

/**
 * Everything in settings of the right shape that would keep the gateway from starting, or that could not mean what it
 * says; each with its place, none with its value. Empty: the settings can be stored. The same check stands before every
 * change, at the start and in `wusla config check`.
 *
 * @param member - whose gateway it is: services and clients of others are problems
 */
export function settingsProblems({ services, clients, mappedPorts }: Settings, member: string): string[] {
  return [
    ...services.flatMap((service, i) => at(`/services/${i}`, serviceProblems(service, member))),
    ...clients.flatMap((client, i) => at(`/clients/${i}`, clientProblems(client, member))),
    ...mappedPorts.flatMap((port, i) => at(`/mappedPorts/${i}`, portProblems(port, member))),
    ...repeated(
      '/services',
      'service',
      services.map(({ service }) => service),
    ),
    ...repeated(
      '/clients',
      'client',
      clients.map(({ client }) => client),
    ),
    ...repeated(
      '/mappedPorts',
      'port',
      mappedPorts.map((port) => portAddress(port)),
    ),
  ]
}

/**
 * Files of backends' authorities that cannot be read or hold no certificate. A gateway starts without them: only the
 * calls of that service need one.
 */
export function authorityProblems({ services }: Settings, stateDirectory: string): string[] {
  return services.flatMap(({ tls }, i) => {
    const { caFile } = tls ?? {}
    if (caFile === undefined || holds(() => readAuthorityFile(resolve(stateDirectory, caFile)))) return []
    return [`/services/${i}/tls/caFile: must be a readable PEM file with certificates`]
  })
}

/** Where a mapped port listens, as a name for it: two ports with one name are the same. */
export function portAddress({
  host = '127.0.0.1',
  port,
}: {
  host?: string | undefined
  port: number
}): string {
  return `${host} ${port}`
}

function at(place: string, problems: readonly string[]): string[] {
  return problems.map((problem) => place + problem)
}

function serviceProblems({ service, url, tls }: Service, member: string): string[] {
  const problems: string[] = []
  if (!isIdentifier('service', service)) problems.push('/service: must be the identifier of a service')
  else if (memberOf(service) !== member) problems.push('/service: must be a service of this member')
  if (!holds(() => parseServiceUrl(url))) problems.push('/url: must be http(s)://host[:port][/path]')
  const { pinnedSha256 } = tls ?? {}
  if (pinnedSha256 !== undefined && !holds(() => readSha256(pinnedSha256)))
    problems.push('/tls/pinnedSha256: must be a SHA-256, hexadecimal or base64url')
  return problems
}

function clientProblems({ client, rules }: Client, member: string): string[] {
  return [...ownClientProblems(client, member), ...at('/rules', clientRuleProblems(rules))]
}

function ownClientProblems(client: string, member: string): string[] {
  if (!holds(() => canonicalIdentifier('client', client)))
    return ['/client: must be the identifier of a system or a member']
  const isOwn = memberOf(canonicalIdentifier('client', client)) === member
  return isOwn ? [] : ['/client: must be a client of this member']
}

function portProblems(port: Mapped, member: string): string[] {
  const { client, service, host = '127.0.0.1', purpose, rules = [], rewriteHost = [] } = port
  const problems = ownClientProblems(client, member)
  if (!holds(() => canonicalIdentifier('service', service)))
    problems.push('/service: must be the identifier of a service')
  if (isIP(host) === 0 && parseLinkAddress(`${host}:0`) === undefined)
    problems.push('/host: must be an address or a host name')
  if (purpose !== undefined && !isPurposeCode(purpose)) problems.push('/purpose: must be a purpose code')
  problems.push(...at('/rules', clientRuleProblems(rules)))
  for (const [i, rule] of rules.entries()) {
    if (rule.kind === 'certificate')
      problems.push(`/rules/${i}/kind: a mapped port speaks plain HTTP and sees no certificate`)
    // Else everybody on the network would call in the name of this client.
    if (rule.kind === 'none' && !isLoopbackHost(host))
      problems.push(`/rules/${i}/kind: none is accepted on loopback addresses only`)
  }
  for (const [i, name] of rewriteHost.entries()) {
    if (parseLinkAddress(name) === undefined && parseLinkAddress(`${name}:0`) === undefined)
      problems.push(`/rewriteHost/${i}: must be host or host:port`)
  }
  if (problems.length === 0 && !holds(() => bindMappedPort(port))) problems.push('/basePath: must be a path')
  return problems
}

function repeated(list: string, field: string, names: readonly string[]): string[] {
  return names.flatMap((name, i) =>
    names.indexOf(name) < i ? [`${list}/${i}/${field}: stands there twice`] : [],
  )
}

function holds(check: () => unknown): boolean {
  try {
    check()
    return true
  } catch (error) {
    if (isWuslaError(error)) return false
    throw error
  }
}
