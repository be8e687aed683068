/** A small generator of random numbers that can be started again with the same seed (mulberry32). */
export interface Random {
  /** An integer from 0 up to, but not including, `below`. */
  readonly below: (below: number) => number
}

export function startRandom(seed: number): Random {
  let state = seed >>> 0
  return {
    below: (below) => {
      state = (state + 0x6d2b79f5) >>> 0
      let t = state
      t = Math.imul(t ^ (t >>> 15), t | 1)
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
      return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below)
    },
  }
}

/** Seconds one fuzz test runs: `WUSLA_FUZZ_SECONDS`, default 5. */
export function fuzzSeconds(): number {
  const seconds = Number(process.env['WUSLA_FUZZ_SECONDS'] ?? 5)
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 5
}

/** Runs `step` with ever new seeds for the given time; names the seed when it throws. Returns how often it ran. */
export async function fuzz(
  seconds: number,
  step: (random: Random, seed: number) => void | Promise<void>,
): Promise<number> {
  const end = performance.now() + seconds * 1_000
  const first = Number(process.env['WUSLA_FUZZ_SEED'] ?? Date.now() % 1_000_000_000)
  let runs = 0
  do {
    const seed = first + runs
    try {
      await step(startRandom(seed), seed)
    } catch (cause) {
      throw new Error(`failed with WUSLA_FUZZ_SEED=${seed}`, { cause })
    }
    runs += 1
    // Timers and sockets of the code under test get their turn.
    if (runs % 64 === 0) await new Promise((resolve) => setImmediate(resolve))
  } while (performance.now() < end)
  return runs
}

const MAGIC = [0x00, 0x01, 0x04, 0x05, 0x22, 0x2c, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0xff]

/** A changed copy: flipped bits, magic bytes, cut out, doubled, inserted or swapped parts, big-endian lengths. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  let result = Buffer.from(bytes)
  const changes = 1 + random.below(4)
  for (let i = 0; i < changes && result.length > 0; i += 1) result = mutateOnce(result, random)
  return result
}

function mutateOnce(bytes: Buffer, random: Random): Buffer<ArrayBuffer> {
  const at = random.below(bytes.length)
  const length = 1 + random.below(Math.min(32, bytes.length - at))
  const before = bytes.subarray(0, at)
  const part = bytes.subarray(at, at + length)
  const after = bytes.subarray(at + length)
  switch (random.below(7)) {
    case 0:
      return Buffer.concat([before, after])
    case 1:
      return Buffer.concat([before, part, part, after])
    case 2:
      return Buffer.concat([before, randomBytes(random, length), part, after])
    case 3:
      return Buffer.concat([before, randomBytes(random, length), after])
    case 4:
      return Buffer.from(before)
    case 5: {
      const copy = Buffer.from(bytes)
      copy[at] = MAGIC[random.below(MAGIC.length)] ?? 0
      return copy
    }
    default: {
      const copy = Buffer.from(bytes)
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
      return copy
    }
  }
}

export function randomBytes(random: Random, length: number): Buffer<ArrayBuffer> {
  return Buffer.from(Array.from({ length }, () => random.below(256)))
}
