import { isIdentifier } from '../protocol/identifier.ts'

/** Version of the control protocol that this code speaks. */
export const CONTROL_VERSION = 1

/** Longest control line in bytes, its line feed included. */
export const MAX_CONTROL_LINE_BYTES = 65_536

/** Most branches on one path. */
export const MAX_PATH_BRANCHES = 8

/** Most ways that one answer weighs. */
export const MAX_WAYS = 16

/** Most identifiers in one list of a message. */
export const MAX_LISTED = 4_096

/** The application protocol that control connections negotiate (ALPN). */
export const CONTROL_ALPN = 'wusla-control/1'

/** One path that was tried for a tunnel and why it failed. */
export interface TriedPath {
  readonly path: readonly string[]
  /** A code of the error table. */
  readonly code: string
  /** The branch at which it failed. */
  readonly at: string
  /** A sentence for people. */
  readonly reason: string
}

/** State of one link as the branch at its near end measures it. */
export interface LinkReport {
  /** The branch at the far end. */
  readonly to: string
  /** Smoothed round-trip time in milliseconds. */
  readonly rttMs: number
  /** Megabits per second that the near end sends to the far end, smoothed; absent while unknown. */
  readonly usedMbps?: number
}

/** One link of a way, with the figures by which it is weighed. */
export interface WayLeg {
  readonly from: string
  readonly to: string
  /** The lines registered between the two. */
  readonly lines: readonly string[]
  readonly rttMs: number
  /** Use of the busier direction; absent while unknown. */
  readonly usedMbps?: number
  /** Of all its lines together, in each direction; absent without a registered line. */
  readonly capacityMbps?: number
  /** Of all its lines together, in dirhams; absent without a registered line. */
  readonly monthlyCostAed?: number
  /** Of all its lines together. */
  readonly riskGroups: readonly string[]
}

/** One way to a gateway, as a branch weighs it. */
export interface WeighedWay {
  readonly path: readonly string[]
  /** What it costs, in milliseconds, what is not time included: decision 0014. */
  readonly costMs: number
  /** Whether a tunnel that is asked for now would go this way first. */
  readonly chosen: boolean
  /** A sentence for people. */
  readonly reason: string
  /** Its links from branch to branch. */
  readonly legs: readonly WayLeg[]
}

/** Where a branch's own report stands: a later start, or a later count within one start, is newer. */
export interface ReportStamp {
  /** When the reporting branch started, milliseconds since 1970. */
  readonly epoch: number
  readonly count: number
}

/** First line of whoever dialled. `tunnel` is given by branches only. */
export interface HelloMessage {
  readonly t: 'hello'
  readonly version: number
  readonly id: string
  readonly tunnel?: string
}

/** The branch's answer to hello: the connection is in use from here. */
export interface WelcomeMessage {
  readonly t: 'welcome'
  readonly branch: string
  /** `host:port` of its tunnel port. */
  readonly tunnel: string
}

/** A gateway asks its branch for a tunnel. `n` pairs the answer with it. */
export interface OpenMessage {
  readonly t: 'open'
  readonly n: number
  readonly target: string
  readonly avoid?: readonly string[]
  readonly only?: readonly string[]
  readonly path?: readonly string[]
  /** Preferred: a path with as little as possible in common with this one. */
  readonly apartFrom?: readonly string[]
  /** How long the asker waits for the answer, in milliseconds. */
  readonly waitMs?: number
}

/** A gateway asks its branch which ways there are to another gateway, without opening one. */
export interface WeighMessage {
  readonly t: 'weigh'
  readonly n: number
  readonly target: string
  readonly avoid?: readonly string[]
  readonly only?: readonly string[]
  readonly apartFrom?: readonly string[]
}

/** The ways, best first; none: no allowed way of live links is known. */
export interface WeighedMessage {
  readonly t: 'weighed'
  readonly n: number
  readonly ways: readonly WeighedWay[]
}

/** A branch asks the next one on the path. `hop` is the place of the receiver in `path`, from 0. */
export interface ExtendMessage {
  readonly t: 'extend'
  readonly n: number
  readonly from: string
  readonly target: string
  readonly path: readonly string[]
  readonly hop: number
  readonly waitMs: number
}

/** The tunnel may be dialled with this ticket. */
export interface OpenedMessage {
  readonly t: 'opened'
  readonly n: number
  readonly ticket: string
  readonly path: readonly string[]
}

/** There is no tunnel, and why. */
export interface RefusedMessage {
  readonly t: 'refused'
  readonly n: number
  readonly code: string
  readonly detail: string
  readonly tried?: readonly TriedPath[]
}

/** A branch tells a gateway that another one wants to reach it. */
export interface IncomingMessage {
  readonly t: 'incoming'
  readonly ticket: string
  readonly from: string
  readonly path: readonly string[]
}

/** Gateways that are connected to `branch`, in `parts` lines when one would be too long. */
export interface PresenceMessage {
  readonly t: 'presence'
  readonly branch: string
  readonly stamp: ReportStamp
  readonly part: number
  readonly parts: number
  readonly gateways: readonly string[]
}

/** Links of `branch` that are up. */
export interface LinksMessage {
  readonly t: 'links'
  readonly branch: string
  readonly stamp: ReportStamp
  readonly links: readonly LinkReport[]
  /** The reporting branch is about to leave: what runs over it should move. */
  readonly draining?: boolean
}

/** The complete list of branches that are about to leave, told to a gateway whenever it changes. */
export interface LeavingMessage {
  readonly t: 'leaving'
  readonly branches: readonly string[]
}

/** A sign of life; its answer carries the same number. */
export interface PingMessage {
  readonly t: 'ping' | 'pong'
  readonly n: number
}

/** The sender is about to leave: open nothing new through it. */
export interface DrainMessage {
  readonly t: 'drain'
}

/** Last line before the sender closes, with the reason as a word. */
export interface CloseMessage {
  readonly t: 'close'
  readonly code: CloseCode
}

/** Why an end closes a control connection. */
export type CloseCode = 'replaced' | 'not_admitted' | 'protocol_error' | 'leaving' | 'busy'

/** Every line of the control protocol. */
export type ControlMessage =
  | HelloMessage
  | WelcomeMessage
  | OpenMessage
  | WeighMessage
  | WeighedMessage
  | ExtendMessage
  | OpenedMessage
  | RefusedMessage
  | IncomingMessage
  | PresenceMessage
  | LinksMessage
  | LeavingMessage
  | PingMessage
  | DrainMessage
  | CloseMessage

/** The line of a message, with its line feed. */
export function encodeControl(message: ControlMessage): string {
  return `${JSON.stringify(message)}\n`
}

const TICKET = /^[A-Za-z0-9_-]{43}$/

/** Whether a text has the form of a ticket: base64url of 32 bytes. */
export function isTicket(text: string): boolean {
  return TICKET.test(text)
}

/** Whether a text is a list of one to eight different branches. */
export function isBranchPath(path: readonly string[]): boolean {
  if (path.length === 0 || path.length > MAX_PATH_BRANCHES) return false
  return new Set(path).size === path.length && path.every((branch) => isIdentifier('branch', branch))
}
