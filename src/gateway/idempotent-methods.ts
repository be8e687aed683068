/**
 * Methods whose repetition does no harm (RFC 9110, 9.2.2): their record may become durable while the backend works, and
 * where nobody knows whether the backend was called, it is called again.
 */
export const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])
