import type {
  LinkReport,
  LinksMessage,
  PresenceMessage,
  ReportStamp,
} from '../../transport/branch-control.ts'

/** What one branch last said of itself. */
interface BranchReport {
  links: {
    readonly stamp: ReportStamp
    readonly list: readonly LinkReport[]
    /** It said that it is about to leave. */
    readonly isDraining: boolean
  }
  presence: { readonly stamp: ReportStamp; readonly gateways: ReadonlySet<string> }
  /** Parts of a presence that is not complete yet. */
  arriving: { readonly stamp: ReportStamp; readonly parts: Map<number, PresenceMessage> } | undefined
}

/** Longest list of identifiers in one line, in characters: leaves room for the rest of the line. */
const PART_CHARACTERS = 48_000

/** Most parts of one presence: some hundred thousand gateways. */
const MAX_PARTS = 64

/** A stamp further ahead of our clock than this is a lie that could never be corrected. */
const MAX_AHEAD_MS = 86_400_000

const NEVER: ReportStamp = Object.freeze({ epoch: 0, count: 0 })

interface LinkStateOptions {
  readonly branch: string
  readonly nowMs: () => number
  /** Whether reports of that branch are believed at all. */
  readonly isKnown: (branch: string) => boolean
}

/** What `receive` made of a report: pass it on, drop it as old, refuse it, or correct it with our own. */
export type ReportVerdict = 'new' | 'old' | 'refused' | 'contradicts_us'

/**
 * What every branch says about its links and its gateways, kept by the newest stamp. Each branch speaks for itself
 * only; reports travel to all by being passed on once.
 */
export class LinkState {
  readonly #options: LinkStateOptions
  readonly #reports = new Map<string, BranchReport>()
  #epoch: number
  #count = 0

  constructor(options: LinkStateOptions) {
    this.#options = options
    this.#epoch = options.nowMs()
    this.#reports.set(options.branch, emptyReport())
  }

  /**
   * Sets our own links; the lines to send.
   *
   * @param isDraining - whether this branch is about to leave
   */
  setLinks(list: readonly LinkReport[], isDraining = false): LinksMessage[] {
    this.#own().links = { stamp: this.#nextStamp(), list, isDraining }
    return this.#linkLines(this.#options.branch)
  }

  /** Sets our own gateways; the lines to send. */
  setGateways(gateways: Iterable<string>): PresenceMessage[] {
    this.#own().presence = { stamp: this.#nextStamp(), gateways: new Set(gateways) }
    return this.#presenceLines(this.#options.branch)
  }

