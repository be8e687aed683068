import type { Clock } from '../../protocol/clock.ts'
import type { EventSink } from '../../protocol/event.ts'
import type { SignedDocumentReader } from '../check-signed-document.ts'
import type { ProviderLine } from '../http/ask-provider.ts'
import type { ReadText } from '../http/client-secret.ts'
import type { IdentityEvent } from '../identity-event.ts'
import type { UaePassSettings } from '../uae-pass-settings.ts'

/** What the two halves of the adapter share. */
export interface UaePassParts {
  readonly provider: string
  readonly settings: UaePassSettings
  readonly line: ProviderLine
  readonly clock: Clock
  readonly readText: ReadText
  readonly reader: SignedDocumentReader
  readonly onEvent: EventSink<IdentityEvent>
}
