/** Bounds of one session. Section numbers are those of docs/spec/session.md. */

/** Body bytes a peer may send on a new stream before it gets more credit (6.1). */
export const INITIAL_CREDIT_BYTES = 262_144

/** Smallest and largest initial credit a HELLO may announce, in bytes (4.1). */
export const MIN_INITIAL_CREDIT_BYTES = 131_072
export const MAX_INITIAL_CREDIT_BYTES = 16_777_216

/** Most credit a stream may have at one time, in bytes: more is a violation (6.1). */
export const MAX_CREDIT_BYTES = 2_147_483_647

/** Streams a peer may have open at one time, and the most a HELLO may announce. */
export const MAX_STREAMS = 2_048
export const MAX_ANNOUNCED_STREAMS = 65_536

/** Seal keys one HELLO may name. */
export const MAX_SEAL_KEYS = 16

/** Features a HELLO may name. */
export const MAX_FEATURES = 16

/** A batch leaves as soon as it holds so many statements; smaller ones leave at the end of the turn. Measured. */
export const PROMPT_BATCH_STATEMENTS = 32

/** Sealed batches of answers that wait for the disk at the same time; then the next one gathers. */
export const MAX_RECORDING_BATCHES = 8

/** A batch is closed when it holds this many statements or this many bytes of frames (6.5). */
export const SENT_BATCH_STATEMENTS = 1_024
export const SENT_BATCH_BYTES = 2_097_152

/** Bytes of frames without a BATCH that one session holds; beyond, it is closed (6.5). */
export const MAX_HELD_BYTES = 8_388_608

/** Body bytes that wait for slow readers, over all streams of one session; beyond, a stream is reset (6.4). */
export const MAX_BUFFERED_BODY_BYTES = 134_217_728

/** Bodies pause while this many bytes wait for the socket, so that small exchanges do not queue behind them. */
export const SEND_BACKLOG_BYTES = 262_144

/** A session whose peer leaves this many bytes unread is closed (6.6). */
export const MAX_UNSENT_BYTES = 67_108_864

/** How long the peer may take for its HELLO, in milliseconds. */
export const HELLO_TIMEOUT_MS = 10_000

/**
 * The peer is asked with PING this often, and given up after the deadline of silence, in milliseconds (8.1). With the quarter
 * of an interval between two looks a silence is noticed within 3 s, also on a machine that is late by some hundred milliseconds.
 */
export const PING_INTERVAL_MS = 1_000
export const PING_DEADLINE_MS = 2_000

/** How long {@link Session.close} waits for streams, in milliseconds. */
export const CLOSE_GRACE_MS = 10_000

/** How long the last frame may take to leave before the socket is destroyed, in milliseconds. */
export const LAST_WORD_MS = 1_000

/** Longest `detail` of a RESET, in characters. */
export const MAX_DETAIL_LENGTH = 512
