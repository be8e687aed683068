import { isTime } from '../../protocol/clock.ts'
import { isIdentifier } from '../../protocol/identifier.ts'
import { objectOf, type Shape, text } from '../../trust/shape.ts'
import { isBase64urlOf } from '../../trust/text-form.ts'

/**
 * Characters that a signer would not see, or that make a text read otherwise than it is stored: controls, line
 * separators, bidirectional embeddings, overrides and isolates, byte order mark.
 */
// oxlint-disable-next-line no-control-regex -- these are the characters to refuse
export const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/

const isReadable = (value: string): boolean =>
  value.trim() === value && value.isWellFormed() && !UNSEEN.test(value)

/** One line for people, at most `max` UTF-16 units. */
export const readable = (max: number): Shape<string> =>
  text({ max, test: isReadable, what: 'one line of text without hidden characters' })

/** The same words in both languages of the network. Both are signed; neither outranks the other. */
export const bilingual = (max: number): Shape<{ readonly ar: string; readonly en: string }> =>
  objectOf({ ar: readable(max), en: readable(max) })

/** An identifier of one kind. */
export const identifier = (kind: 'member' | 'system' | 'service' | 'branch' | 'network'): Shape<string> =>
  text({ max: 4096, test: (value) => isIdentifier(kind, value), what: `the identifier of a ${kind}` })

export const instant: Shape<string> = text({
  max: 24,
  test: isTime,
  what: 'an instant in UTC with milliseconds',
})

/** SHA-256, base64url. */
export const hash: Shape<string> = text({ test: (value) => isBase64urlOf(value, 32, 32), what: 'a hash' })

export const code: Shape<string> = text({
  max: 64,
  test: (value) => /^[A-Za-z0-9][A-Za-z0-9._:-]*$/.test(value),
  what: 'a code',
})
