import type { TriedPath } from '../transport/branch-control.ts'
import type { ChannelEnd } from '../transport/link-channel.ts'
import type { LinkDownReason } from '../transport/link-dialer.ts'
import type { PeerProblem } from '../transport/link-identity.ts'
import type { LineAlarmEvent } from './lines/line-alarms.ts'
import type { PreambleRefusal } from './tunnels/tunnel-listener.ts'

/** Why a control connection was not taken. */
export type ControlRefusal =
  | PeerProblem
  | 'bad_hello'
  | 'no_hello'
  | 'handshake_failed'
  | 'no_line'
  | 'second_link'
  | 'full'
  | 'crowded_out'

/** Everything a branch tells its operator. */
export type BranchEvent =
  | LineAlarmEvent
  | {
      readonly kind: 'branch_ready'
      readonly branch: string
      readonly control: string
      readonly tunnel: string
      readonly http: string
    }
  | { readonly kind: 'branch_draining'; readonly branch: string }
  | { readonly kind: 'branch_left'; readonly branch: string; readonly tunnelsCut: number }
  | {
      readonly kind: 'control_refused'
      readonly address: string
      readonly reason: ControlRefusal
      readonly id?: string
    }
  | { readonly kind: 'gateway_connected'; readonly gateway: string; readonly replaced: boolean }
  | { readonly kind: 'gateway_disconnected'; readonly gateway: string; readonly reason: ChannelEnd }
  | { readonly kind: 'peer_cut'; readonly id: string; readonly tunnels: number }
  | { readonly kind: 'link_up'; readonly branch: string; readonly dialledHere: boolean }
  | { readonly kind: 'link_down'; readonly branch: string; readonly reason: LinkDownReason }
  | { readonly kind: 'link_attempt_failed'; readonly branch: string; readonly reason: LinkDownReason }
  | { readonly kind: 'report_refused'; readonly from: string; readonly branch: string }
  | {
      readonly kind: 'tunnel_opened'
      readonly from: string
      readonly target: string
      readonly path: readonly string[]
    }
  | {
      readonly kind: 'tunnel_closed'
      readonly from: string
      readonly target: string
      readonly bytesForward: number
      readonly bytesBack: number
    }
  | {
      readonly kind: 'tunnel_refused'
      readonly from: string
      readonly target: string
      readonly code: string
      readonly tried: readonly TriedPath[]
    }
  | { readonly kind: 'tunnel_abandoned'; readonly from: string; readonly target: string }
  | { readonly kind: 'preamble_refused'; readonly address: string; readonly reason: PreambleRefusal }
  | { readonly kind: 'http_failed'; readonly path: string; readonly cause: unknown }
