import { EventLog } from '../../src/branch/testing/branch-network.ts'
import type { TestGateway } from '../../src/directory/testing/scripted-network.ts'
import { BranchLinks } from '../../src/gateway/branch-links.ts'
import type { GatewayEvent } from '../../src/gateway/gateway-event.ts'
import { createSessionDialer } from '../../src/gateway/open-peer-session.ts'
import { systemClock } from '../../src/protocol/clock.ts'
import type { Session } from '../../src/transport/session.ts'
import { type HostileNetwork, MORO } from './hostile-network.ts'

/** A session to DEWA's real gateway by a program that says whatever the test wants. */
export async function openRogue(
  network: HostileNetwork,
  keys: TestGateway,
): Promise<AsyncDisposable & { readonly session: Session }> {
  const told = new EventLog<GatewayEvent>()
  const directory = network.readDirectory()
  const made = await network.identity(keys.gateway, keys.tls)
  const identity = (): typeof made => made
  const onLeaving = (): void => undefined
  const common = {
    gateway: keys.gateway,
    directory,
    identity,
    clock: systemClock,
    onLeaving,
    onEvent: told.sink,
  }
  const links = new BranchLinks({ ...common, onIncoming: ({ socket }) => socket.destroy() })
  links.follow()
  await told.seen('branch_linked')
  const dialer = createSessionDialer(
    {
      ...common,
      network: 'AE-DU',
      sealKey: () => keys.seal,
      // It keeps nothing, and is never slow about it.
      evidence: {
        record: () => Promise.resolve(),
        hurry: () => undefined,
        note: () => Promise.resolve(true),
      },
      onRequest: (incoming) => incoming.reset('service_failed'),
      clock: systemClock,
    },
    links,
  )
  const { session } = await dialer.dial(network.dewa.gateway, MORO, {}, new AbortController().signal)
  return {
    session,
    [Symbol.asyncDispose]: async () => {
      await session.close(0)
      links.close()
    },
  }
}
