import type { SignaturePlace } from './render-agreement.ts'

/** Between the signatures of two officials of one party. Unit: points. */
const GAP = 4

/**
 * The place of one party, shared by two of its officials side by side: the first signs in the right half.
 *
 * @param official - 0 or 1
 */
export function halfPlace(place: SignaturePlace, official: 0 | 1): SignaturePlace {
  const [left, bottom, right, top] = place.rectangle
  const middle = (left + right) / 2
  const [from, to] = official === 0 ? [middle + GAP / 2, right] : [left, middle - GAP / 2]
  return { ...place, rectangle: [hundredths(from), bottom, hundredths(to), top] }
}

function hundredths(points: number): number {
  return Math.round(points * 100) / 100
}
