/** Three decimals: microseconds, kbit/s, tenths of a percent. */
export function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
