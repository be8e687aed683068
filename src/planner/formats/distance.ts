import type { Place } from '../network-model.ts'

const EARTH_RADIUS_KM = 6_371

/** Light in glass, and cables that follow roads: 5 µs a kilometre one way, over a third more than the straight way. */
const MS_PER_KM = 0.005 * 1.35

/** What a line between two places is likely to take, one way in milliseconds; for graphs that state no latency. */
export function likelyLatencyMs(
  from: Place | undefined,
  to: Place | undefined,
): { readonly latencyMs?: number } {
  if (from === undefined || to === undefined) return {}
  return { latencyMs: Math.round(distanceKm(from, to) * MS_PER_KM * 1_000) / 1_000 }
}

/** Over the great circle. */
function distanceKm(from: Place, to: Place): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180
  const half = (a: number, b: number): number => Math.sin(radians(b - a) / 2) ** 2
  const across =
    half(from.latitude, to.latitude) +
    Math.cos(radians(from.latitude)) * Math.cos(radians(to.latitude)) * half(from.longitude, to.longitude)
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(Math.min(1, across)))
}

/** A place on the globe, or nothing when the numbers are no degrees: some files hold positions on a drawing. */
export function placeOf(longitude: number, latitude: number): { readonly place?: Place } {
  const isPlace = Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90
  return isPlace ? { place: { longitude, latitude } } : {}
}
