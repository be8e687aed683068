/** What the front door tells its gateway. Texts a client chose are never among it, except identifiers. */
export type FrontDoorEvent =
  /** A call was refused or failed; `id` is what the client was given to ask about. */
  | {
      readonly kind: 'call_refused'
      readonly id: string
      readonly code: string
      readonly message: string
      readonly address: string
      readonly client?: string
      readonly service?: string
    }
  /** Bytes that are no HTTP request; `reason` is the parser's code. */
  | { readonly kind: 'request_malformed'; readonly id: string; readonly reason: string }
  /** A mistake of the program itself, met while a call was served. */
  | { readonly kind: 'call_failed'; readonly id: string; readonly cause: unknown }
