import { readFile } from 'node:fs/promises'
import { systemClock, type Clock } from '../protocol/clock.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { cscProblems } from './csc-settings.ts'
import type { CscSettings } from './csc-settings.ts'
import { CscSigning } from './csc/csc-flow.ts'
import type { HashSigningPort } from './hash-signing.ts'

/** What the adapter is given from outside; everything has a default. */
export interface CscOptions {
  readonly fetch?: typeof globalThis.fetch
  readonly clock?: Clock
  /** Reads the file of the secret. */
  readonly readText?: (path: string) => Promise<string>
}

/**
 * Hash signing at a service that speaks the CSC API, with OAuth 2 in two rounds (scopes `service` and `credential`).
 *
 * @param settings - checked against `CscSettingsSchema` already
 * @throws WuslaError `config_invalid` with all problems
 */
export function openCscSigning(settings: CscSettings, options: CscOptions = {}): HashSigningPort {
  const problems = cscProblems(settings)
  if (problems.length > 0) throw new WuslaError('config_invalid', { details: { problems } })
  return new CscSigning({
    settings,
    line: {
      fetch: options.fetch ?? globalThis.fetch,
      timeoutMs: settings.requestTimeoutMs ?? 20_000,
    },
    clock: options.clock ?? systemClock,
    readText: options.readText ?? ((path) => readFile(path, 'utf8')),
  })
}
