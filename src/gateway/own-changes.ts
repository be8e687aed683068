import type { ChangeKind, ChangeOf } from '../directory/change.ts'
import { type Clock, formatTime } from '../protocol/clock.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { SealKey } from '../trust/seal-key.ts'
import { signChange, type SignedChange } from '../trust/signed-change.ts'
import type { RegistryClient } from './registry-client.ts'

interface OwnChangesOptions {
  readonly network: string
  readonly member: string
  /** The seal key of the moment: a rotation puts another in place. */
  readonly key: () => SealKey
  readonly registry: RegistryClient
  readonly clock: Clock
  /** Resolves when the directory here has the entry of this index; rejects after a time. */
  readonly untilApplied: (index: number) => Promise<void>
}

type OwnFields<Kind extends ChangeKind> = Omit<ChangeOf<Kind>, 'type' | 'kind' | 'network' | 'time'>

/** Changes that this member makes about itself: signed here with its seal, published by the registry, seen back. */
export class OwnChanges {
  readonly #options: OwnChangesOptions
  #lastMs = 0

  constructor(options: OwnChangesOptions) {
    this.#options = options
  }

  /**
   * Signs and publishes a change, and waits until it is in force at this gateway.
   *
   * @throws WuslaError `registry_unreachable`, `change_refused`
   */
  async publish<Kind extends ChangeKind>(kind: Kind, fields: OwnFields<Kind>): Promise<number> {
    const { network, member, key, registry } = this.#options
    const change = {
      ...fields,
      type: 'wusla/change/v1',
      kind,
      network,
      time: this.#nextTime(),
    } as unknown as SignedChange['change']
    const index = await registry.submitChange({
      change,
      signatures: [await signChange(change, member, key())],
    })
    await this.#options.untilApplied(index)
    return index
  }

  /** Publishes unless the directory refuses because it is so already. @returns undefined then */
  async publishUnlessThere<Kind extends ChangeKind>(
    kind: Kind,
    fields: OwnFields<Kind>,
  ): Promise<number | undefined> {
    try {
      return await this.publish(kind, fields)
    } catch (error) {
      if (
        error instanceof WuslaError &&
        error.code === 'change_refused' &&
        error.details['reason'] === 'already_exists'
      )
        return undefined
      throw error
    }
  }

  /** Two changes about one subject in one millisecond would have no order. */
  #nextTime(): string {
    this.#lastMs = Math.max(this.#lastMs + 1, this.#options.clock.nowMs())
    return formatTime(this.#lastMs)
  }
}
