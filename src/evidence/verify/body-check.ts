import { digest512 } from '../../protocol/digest.ts'
import type { BodyFacts } from '../verify-result.ts'
import { need } from './refusal.ts'

/** A body somebody presents: its bytes, or what a reader of a large file made of them. */
export type PresentedBody = Uint8Array | { readonly digest512: string; readonly bytes: number }

/** Holds a presented body against the words that were signed; nothing presented, nothing held. */
export function checkBody(
  presented: PresentedBody | undefined,
  signed: { readonly body?: string; readonly bodyBytes: number } | undefined,
): BodyFacts {
  if (presented === undefined) return 'not_given'
  need(signed !== undefined, 'no_answer')
  const bytes = presented instanceof Uint8Array ? presented.length : presented.bytes
  need(bytes === signed.bodyBytes, 'body_differs', `${bytes} bytes instead of ${signed.bodyBytes}`)
  if (bytes > 0) {
    const digest = presented instanceof Uint8Array ? digest512(presented) : presented.digest512
    need(digest === signed.body, 'body_differs', 'same length, other bytes')
  }
  return 'matches'
}
