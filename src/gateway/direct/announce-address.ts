import type { Directory } from '../../directory/directory.ts'
import type { EventSink } from '../../protocol/event.ts'
import { toWuslaError } from '../../protocol/wusla-error.ts'
import type { GatewayEvent } from '../gateway-event.ts'
import type { OwnChanges } from '../own-changes.ts'

interface AnnounceOptions {
  readonly gateway: string
  readonly member: string
  /** Where this gateway listens for direct sessions; undefined: nowhere. */
  readonly address: string | undefined
  readonly directory: Directory
  readonly ownChanges: Pick<OwnChanges, 'publish'>
  readonly onEvent: EventSink<GatewayEvent>
  /** Pause after the first failure, in milliseconds; twice as long each time, up to five minutes. Default 5,000. */
  readonly retryMs?: number
}

const MAX_RETRY_MS = 300_000

/**
 * Makes the directory say where this gateway is dialled directly, and nothing when it listens nowhere any more. It
 * announces once: an address that the registry has withdrawn since then stays away until the gateway is started anew.
 *
 * @returns how to stop
 */
export function announceAddress(options: AnnounceOptions): () => void {
  const { gateway, address, directory, onEvent } = options
  let isSaid = false
  let isBusy = false
  let isStopped = false
  let failures = 0
  let timer: NodeJS.Timeout | undefined

  const check = (): void => {
    const record = directory.gateway(gateway)
    // Not enrolled as far as this directory has been read.
    if (record === undefined || isBusy || isStopped || timer !== undefined) return
    const said = record.direct?.address
    isSaid ||= address !== undefined && said === address
    if (said === address || isSaid) return
    isBusy = true
    void publish()
  }
  const publish = async (): Promise<void> => {
    try {
      await say(options)
      failures = 0
      isSaid = address !== undefined
    } catch (cause) {
      failures += 1
      const retryMs = Math.min(MAX_RETRY_MS, (options.retryMs ?? 5_000) * 2 ** (failures - 1))
      const { code } = toWuslaError(cause, 'registry_unreachable')
      onEvent({ kind: 'direct_not_announced', code, retryMs })
      if (!isStopped) timer = setTimeout(again, retryMs)
    } finally {
      isBusy = false
    }
  }
  const again = (): void => {
    timer = undefined
    check()
  }
  const stopListening = directory.onChange(() => setImmediate(check))
  check()
  return () => {
    isStopped = true
    stopListening()
    clearTimeout(timer)
  }
}

async function say({ ownChanges, gateway, member, address }: AnnounceOptions): Promise<void> {
  if (address === undefined) await ownChanges.publish('gateway_direct_withdrawn', { gateway, member })
  else await ownChanges.publish('gateway_direct_announced', { gateway, member, address })
}
