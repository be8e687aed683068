import type { Place } from '../network-model.ts'

/** A position on a picture, 0 to 1 in both directions, from the upper left corner. */
export interface Spot {
  readonly x: number
  readonly y: number
}

interface Moving {
  x: number
  y: number
  readonly isFixed: boolean
}

/** So many steps of one node away from another are worked out at most: about a second. */
const MOST_STEPS = 40_000_000

/**
 * Where the nodes of a network go: those with a place where the map has them, the others where springs along the lines
 * and a push between all nodes leave them. The same network always gives the same picture.
 *
 * @param aspect - width of the picture over its height
 */
export function placeNodes(
  nodes: readonly { readonly place?: Place }[],
  lines: readonly (readonly [number, number])[],
  aspect: number,
): Spot[] {
  const spots = startingSpots(nodes)
  if (spots.some(({ isFixed }) => !isFixed)) relax(spots, lines)
  return fitted(spots, aspect, nodes.length > 0 && spots.every(({ isFixed }) => isFixed))
}

/** Places as a map shows them (a degree of longitude is shorter away from the equator); the rest on a circle around. */
function startingSpots(nodes: readonly { readonly place?: Place }[]): Moving[] {
  const places = nodes.flatMap(({ place }) => place ?? [])
  const middle = places.reduce((sum, { latitude }) => sum + latitude, 0) / Math.max(1, places.length)
  const narrowing = Math.cos((middle * Math.PI) / 180)
  const onMap = ({ longitude, latitude }: Place): { x: number; y: number } => ({
    x: longitude * narrowing,
    y: -latitude,
  })
  const box = boxOf(places.map(onMap))
  const size = Math.max(box.width, box.height, 1e-9)
  return nodes.map(({ place }, index) => {
    if (place !== undefined) {
      const { x, y } = onMap(place)
      return { x: (x - box.left) / size, y: (y - box.top) / size, isFixed: true }
    }
    // The golden angle: no two of them ever fall together, however many there are.
    const angle = index * 2.399963
    return { x: 0.5 + 0.5 * Math.cos(angle), y: 0.5 + 0.5 * Math.sin(angle), isFixed: false }
  })
}

function relax(spots: readonly Moving[], lines: readonly (readonly [number, number])[]): void {
  const rounds = Math.min(300, Math.floor(MOST_STEPS / Math.max(1, spots.length ** 2)))
  const rest = 1 / Math.sqrt(spots.length)
  for (let round = 0; round < rounds; round += 1) {
    const moves = spots.map(() => ({ x: 0, y: 0 }))
    for (const [one, a] of spots.entries()) {
      for (let other = one + 1; other < spots.length; other += 1) {
        push(a, spots[other], moves[one], moves[other], (distance) => (rest * rest) / distance)
      }
    }
    for (const [one, other] of lines) {
      push(spots[one], spots[other], moves[one], moves[other], (distance) => -(distance * distance) / rest)
    }
    // Large steps first, small ones at the end, so that it comes to rest.
    const longest = 0.1 * (1 - round / rounds) + 1e-4
    for (const [index, spot] of spots.entries()) {
      const move = moves[index]
      if (spot.isFixed || move === undefined) continue
      const length = Math.hypot(move.x, move.y) || 1
      const step = Math.min(length, longest) / length
      spot.x += move.x * step
      spot.y += move.y * step
    }
  }
}

/** Adds to both moves what drives two nodes apart; a negative force draws them together. */
function push(
  a: Moving | undefined,
  b: Moving | undefined,
  moveA: { x: number; y: number } | undefined,
  moveB: { x: number; y: number } | undefined,
  force: (distance: number) => number,
): void {
  if (a === undefined || b === undefined || moveA === undefined || moveB === undefined) return
  const [dx, dy] = [a.x - b.x, a.y - b.y]
  const distance = Math.max(Math.hypot(dx, dy), 1e-4)
  const strength = force(distance) / distance
  moveA.x += dx * strength
  moveA.y += dy * strength
  moveB.x -= dx * strength
  moveB.y -= dy * strength
}

/** Scaled into the picture; a map keeps its proportions. */
function fitted(spots: readonly Moving[], aspect: number, isMap: boolean): Spot[] {
  const box = boxOf(spots)
  const height = isMap ? Math.max(box.height, box.width / aspect) : box.height
  const width = isMap ? height * aspect : box.width
  const left = box.left - (width - box.width) / 2
  const top = box.top - (height - box.height) / 2
  return spots.map(({ x, y }) => ({
    x: width < 1e-9 ? 0.5 : (x - left) / width,
    y: height < 1e-9 ? 0.5 : (y - top) / height,
  }))
}

function boxOf(spots: readonly { readonly x: number; readonly y: number }[]): {
  left: number
  top: number
  width: number
  height: number
} {
  const range = (values: readonly number[]): [number, number] => [
    values.reduce((a, b) => Math.min(a, b), Infinity),
    values.reduce((a, b) => Math.max(a, b), -Infinity),
  ]
  if (spots.length === 0) return { left: 0, top: 0, width: 0, height: 0 }
  const [left, right] = range(spots.map(({ x }) => x))
  const [top, bottom] = range(spots.map(({ y }) => y))
  return { left, top, width: right - left, height: bottom - top }
}
