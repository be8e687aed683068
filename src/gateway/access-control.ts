import { compileGrants, decide, type AccessRules, type Decision } from '../agreements/decision.ts'
import type { Directory } from '../directory/directory.ts'
import type { Clock } from '../protocol/clock.ts'
import { memberOf } from '../protocol/identifier.ts'
import { normaliseServicePath } from '../protocol/service-path.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { AgreementStore } from './agreement-store.ts'
import type { TransitRule } from './peer-sessions.ts'

/** An operation that is allowed, and by what. */
export interface AllowedAccess {
  /** Content hash of the agreement, or `open`. */
  readonly agreement: string
  readonly transit: TransitRule
}

/** One operation that somebody wants to call. */
export interface WantedOperation {
  readonly client: string
  readonly service: string
  readonly method: string
  /** Raw service path, as sent. */
  readonly path: string
}

interface AccessControlOptions {
  readonly member: string
  readonly directory: Directory
  readonly agreements: AgreementStore
  readonly clock: Clock
}

const NO_TRANSIT_RULE: TransitRule = Object.freeze({})

/**
 * The access rules of this gateway: compiled from the agreements whose content is here and which the directory says
 * are in force, and from the open services of the network. Both sides of an exchange ask it.
 */
export class AccessControl {
  readonly #options: AccessControlOptions
  #rules: AccessRules
  /** Directory version from which the rules were compiled. */
  #version = -1

  constructor(options: AccessControlOptions) {
    this.#options = options
    this.#rules = compileGrants({ agreements: [], openServices: [] })
  }

  /** Marks the rules as out of date; they are compiled again before the next decision. */
  invalidate(): void {
    this.#version = -1
  }

  /**
   * Allows an operation, or says why not.
   *
   * @throws WuslaError `access_denied`, `unknown_service`, `unknown_client` … with reason and remedy; `invalid_path`.
   */
  authorise(wanted: WantedOperation): AllowedAccess {
    const decision = this.decide(wanted)
    if (!decision.allowed) {
      throw new WuslaError(decision.code, {
        details: {
          reason: decision.reason,
          remedy: decision.remedy,
          client: wanted.client,
          service: wanted.service,
        },
      })
    }
    return { agreement: decision.agreement, transit: decision.grant?.transit ?? NO_TRANSIT_RULE }
  }

  /** The decision with everything `explain` shows. @throws WuslaError `invalid_path` */
  decide(wanted: WantedOperation): Decision {
    const path = normaliseServicePath(wanted.path)
    if (!path.ok) throw new WuslaError('invalid_path', { details: { reason: path.reason } })
    const { client, service, method } = wanted
    return decide(this.#currentRules(), {
      client,
      service,
      method,
      path: path.path,
      nowMs: this.#options.clock.nowMs(),
    })
  }

  #currentRules(): AccessRules {
    const { directory } = this.#options
    if (this.#version !== directory.version) {
      this.#version = directory.version
      this.#rules = this.#compile()
    }
    return this.#rules
  }

  #compile(): AccessRules {
    const { directory, agreements, member } = this.#options
    const known = directory.agreementsOf(member).flatMap(({ agreement, status }) => {
      const content = agreements.get(agreement)
      return content === undefined ? [] : [{ hash: agreement, content, status }]
    })
    const services = directory.services()
    return compileGrants({
      agreements: known,
      services,
      isMember: (client: string) => directory.member(memberOf(client)) !== undefined,
    })
  }
}
