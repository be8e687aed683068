import { formatTime } from '../../protocol/clock.ts'

/** Instants as text, made once for all exchanges of a millisecond: under load many begin in the same one. */
export class TimeTexts {
  #ms = Number.NaN
  #text = ''

  /** The text of {@link formatTime}. @throws WuslaError `invalid_time` */
  of(ms: number): string {
    if (ms !== this.#ms) {
      this.#text = formatTime(ms)
      this.#ms = ms
    }
    return this.#text
  }
}
