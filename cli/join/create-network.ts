import { resolve } from 'node:path'
import { systemClock } from '../../src/protocol/clock.ts'
import { createRegistry } from '../../src/registry/create-registry.ts'
import { isHttpUrl } from '../../src/trust/text-form.ts'
import { UsageError } from '../voice.ts'

interface CreateNetworkOptions {
  readonly network: string
  readonly directory: string
  readonly listen: string
  /** Where gateways and branches reach the registry: its TLS proxy. Default: `http://` and `listen`. */
  readonly publicUrl?: string
  readonly name: { readonly ar: string; readonly en: string }
  /** Whether its signing policy may name test authorities. Default: false. */
  readonly testAuthorities?: boolean
}

/** Founds a network in a new state folder of a registry. */
export async function createNetwork(
  options: CreateNetworkOptions,
): Promise<{ anchor: string; adminToken: string; tokens: Readonly<Record<string, string>> }> {
  const publicUrl = checkedUrl(options.publicUrl ?? `http://${options.listen}`)
  const { network, listen, testAuthorities } = options
  const tests = testAuthorities === true ? { testAuthorities } : {}
  const created = await createRegistry({
    directory: resolve(options.directory),
    config: { network, listen, publicUrl, ...tests },
    name: options.name,
    clock: systemClock,
  })
  return { anchor: created.anchor, adminToken: created.tokens.admin, tokens: created.tokens }
}

/** It goes into every anchor and token, so a bad one is refused before anything is founded. @throws UsageError */
export function checkedUrl(url: string): string {
  const trimmed = url.replace(/\/$/, '')
  if (isHttpUrl(trimmed)) return trimmed
  throw new UsageError(
    `${url} is not an address of a registry`,
    'write https://host[:port] without credentials, query or fragment',
  )
}
