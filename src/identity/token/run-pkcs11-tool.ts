import { execFile } from 'node:child_process'
import { WuslaError } from '../../protocol/wusla-error.ts'
import type { HiddenText } from '../hidden-text.ts'
import type { TokenSettings } from '../token-signing.ts'

/** What `pkcs11-tool` is asked to do. */
export interface ToolQuestion {
  readonly args: readonly string[]
  readonly pin?: HiddenText
  /** What goes to its standard input. */
  readonly input?: Uint8Array
}

/** The name under which the program finds the PIN in its own environment. */
const PIN_VARIABLE = 'WUSLA_TOKEN_PIN'
const MAX_OUTPUT_BYTES = 1_048_576
const TIMEOUT_MS = 60_000

/** What the program says on its standard error, and what that means here. */
const REASONS: readonly (readonly [RegExp, TokenReason])[] = [
  [/CKR_PIN_LOCKED/, 'pin_locked'],
  [/CKR_PIN_(?:INCORRECT|INVALID|LEN_RANGE)/, 'pin_incorrect'],
  [/Failed to load pkcs11 module/, 'module_not_loaded'],
  [/No slots?\b|CKR_TOKEN_NOT_PRESENT|CKR_SLOT_ID_INVALID/, 'token_not_found'],
  [/Private key not found|object not found/i, 'key_not_found'],
  [/CKR_MECHANISM_INVALID|CKR_KEY_FUNCTION_NOT_PERMITTED|CKR_KEY_TYPE_INCONSISTENT/, 'algorithm_not_offered'],
]

/** Why a token does not do what it was asked. */
export type TokenReason =
  | 'algorithm_not_offered'
  | 'key_not_found'
  | 'module_not_loaded'
  | 'other'
  | 'pin_incorrect'
  | 'pin_locked'
  | 'timed_out'
  | 'token_not_found'

/**
 * Runs OpenSC's `pkcs11-tool` once, in a process of its own: the vendor's module is never loaded into ours. The PIN is in the environment of
 * that process alone, where nobody but the same user and root can read it; arguments are for everybody to see.
 *
 * NOTE: nothing is tried twice. A few wrong PINs lock a card for ever.
 *
 * @returns its standard output
 * @throws WuslaError `token_program_missing`, `token_refused` with a {@link TokenReason}
 */
export async function runPkcs11Tool(settings: TokenSettings, question: ToolQuestion): Promise<Buffer> {
  const { module, tokenLabel, program = 'pkcs11-tool', environment = {} } = settings
  const args = [
    '--module',
    module,
    ...(tokenLabel === undefined ? [] : ['--token-label', tokenLabel]),
    ...(question.pin === undefined ? [] : ['--login', '--pin', `env:${PIN_VARIABLE}`]),
    ...question.args,
  ]
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    // Its words are read below.
    LC_ALL: 'C',
    ...environment,
    ...(question.pin === undefined ? {} : { [PIN_VARIABLE]: question.pin.reveal() }),
  }
  return await new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      {
        env,
        encoding: 'buffer',
        maxBuffer: MAX_OUTPUT_BYTES,
        timeout: settings.timeoutMs ?? TIMEOUT_MS,
        killSignal: 'SIGKILL',
      },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(failureOf(error, stderr.toString('latin1')))
      },
    )
    // A program that ended early reads nothing; its exit says why.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(question.input)
  })
}

/** Neither output nor arguments go into the error: a module may say anything. */
function failureOf(error: Error & { readonly killed?: boolean | undefined }, stderr: string): WuslaError {
  if ('code' in error && error.code === 'ENOENT') return new WuslaError('token_program_missing')
  const said = REASONS.find(([pattern]) => pattern.test(stderr))?.[1] ?? 'other'
  const reason: TokenReason = error.killed === true ? 'timed_out' : said
  return new WuslaError('token_refused', { details: { reason } })
}
