import type { MandateSigner } from '../../agreements/mandate-terms.ts'
import type { HiddenText } from '../../identity/hidden-text.ts'
import type { Clock } from '../../protocol/clock.ts'
import { WuslaError } from '../../protocol/wusla-error.ts'
import { isHolder } from './find-mandate.ts'
import type { SigningDirectory } from './signing-ports.ts'

/** A document that the first of two officials has signed. */
export interface HeldRevision {
  readonly pdf: Uint8Array
  readonly signer: MandateSigner
  /** Digest of the revision at the registry that it continues; null: of the unsigned document. */
  readonly base: string | null
}

/** A minute less than the lease of the registry, under which nobody else signs meanwhile. Milliseconds. */
const HELD_MS = 19 * 60_000

/** A document may have 8 MiB. */
const MAX_HELD = 20

/**
 * What waits here for the second official of this member (four eyes). In memory: after a restart, or when the time is over, the first
 * one signs again. Nothing of it has left this house.
 */
export class HeldRevisions {
  readonly #clock: Clock
  readonly #held = new Map<string, HeldRevision & { readonly untilMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws WuslaError `too_many_requests` */
  keep(agreement: string, revision: HeldRevision): void {
    this.#forgetOld()
    if (this.#held.size >= MAX_HELD) throw new WuslaError('too_many_requests')
    this.#held.set(agreement, { ...revision, untilMs: this.#clock.nowMs() + HELD_MS })
  }

  /** The revision to continue, unless what it continues is no longer the newest at the registry. */
  get(agreement: string, base: string | null): HeldRevision | undefined {
    this.#forgetOld()
    const held = this.#held.get(agreement)
    return held?.base === base ? held : undefined
  }

  /** Agreements that wait for the second official, and until when, in milliseconds since 1970. */
  list(): readonly { readonly agreement: string; readonly untilMs: number }[] {
    this.#forgetOld()
    return [...this.#held].map(([agreement, { untilMs }]) => ({ agreement, untilMs }))
  }

  forget(agreement: string): void {
    this.#held.delete(agreement)
  }

  #forgetOld(): void {
    const nowMs = this.#clock.nowMs()
    for (const [agreement, { untilMs }] of this.#held) if (untilMs <= nowMs) this.#held.delete(agreement)
  }
}

/** Four eyes are of two people. @throws WuslaError `second_signer_is_first` */
export function assertOtherPerson(
  { signer }: HeldRevision,
  identityNumber: HiddenText,
  directory: Pick<SigningDirectory, 'mandate'>,
): void {
  if (isHolder(directory.mandate(signer.mandate), signer.salt, identityNumber))
    throw new WuslaError('second_signer_is_first')
}
