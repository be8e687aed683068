import type { TokenStore } from '../admin-api/token-store.ts'
import type { Directory } from '../directory/directory.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import type { Anchor } from '../trust/anchor.ts'
import type { AgreementDesk } from './agreement-desk.ts'
import type { ChangeIndex } from './change-index.ts'
import type { EnrolmentStore } from './enrolment-store.ts'
import type { Publisher } from './publisher.ts'
import type { RegistryConfig } from './registry-config.ts'
import type { RegistryEvent } from './registry-event.ts'
import type { RegistryKeys } from './registry-files.ts'
import type { RequestDesk } from './request-desk.ts'
import type { SealedCaller } from './sealed-caller.ts'

/** The parts of a running registry that its routes work with. */
export interface RegistryParts {
  readonly config: RegistryConfig
  readonly anchor: Anchor
  readonly keys: RegistryKeys
  readonly directory: Directory
  readonly ledger: Ledger
  readonly publisher: Publisher
  readonly desk: AgreementDesk
  readonly requests: RequestDesk
  readonly enrolments: EnrolmentStore
  readonly index: ChangeIndex
  readonly sealed: SealedCaller
  readonly tokens: TokenStore
  readonly clock: Clock
  readonly onEvent: EventSink<RegistryEvent>
}
