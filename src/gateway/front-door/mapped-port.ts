import type { DataClass } from '../../agreements/data-class.ts'
import { canonicalIdentifier } from '../../protocol/identifier.ts'
import { MAX_PATH_BYTES } from '../../protocol/limits.ts'
import { isPurposeCode } from '../../protocol/purpose.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { splitTarget } from './call-target.ts'
import type { CallTarget } from './call-target.ts'
import { compileClientRules } from './client-rules.ts'
import type { ClientGuard, ClientRule } from './client-rules.ts'

/** A local port bound to one client system and one service, for programs that cannot set headers. */
export interface MappedPort {
  /** 0 takes a free one. */
  readonly port: number
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string | undefined
  /** The system in whose name everything on this port calls. */
  readonly client: string
  readonly service: string
  /** Put before every path, for example `/v1`. Default: nothing. */
  readonly basePath?: string | undefined
  /** What everything on this port is for: a purpose code. Default: what a program says in `Wusla-Purpose`. */
  readonly purpose?: string | undefined
  /** The highest class of data that goes through the port. Default: any. */
  readonly maxDataClass?: DataClass | undefined
  /** Who may use the port. Default: programs on this machine. */
  readonly rules?: readonly ClientRule[] | undefined
  /**
   * `host` or `host:port` of backends. An absolute `Location` or `Content-Location` of an answer that leads there is
   * put into the words of this port. Default: none, addresses stay as they are.
   */
  readonly rewriteHost?: readonly string[] | undefined
}

/** A mapped port ready for use. */
export interface MappedBinding {
  readonly client: string
  readonly service: string
  readonly basePath: string
  readonly purpose: string | undefined
  readonly maxDataClass: DataClass | undefined
  readonly guard: ClientGuard
  readonly rewriteHosts: ReadonlySet<string>
}

const THIS_MACHINE: readonly ClientRule[] = [{ kind: 'address', allow: ['127.0.0.0/8', '::1'] }]

/** Checks a mapped port. @throws WuslaError `config_invalid`, `invalid_identifier` */
export function bindMappedPort(port: MappedPort): MappedBinding {
  const client = canonicalIdentifier('client', port.client)
  const basePath = port.basePath ?? ''
  if (!/^(?:\/[!-~]*)?$/.test(basePath) || /[?#]/.test(basePath)) {
    throw new WuslaError('config_invalid', { message: 'The base path of a mapped port is no path.' })
  }
  if (port.purpose !== undefined && !isPurposeCode(port.purpose)) {
    throw new WuslaError('config_invalid', { message: 'The purpose of a mapped port is no purpose code.' })
  }
  return {
    client,
    service: canonicalIdentifier('service', port.service),
    basePath,
    purpose: port.purpose,
    maxDataClass: port.maxDataClass,
    guard: compileClientRules(client, port.rules ?? THIS_MACHINE),
    rewriteHosts: new Set((port.rewriteHost ?? []).map((host) => host.toLowerCase())),
  }
}

/** What a request on a mapped port calls. One `/` goes where two would meet. */
export function mappedTarget(
  binding: MappedBinding,
  target: string,
): CallTarget & { readonly kind: 'service' } {
  const { path, query } = splitTarget(target)
  const { basePath, service } = binding
  const whole = basePath.endsWith('/') ? basePath.slice(0, -1) + path : basePath + path
  if (whole.length > MAX_PATH_BYTES) throw new WuslaError('request_too_large')
  return { kind: 'service', service, path: whole, query }
}
