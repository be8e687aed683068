/** Bounds of the protocol. Both sides of a connection rely on them: changing one changes the protocol. */

/** Longest identifier segment, in UTF-8 bytes after percent-decoding. */
export const MAX_SEGMENT_BYTES = 255

/** Longest network name, in characters. */
export const MAX_NETWORK_LENGTH = 63

/** Longest canonical statement, in UTF-8 bytes. */
export const MAX_STATEMENT_BYTES = 65_536

/** Longest raw service path in a statement, in bytes. */
export const MAX_PATH_BYTES = 8_192

/** Longest raw query string in a statement, in bytes, without its question mark. */
export const MAX_QUERY_BYTES = 16_384

/** Longest message id, user, issue or represented party in a statement, in UTF-8 bytes. */
export const MAX_STATEMENT_TEXT_BYTES = 1_024

/** Longest header block (`Name:value CRLF` lines), in bytes. */
export const MAX_HEADER_BLOCK_BYTES = 65_536

/** Most header lines in a block. */
export const MAX_HEADER_LINES = 256

/** Most statements under one batch seal. */
export const MAX_BATCH_STATEMENTS = 65_536

/** Longest canonical batch header, in UTF-8 bytes. */
export const MAX_BATCH_HEADER_BYTES = 8_192

/** Most seals on one batch: one per algorithm, with room for a change of algorithms. */
export const MAX_SEALS = 4

/** Longest value of one seal, in bytes after decoding (ML-DSA-87 needs 4,627). */
export const MAX_SEAL_VALUE_BYTES = 8_192

/** Largest entry of a ledger, in bytes: C2SP entry bundles carry the length in 16 bits. */
export const MAX_ENTRY_BYTES = 65_535

/** Longest path glob, in characters. */
export const MAX_GLOB_LENGTH = 1_024

/** Default bound for JSON texts from outside, in UTF-8 bytes. */
export const MAX_JSON_BYTES = 1_048_576

/** Deepest nesting of JSON values, in brackets and braces. */
export const MAX_JSON_DEPTH = 128
