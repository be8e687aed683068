/** What an identifier may name. A client is a member or a system; a gateway is X-Road's security server. */
export type IdentifierKind = 'member' | 'system' | 'service' | 'gateway' | 'branch' | 'client' | 'network'

/** `AE-DU/SEMI/DEWA`. Parts are decoded; `text` is the canonical text form, the one to compare and to sign. */
export interface MemberId {
  readonly kind: 'member'
  readonly text: string
  readonly network: string
  readonly memberClass: string
  readonly memberCode: string
}

/** `AE-DU/SEMI/DEWA/BILLING` */
export interface SystemId {
  readonly kind: 'system'
  readonly text: string
  readonly network: string
  readonly memberClass: string
  readonly memberCode: string
  readonly systemCode: string
}

/** `AE-DU/SEMI/DEWA/BILLING/bills` */
export interface ServiceId {
  readonly kind: 'service'
  readonly text: string
  readonly network: string
  readonly memberClass: string
  readonly memberCode: string
  readonly systemCode: string
  readonly serviceCode: string
}

/** `AE-DU/SEMI/DEWA/gw-1` */
export interface GatewayId {
  readonly kind: 'gateway'
  readonly text: string
  readonly network: string
  readonly memberClass: string
  readonly memberCode: string
  readonly gatewayCode: string
}

/** `AE-DU/branch/MORO` */
export interface BranchId {
  readonly kind: 'branch'
  readonly text: string
  readonly network: string
  readonly branchCode: string
}

/** Who calls: a member (three segments) or one of its systems (four). */
export type ClientId = MemberId | SystemId
