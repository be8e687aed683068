import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { formatLinkAddress, parseLinkAddress } from '../../transport/link-address.ts'

/**
 * Lets a server listen on `host:port` and gives back where it does. `setting` names the place in the configuration.
 *
 * @throws WuslaError `config_invalid`
 */
export async function openPort(server: Server, address: string, setting: string): Promise<string> {
  const parsed = parseLinkAddress(address)
  if (parsed === undefined) {
    throw new WuslaError('config_invalid', { details: { problems: [`${setting}: must be host:port`] } })
  }
  server.listen({ host: parsed.host, port: parsed.port, backlog: 1_024 })
  try {
    await once(server, 'listening')
  } catch (cause) {
    const problems = [`${setting}: cannot listen there`]
    throw new WuslaError('config_invalid', { details: { problems }, cause })
  }
  // From here a failure to accept, such as a lack of file descriptors, passes by itself.
  server.on('error', () => undefined)
  return formatLinkAddress({ host: parsed.host, port: (server.address() as AddressInfo).port })
}

/** Resolves when a server listens no more and its last connection is over. */
export async function closePort(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  await promise
}
