import { isWuslaError } from '../../protocol/wusla-error.ts'
import { FAILURE_CODES } from '../verify-result.ts'
import type { FailureCode, VerifyResult, VerifyStep } from '../verify-result.ts'

/** Ends a verification inside the step that is running. Never leaves the room: it becomes a result. */
export class Refusal extends Error {
  readonly code: FailureCode

  /** @param detail - a few words on what it was about; must hold no more than the file itself says. */
  constructor(code: FailureCode, detail?: string) {
    super(detail === undefined ? FAILURE_CODES[code] : `${FAILURE_CODES[code]} (${detail})`)
    this.name = 'Refusal'
    this.code = code
  }
}

/** Refuses unless `holds`. */
export function need(holds: boolean, code: FailureCode, detail?: string): asserts holds {
  if (!holds) throw new Refusal(code, detail)
}

/** The value of `read`; a {@link WuslaError} out of it, which a malformed text causes, refuses with `code`. */
export function readOr<T>(code: FailureCode, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (isWuslaError(cause)) throw new Refusal(code)
    throw cause
  }
}

/** Runs named steps; the name of the one that is running goes into the result when it refuses. */
export interface StepRun {
  <T>(step: VerifyStep, act: () => T): T
}

/** Runs a verification to its result. Only refusals are caught: anything else is an error of this program. */
export function runSteps(verify: (step: StepRun) => Extract<VerifyResult, { ok: true }>): VerifyResult {
  let running: VerifyStep = 'parse'
  const step: StepRun = (name, act) => {
    running = name
    return act()
  }
  try {
    return verify(step)
  } catch (cause) {
    if (cause instanceof Refusal)
      return { ok: false, step: running, code: cause.code, message: cause.message }
    throw cause
  }
}
