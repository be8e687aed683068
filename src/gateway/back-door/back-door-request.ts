import type { DataClass } from '../../agreements/data-class.ts'

/** Where a service answers. */
export interface ServiceTarget {
  /**
   * `http://host[:port][/path]` or `https://…`. The service path is put behind it; of two `/` that meet one goes. No
   * query, no user, no fragment.
   */
  readonly url: string
  readonly tls?:
    | {
        /** PEM file of the authority that issued the certificate, absolute. Default: the authorities of the runtime. */
        readonly caFile?: string | undefined
        /** SHA-256 of the certificate itself (DER), hex or base64url. It then counts alone, whoever issued it. */
        readonly pinnedSha256?: string | undefined
      }
    | undefined
  /** Default 5,000. */
  readonly connectTimeoutMs?: number | undefined
  /** Longest silence between the end of the request and the answer, and within the answer. Default 60,000. */
  readonly answerTimeoutMs?: number | undefined
  /**
   * What the backend reads in `Host`: its own (`backend`, default), or what the client of a mapped port called
   * (`original`), for backends that make absolute addresses of it. Only choose `original` if the backend may be told
   * any host name by a consumer.
   */
  readonly host?: 'backend' | 'original' | undefined
}

/** Who calls, as the verified statement says. The backend may rely on these headers; nothing else sets them. */
export interface VerifiedCaller {
  /** Becomes `x-road-client`. */
  readonly client: string
  /** Becomes `x-road-service`. */
  readonly service: string
  /** Becomes `x-road-id`. */
  readonly messageId: string
  /** Becomes `x-road-request-id`. */
  readonly exchange: string
  /** Hash of the agreement, or `open`; becomes `wusla-agreement`. */
  readonly agreement: string
  /** Class of the data, as the grant says; becomes `wusla-data-class`. */
  readonly dataClass: DataClass
  /** Becomes `wusla-purpose`: a purpose code. */
  readonly purpose?: string | undefined
}

/** A request for a backend. */
export interface BackDoorRequest {
  readonly caller: VerifiedCaller
  readonly method: string
  /** Raw service path, `/…` or empty. */
  readonly path: string
  /** Raw query without `?`. */
  readonly query?: string | undefined
  /** Names and values in turn, well-formed; filtered again here. */
  readonly headers: readonly string[]
  /**
   * A stream that throws, for example because it fails verification, cuts the connection before its last byte: to the
   * backend the request looks broken off, never complete.
   */
  readonly body: Buffer | AsyncIterable<Uint8Array> | null
  /** Length of a streamed body in bytes, if known. Default: as the consumer's front door told it. */
  readonly bodyBytes?: number | undefined
}

/** The headers of an answer. */
export interface AnswerHeaders {
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
  /**
   * The lines that travel. Reading it throws WuslaError `invalid_request` when a header cannot be forwarded.
   */
  readonly headerBlock: string
}

/** What a backend answered. */
export interface BackDoorAnswer {
  /** 200 to 599. */
  readonly status: number
  /** Often empty. */
  readonly reason: string
  /** Hop-by-hop headers and `x-road-*` headers of gateways are gone. */
  readonly headers: AnswerHeaders
  /**
   * `null`: not one byte. Buffer: the whole body, at most 16 KiB. Otherwise a stream with back-pressure; leaving it
   * early cuts the connection. It throws WuslaError if the backend breaks off.
   */
  readonly body: Buffer | AsyncIterable<Uint8Array> | null
  /** Length of the body in bytes if the backend declared one. */
  readonly bodyBytes?: number | undefined
}
