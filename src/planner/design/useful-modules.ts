import type { DesignModule } from './design-problem.ts'

interface Size {
  readonly capacity: number
  readonly cost: number
}

/** More modules of one size on a link than anybody could lease, and few enough to count. */
const MOST_OF_ONE = 1e9

/** Work on one size: a price list that hides a hard riddle is kept as it is, which costs time and not correctness. */
const MOST_TRIES = 20_000

/**
 * The sizes that a cheapest network can need, smallest first, with the most of each on one link. A size that others
 * give as cheaply is left out, and so many of a small one that a larger is as cheap are never bought. Cheapest networks
 * stay among what is left, and the solver has far less to try: SNDlib's lists of forty sizes come down to two.
 *
 * @param need - capacity beyond which no link is ever needed
 */
export function usefulModules(sizes: readonly Size[], need: number): DesignModule[] {
  const ascending = sizes.toSorted((a, b) => a.capacity - b.capacity || a.cost - b.cost)
  const kept: Size[] = []
  for (const size of ascending) {
    const same = kept.at(-1)
    if (same?.capacity === size.capacity) continue
    if (!isCovered(size, kept)) kept.push(size)
  }
  // A larger size that costs no more takes the place of a smaller one.
  const wanted = kept.filter(
    (size) => !kept.some((other) => other.capacity > size.capacity && other.cost <= size.cost),
  )
  return wanted.map((size) => ({ ...size, most: mostOf(size, wanted, need) }))
}

/** At most one module: only a larger one for no more money makes a size useless. */
export function usefulSingles(sizes: readonly Size[]): DesignModule[] {
  const isBeaten = (size: Size, index: number): boolean =>
    sizes.some(
      (other, place) =>
        place !== index &&
        other.capacity >= size.capacity &&
        other.cost <= size.cost &&
        (other.capacity > size.capacity || other.cost < size.cost || place < index),
    )
  return sizes
    .filter((size, index) => !isBeaten(size, index))
    .toSorted((a, b) => a.capacity - b.capacity)
    .map((size) => ({ ...size, most: 1 }))
}

function isCovered(size: Size, smaller: readonly Size[]): boolean {
  let tries = 0
  const isSpent = (): boolean => tries > MOST_TRIES
  const covers = (from: number, capacity: number, money: number): boolean => {
    if (capacity <= 0) return true
    const next = smaller[from]
    tries += 1
    if (next === undefined || isSpent()) return false
    const enough = Math.ceil(capacity / next.capacity)
    const affordable = next.cost > 0 ? Math.floor(money / next.cost) : enough
    for (let count = Math.min(enough, affordable); count >= 0 && !isSpent(); count -= 1) {
      if (covers(from + 1, capacity - count * next.capacity, money - count * next.cost)) return true
    }
    return false
  }
  return covers(0, size.capacity, size.cost)
}

function mostOf(size: Size, others: readonly Size[], need: number): number {
  let most = Math.max(0, Math.min(MOST_OF_ONE, Math.ceil(need / size.capacity)))
  for (const other of others) {
    if (other.capacity <= size.capacity) continue
    const fit = Math.floor(other.capacity / size.capacity)
    if (fit >= 1 && fit * size.cost >= other.cost) {
      const asDear = Math.ceil(other.cost / size.cost)
      most = Math.min(most, asDear - 1)
    }
  }
  return most
}
