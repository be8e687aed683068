import type { ChannelLimits } from '../transport/link-channel.ts'
import type { BranchLimits } from './branch-config.ts'

/** Gateways ping us, branches ping each other: both then know that the other is there, and branches how far. */
export function channelLimits(limits: BranchLimits, isBranch: boolean): ChannelLimits {
  return {
    pingIntervalMs: isBranch ? limits.pingIntervalMs : 0,
    silenceMs: limits.silenceMs,
    // Reports of the whole mesh come over one link.
    ...(isBranch ? { lineBurst: 50_000, linesPerSecond: 10_000, maxQueuedBytes: 33_554_432 } : {}),
  }
}
