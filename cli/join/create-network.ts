import { resolve } from 'node:path'
import { systemClock } from '../../src/protocol/clock.ts'
import { createRegistry } from '../../src/registry/create-registry.ts'

interface CreateNetworkOptions {
  readonly network: string
  readonly directory: string
  readonly listen: string
  readonly name: { readonly ar: string; readonly en: string }
}

/** Founds a network in a new state folder of a registry. */
export async function createNetwork(
  options: CreateNetworkOptions,
): Promise<{ anchor: string; adminToken: string; tokens: Readonly<Record<string, string>> }> {
  const created = await createRegistry({
    directory: resolve(options.directory),
    config: { network: options.network, listen: options.listen, publicUrl: `http://${options.listen}` },
    name: options.name,
    clock: systemClock,
  })
  return { anchor: created.anchor, adminToken: created.tokens.admin, tokens: created.tokens }
}
