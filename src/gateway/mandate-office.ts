import { randomBytes } from 'node:crypto'
import { mandateHolder } from '../agreements/mandate-terms.ts'
import type { ChangeOf } from '../directory/change.ts'
import type { Directory } from '../directory/directory.ts'
import type { MandateRecord, MandateStanding } from '../directory/directory-record.ts'
import type { HiddenText } from '../identity/hidden-text.ts'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { type Clock, formatTime } from '../protocol/clock.ts'
import { isWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import type { MandateSalts } from './mandate-salts.ts'
import type { OwnChanges } from './own-changes.ts'

type Published = 'type' | 'kind' | 'network' | 'time' | 'member' | 'mandate' | 'holder'

/** What a new mandate says; who holds it is told apart from that. */
export type WantedMandate = Omit<ChangeOf<'mandate_granted'>, Published>

/** A mandate of this member, as its people see it. */
export type ShownMandate = Omit<WantedMandate, 'instrument'> & {
  readonly mandate: string
  readonly standing: MandateStanding['standing']
  /** Whether this gateway can tell who holds it: only then can it be signed under here. */
  readonly hasSalt: boolean
}

interface MandateOfficeOptions {
  readonly member: string
  readonly directory: Directory
  readonly salts: MandateSalts
  readonly ownChanges: Pick<OwnChanges, 'publish'>
  readonly clock: Clock
  /** Default: the random source of the platform. */
  readonly random?: (bytes: number) => Buffer
}

/** Where a member says who may sign for it, and ends that again: by its own seal, which is the only one that may. */
export class MandateOffice {
  readonly #options: MandateOfficeOptions
  /** The grant under way: the next one waits, so that a repeated request finds what the first one granted. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: MandateOfficeOptions) {
    this.#options = options
  }

  /** Every mandate that this member ever granted, in the order of granting. */
  list(): ShownMandate[] {
    const { directory, member } = this.#options
    return directory.mandatesOf(member).map((record) => this.#shown(record))
  }

  /**
   * Grants a mandate to whoever has this identity number. The number is used here and nowhere kept.
   *
   * @throws WuslaError `invalid_request` when it would be over already; `conflict` when the same person holds the same
   * mandate, which the details name; `change_refused`, `registry_unreachable`
   */
  async grant(wanted: WantedMandate, holder: HiddenText): Promise<{ mandate: string; index: number }> {
    const granted = this.#turn.then(async () => await this.#grant(wanted, holder))
    // Whoever waits for this turn waits for its end, however it ends; the caller hears how.
    this.#turn = granted.catch(() => undefined)
    return await granted
  }

  /**
   * Ends a mandate of this member, and all that was delegated from it, for good.
   *
   * @throws WuslaError `not_found` when this member granted no such mandate, `change_refused` when it has ended,
   * `registry_unreachable`
   */
  async end(mandate: string, reason: string): Promise<number> {
    const { directory, member, ownChanges } = this.#options
    if (directory.mandate(mandate)?.member !== member) {
      throw new WuslaError('not_found', { details: { mandate } })
    }
    return await ownChanges.publish('mandate_ended', { member, mandate, reason })
  }

  async #grant(wanted: WantedMandate, holder: HiddenText): Promise<{ mandate: string; index: number }> {
    const { member, salts, ownChanges, random = randomBytes } = this.#options
    if (wanted.validUntil <= this.#now()) {
      throw new WuslaError('invalid_request', { details: { at: '/validUntil', problem: 'is in the past' } })
    }
    const twin = this.#twinOf(wanted, holder)
    if (twin !== undefined) {
      throw new WuslaError('conflict', {
        message: 'The same person holds the same mandate already.',
        details: { mandate: twin },
      })
    }
    const mandate = random(16).toString('base64url')
    const salt = random(32).toString('base64url')
    // Durable before anybody hears of the mandate: without its salt nobody could ever sign under it.
    await salts.keep({ mandate, salt })
    const fields = { ...wanted, member, mandate, holder: mandateHolder(salt, holder.reveal()) }
    try {
      return { mandate, index: await ownChanges.publish('mandate_granted', fields) }
    } catch (error) {
      // Any other failure leaves it open whether the registry has the change.
      if (isWuslaError(error) && error.code === 'change_refused') await salts.forget(mandate)
      throw error
    }
  }

  /** A mandate with these very terms, of this person, that is not over. */
  #twinOf(wanted: WantedMandate, holder: HiddenText): string | undefined {
    const { directory, member, salts } = this.#options
    const terms = canonicalJson({ ...wanted })
    const twin = directory.mandatesOf(member).find((record) => {
      const salt = salts.get(record.mandate)
      const { standing } = directory.mandateAt(record.mandate, this.#now())
      if (salt === undefined || (standing !== 'valid' && standing !== 'not_yet')) return false
      const isSamePerson = mandateHolder(salt, holder.reveal()) === record.holder
      return isSamePerson && canonicalJson({ ...termsOf(record) }) === terms
    })
    return twin?.mandate
  }

  #shown(record: MandateRecord): ShownMandate {
    const { directory, salts } = this.#options
    const { mandate } = record
    const { instrument: _instrument, ...terms } = termsOf(record)
    const { standing } = directory.mandateAt(mandate, this.#now())
    return { mandate, ...terms, standing, hasSalt: salts.get(mandate) !== undefined }
  }

  #now(): string {
    return formatTime(this.#options.clock.nowMs())
  }
}

function termsOf(record: MandateRecord): WantedMandate {
  const { office, kinds, dataClassUpTo, instrument, validFrom, validUntil } = record
  const { ceilingAed, fourEyes, delegable, delegatedFrom } = record
  return {
    office,
    kinds,
    dataClassUpTo,
    instrument,
    validFrom,
    validUntil,
    ...(ceilingAed === undefined ? {} : { ceilingAed }),
    ...(fourEyes === undefined ? {} : { fourEyes }),
    ...(delegable === undefined ? {} : { delegable }),
    ...(delegatedFrom === undefined ? {} : { delegatedFrom }),
  }
}
