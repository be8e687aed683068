import type { EventSink } from '../../protocol/event.ts'
import type { ControlMessage } from '../../transport/branch-control.ts'
import type { LinkChannel } from '../../transport/link-channel.ts'
import type { BranchEvent } from '../branch-event.ts'
import type { ConnectedGateway, ConnectedGateways } from './connected-gateways.ts'
import type { Admission, GreetedPeer } from './control-listener.ts'

interface GatewayAdmission {
  readonly gateways: ConnectedGateways
  /** Gateways connected at once; one that is here already may always come again. */
  readonly maxGateways: number
  readonly nowMs: () => number
  /** What a gateway must know at once goes out here, after its welcome. */
  readonly onWelcomed: (channel: LinkChannel) => void
  readonly onMessage: (gateway: ConnectedGateway, message: ControlMessage) => void
  readonly onEvent: EventSink<BranchEvent>
}

/** Serves a gateway that greeted, from its welcome until its connection is over. */
export function admitGateway(peer: GreetedPeer, options: GatewayAdmission): Admission {
  const { gateways, maxGateways, onEvent } = options
  if (gateways.size >= maxGateways && gateways.get(peer.id) === undefined)
    return { refusal: 'full', word: 'busy' }
  const { id, tlsKeyId, channel, address } = peer
  const since = options.nowMs()
  let gateway: ConnectedGateway | undefined
  return {
    server: {
      onWelcomed: () => {
        const added = gateways.add({ id, tlsKeyId, channel, address, since })
        gateway = added.gateway
        onEvent({ kind: 'gateway_connected', gateway: id, replaced: added.replaced })
        options.onWelcomed(channel)
      },
      onMessage: (message) => {
        if (gateway !== undefined) options.onMessage(gateway, message)
      },
      onEnd: (reason) => {
        if (gateway === undefined || !gateways.remove(gateway)) return
        onEvent({ kind: 'gateway_disconnected', gateway: id, reason })
      },
    },
  }
}