  /** Everything we know, for a neighbour that just came. */
  lines(): (LinksMessage | PresenceMessage)[] {
    return [...this.#reports.keys()].flatMap((branch) => [
      ...this.#linkLines(branch),
      ...this.#presenceLines(branch),
    ])
  }

  /** Takes a report in. */
  receive(message: LinksMessage | PresenceMessage): ReportVerdict {
    const { branch, stamp } = message
    if (branch === this.#options.branch) return this.#receiveOwn(message)
    if (!this.#options.isKnown(branch)) return 'refused'
    if (stamp.epoch > this.#options.nowMs() + MAX_AHEAD_MS) return 'refused'
    const report = this.#reports.get(branch) ?? emptyReport()
    const verdict = message.t === 'links' ? takeLinks(report, message) : takePresence(report, message)
    if (verdict === 'new') this.#reports.set(branch, report)
    return verdict
  }

  /** Forgets branches that are no longer known. */
  prune(): void {
    for (const branch of this.#reports.keys()) {
      if (branch !== this.#options.branch && !this.#options.isKnown(branch)) this.#reports.delete(branch)
    }
  }

  /** Links that both ends report as up, with the round-trip time that the near end measured. */
  linksOf(branch: string): LinkReport[] {
    const links = this.#reports.get(branch)?.links.list ?? []
    return links.filter(
      (link) => this.#reports.get(link.to)?.links.list.some((back) => back.to === branch) ?? false,
    )
  }

  /** What a branch says it sends to another, in Mbit/s. */
  usedMbps(from: string, to: string): number | undefined {
    return this.#reports.get(from)?.links.list.find((link) => link.to === to)?.usedMbps
  }

  /** Whether a branch says that a gateway is connected to it. */
  hasGateway(branch: string, gateway: string): boolean {
    return this.#reports.get(branch)?.presence.gateways.has(gateway) ?? false
  }

  /** Branches that say a gateway is connected to them. */
  branchesOf(gateway: string): string[] {
    return [...this.#reports]
      .filter(([, report]) => report.presence.gateways.has(gateway))
      .map(([branch]) => branch)
  }

  /** Branches that say they are about to leave, ourselves included, sorted. */
  leaving(): string[] {
    return [...this.#reports]
      .filter(([, report]) => report.links.isDraining)
      .map(([branch]) => branch)
      .sort()
  }

  /** Every branch that was heard of, ourselves included. */
  branches(): { branch: string; links: readonly LinkReport[]; gateways: number }[] {
    return [...this.#reports].map(([branch, report]) => ({
      branch,
      links: this.linksOf(branch),
      gateways: report.presence.gateways.size,
    }))
  }

  /**
   * Somebody carries a report of ours that we did not make, or that is from an earlier start under a faster clock. Our
   * next stamps go above it, so that the truth wins everywhere.
   */
  #receiveOwn(message: LinksMessage | PresenceMessage): ReportVerdict {
    const own = message.t === 'links' ? this.#own().links.stamp : this.#own().presence.stamp
    if (compareStamps(message.stamp, own) <= 0) return 'old'
    if (message.stamp.epoch > this.#options.nowMs() + MAX_AHEAD_MS) return 'refused'
    this.#epoch = message.stamp.epoch
    this.#count = Math.max(this.#count, message.stamp.count)
    return 'contradicts_us'
  }

  #own(): BranchReport {
    const own = this.#reports.get(this.#options.branch) ?? emptyReport()
    this.#reports.set(this.#options.branch, own)
    return own
  }

  #nextStamp(): ReportStamp {
    this.#count += 1
    return { epoch: this.#epoch, count: this.#count }
  }

  #linkLines(branch: string): LinksMessage[] {
    const links = this.#reports.get(branch)?.links
    if (links === undefined || links.stamp === NEVER) return []
    const { stamp, list, isDraining } = links
    return [{ t: 'links', branch, stamp, links: list, ...(isDraining ? { draining: true } : {}) }]
  }

  #presenceLines(branch: string): PresenceMessage[] {
    const presence = this.#reports.get(branch)?.presence
    if (presence === undefined || presence.stamp === NEVER) return []
    const parts = splitList(presence.gateways)
    const { stamp } = presence
    return parts.map((gateways, part) => ({
      t: 'presence',
      branch,
      stamp,
      part,
      parts: parts.length,
      gateways,
    }))
  }
}

function emptyReport(): BranchReport {
  return {
    links: { stamp: NEVER, list: [], isDraining: false },
    presence: { stamp: NEVER, gateways: new Set() },
    arriving: undefined,
  }
}

/** Negative when `a` is older than `b`, 0 when they are the same. */
function compareStamps(a: ReportStamp, b: ReportStamp): number {
  return a.epoch - b.epoch || a.count - b.count
}

function takeLinks(report: BranchReport, message: LinksMessage): ReportVerdict {
  if (compareStamps(message.stamp, report.links.stamp) <= 0) return 'old'
  const { stamp, links: list, draining: isDraining = false } = message
  report.links = { stamp, list, isDraining }
  return 'new'
}

function takePresence(report: BranchReport, message: PresenceMessage): ReportVerdict {
  const { stamp, part, parts } = message
  if (compareStamps(stamp, report.presence.stamp) <= 0) return 'old'
  if (parts < 1 || parts > MAX_PARTS || part >= parts) return 'refused'
  const sinceArriving = report.arriving === undefined ? 1 : compareStamps(stamp, report.arriving.stamp)
  if (sinceArriving < 0) return 'old'
  const arriving =
    report.arriving === undefined || sinceArriving > 0
      ? { stamp, parts: new Map<number, PresenceMessage>() }
      : report.arriving
  if (arriving.parts.has(part)) return 'old'
  arriving.parts.set(part, message)
  report.arriving = arriving
  if (arriving.parts.size < parts) return 'new'
  const gateways = new Set([...arriving.parts.values()].flatMap((each) => each.gateways))
  report.presence = { stamp, gateways }
  report.arriving = undefined
  return 'new'
}

function splitList(texts: ReadonlySet<string>): string[][] {
  const parts: string[][] = []
  let part: string[] = []
  let characters = 0
  for (const text of texts) {
    if (characters + text.length + 3 > PART_CHARACTERS || part.length >= 4_096) {
      parts.push(part)
      part = []
      characters = 0
    }
    part.push(text)
    characters += text.length + 3
  }
  return [...parts, part]
}
