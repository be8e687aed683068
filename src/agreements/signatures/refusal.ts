import {
  DOCUMENT_FAILURES,
  type DocumentFailure,
  type DocumentResult,
  type DocumentStep,
} from '../signed-document-result.ts'

/** Ends the verification of a document inside the step that is running. Never leaves the room: it becomes a result. */
export class Refusal extends Error {
  readonly code: DocumentFailure

  /** @param detail - a few words on what it was about; holds no more than the file itself says. */
  constructor(code: DocumentFailure, detail?: string) {
    // A stranger's words must not steer the screen of whoever reads them.
    const words = detail?.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 300)
    super(words === undefined ? DOCUMENT_FAILURES[code] : `${DOCUMENT_FAILURES[code]} (${words})`)
    this.name = 'Refusal'
    this.code = code
  }
}

/** Refuses unless `holds`. */
export function need(holds: boolean, code: DocumentFailure, detail?: string): asserts holds {
  if (!holds) throw new Refusal(code, detail)
}

/**
 * The value of `read`, which takes bytes of strangers apart with a library: whatever it throws about them refuses with `code`.
 */
export async function readOr<T>(code: DocumentFailure, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof Refusal) throw cause
    throw new Refusal(code, cause instanceof Error ? cause.message.slice(0, 200) : undefined)
  }
}

/** Runs named steps; the name of the one that is running goes into the result when it refuses. */
export interface StepRun {
  <T>(step: DocumentStep, act: () => T | Promise<T>): Promise<T>
}

/** Runs a verification to its result. Only refusals are caught: anything else is an error of this program. */
export async function runSteps(
  verify: (step: StepRun) => Promise<Extract<DocumentResult, { ok: true }>>,
): Promise<DocumentResult> {
  let running: DocumentStep = 'file'
  const step: StepRun = async (name, act) => {
    running = name
    return await act()
  }
  try {
    return await verify(step)
  } catch (cause) {
    if (cause instanceof Refusal)
      return { ok: false, step: running, code: cause.code, message: cause.message }
    throw cause
  }
}
