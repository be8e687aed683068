import { PERSONAS } from '../personas.ts'

/**
 * What goes wrong on purpose. Everything else that goes wrong (a field name used twice, a person of level SOP1, a deleted process, an
 * address that is not registered) is the stand-in's ordinary behaviour and needs no switch.
 */
export interface Switches {
  /** Whoever approves refuses instead: `access_denied` at a login, `canceled` at a signature. */
  readonly personCancels: boolean
  /** Name of the persona whose certificate signs, whoever approved. */
  readonly signsInstead: string | null
  /**
   * `never`: the browser is not sent back. `forged`: it is sent back with `finished` before anybody approved, and nothing is signed.
   * `early`: it is sent back with `finished` at once, and the first two questions for the result are answered 404.
   */
  readonly callback: 'normal' | 'never' | 'forged' | 'early'
  /** Life of a signing token. Unit: seconds, default 300. */
  readonly signingTokenSeconds: number
  /** Index of the document of a process that is not signed, first is 0. With one document alone the process fails. */
  readonly failsDocument: number | null
  /** The time-stamping authority answers 503, and no signature is made. */
  readonly timeStampDown: boolean
  /** Personas whose certificate is revoked, with the time of it (ISO 8601). */
  readonly revoked: Readonly<Record<string, string>>
  /** From the person's approval until the provider knows of it. Unit: ms, default 0. */
  readonly phoneDelayMs: number
  /** User information is answered with 503, with a good token. */
  readonly userInfoDown: boolean
}

export const NO_SWITCHES: Switches = {
  personCancels: false,
  signsInstead: null,
  callback: 'normal',
  signingTokenSeconds: 300,
  failsDocument: null,
  timeStampDown: false,
  revoked: {},
  phoneDelayMs: 0,
  userInfoDown: false,
}

/** Ten minutes: longer than anybody looks for a telephone. Unit: ms. */
const MAX_PHONE_DELAY_MS = 600_000

const isName = (value: unknown): boolean => PERSONAS.some(({ name }) => name === value)
const isFlag = (value: unknown): boolean => typeof value === 'boolean'
const isCount = (value: unknown, max: number): boolean =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= max

const CHECKS: Readonly<Record<keyof Switches, (value: unknown) => boolean>> = {
  personCancels: isFlag,
  signsInstead: (value) => value === null || isName(value),
  callback: (value) => ['normal', 'never', 'forged', 'early'].includes(String(value)),
  signingTokenSeconds: (value) => isCount(value, 86_400),
  failsDocument: (value) => value === null || isCount(value, 1_000),
  timeStampDown: isFlag,
  revoked: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([name, at]) => isName(name) && !Number.isNaN(Date.parse(String(at)))),
  phoneDelayMs: (value) => isCount(value, MAX_PHONE_DELAY_MS),
  userInfoDown: isFlag,
}

/** The switches of one stand-in; all off at its start. */
export class SwitchBoard {
  #now: Switches = NO_SWITCHES

  get now(): Switches {
    return this.#now
  }

  /** Sets those that are named and leaves the others. @returns names of unknown switches and of bad values; then nothing is set */
  set(change: Readonly<Record<string, unknown>>): readonly string[] {
    const problems = Object.entries(change)
      .filter(([name, value]) => !(name in CHECKS) || !CHECKS[name as keyof Switches](value))
      .map(([name]) => name)
    if (problems.length === 0) this.#now = { ...this.#now, ...change }
    return problems
  }

  /** Puts all of them off. */
  reset(): void {
    this.#now = NO_SWITCHES
  }
}
