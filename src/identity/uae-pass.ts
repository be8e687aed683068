import { readFile } from 'node:fs/promises'
import { systemClock, type Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import type { SignedDocumentReader } from './check-signed-document.ts'
import type { DocumentSigningPort } from './document-signing.ts'
import type { IdentityEvent } from './identity-event.ts'
import type { LoginPort } from './login.ts'
import { uaePassProblems } from './uae-pass-settings.ts'
import type { UaePassSettings } from './uae-pass-settings.ts'
import { UaePassLogin } from './uae-pass/uae-pass-login.ts'
import type { UaePassParts } from './uae-pass/uae-pass-parts.ts'
import { UaePassSigning } from './uae-pass/uae-pass-signing.ts'

/** What the adapter is given from outside; everything has a default but the reader and the events. */
export interface UaePassOptions {
  readonly onEvent: EventSink<IdentityEvent>
  readonly fetch?: typeof globalThis.fetch
  readonly clock?: Clock
  /** Reads the files of secrets. */
  readonly readText?: (path: string) => Promise<string>
  /** Reads what came back. */
  readonly reader: SignedDocumentReader
}

/** The ports that an installation of UAE PASS fills. */
export interface UaePass {
  readonly login: LoginPort
  /** Absent when the settings have no `signing`. */
  readonly documentSigning?: DocumentSigningPort
}

/**
 * Login and document signing with UAE PASS (docs.uaepass.ae), or with a stand-in that answers like it.
 *
 * @param settings - checked against `UaePassSettingsSchema` already
 * @throws WuslaError `config_invalid` with all problems
 */
export function openUaePass(settings: UaePassSettings, options: UaePassOptions): UaePass {
  const problems = uaePassProblems(settings)
  if (problems.length > 0) throw new WuslaError('config_invalid', { details: { problems } })
  const parts: UaePassParts = {
    provider: settings.provider ?? 'uae-pass',
    settings,
    line: {
      fetch: options.fetch ?? globalThis.fetch,
      timeoutMs: settings.requestTimeoutMs ?? 20_000,
    },
    clock: options.clock ?? systemClock,
    readText: options.readText ?? ((path) => readFile(path, 'utf8')),
    reader: options.reader,
    onEvent: options.onEvent,
  }
  const login = new UaePassLogin(parts)
  if (settings.signing === undefined) return { login }
  return { login, documentSigning: new UaePassSigning(parts, settings.signing) }
}
