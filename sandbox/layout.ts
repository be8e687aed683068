import { join } from 'node:path'

/** The network that the sandbox plays. */
export const NETWORK = 'AE-DU'

/** A member with its gateway and, where it offers something, the backend behind it. */
export interface SandboxMember {
  readonly member: string
  readonly name: { readonly en: string; readonly ar: string }
  /** Home branches of its gateway, best first. */
  readonly branches: readonly string[]
  readonly systems: readonly string[]
  readonly backend?: {
    readonly program: 'bills' | 'archive' | 'facilities' | 'holidays'
    readonly service: SandboxService
  }
}

export interface SandboxService {
  readonly service: string
  readonly name: { readonly en: string; readonly ar: string }
  readonly open: boolean
  readonly operations: readonly { readonly method: string; readonly path: string }[]
}

export const CORE = `${NETWORK}/branch/CORE`
export const MORO = `${NETWORK}/branch/MORO`

/** The operator admits members and hosts the first branch. */
export const OPERATOR = `${NETWORK}/GOV/DDA`

export const BRANCHES: readonly { readonly branch: string; readonly host: string }[] = [
  { branch: CORE, host: OPERATOR },
  { branch: MORO, host: `${NETWORK}/COM/MORO` },
]

/** A line of the network, as the operator registers it. */
export interface SandboxLine {
  readonly line: string
  readonly ends: readonly [string, string]
  readonly capacityMbps: number
  readonly monthlyCostAed: number
  readonly owner: string
  readonly riskGroups: readonly string[]
}

export const LINES: readonly SandboxLine[] = [
  {
    line: 'CORE-MORO',
    ends: [CORE, MORO],
    capacityMbps: 10_000,
    monthlyCostAed: 42_000,
    owner: OPERATOR,
    riskGroups: ['ring-north'],
  },
]

export const MEMBERS: readonly SandboxMember[] = [
  {
    member: OPERATOR,
    name: { en: 'Digital Dubai Authority', ar: 'هيئة دبي الرقمية' },
    branches: [CORE, MORO],
    systems: ['PORTAL'],
    backend: {
      program: 'holidays',
      service: {
        service: `${OPERATOR}/PORTAL/holidays`,
        name: { en: 'Public holidays', ar: 'العطل الرسمية' },
        open: true,
        operations: [{ method: 'GET', path: '/**' }],
      },
    },
  },
  {
    member: `${NETWORK}/SEMI/DEWA`,
    name: { en: 'Dubai Electricity and Water Authority', ar: 'هيئة كهرباء ومياه دبي' },
    branches: [CORE, MORO],
    systems: ['BILLING'],
    backend: {
      program: 'bills',
      service: {
        service: `${NETWORK}/SEMI/DEWA/BILLING/bills`,
        name: { en: 'Bills', ar: 'الفواتير' },
        open: false,
        operations: [
          { method: 'GET', path: '/bills' },
          { method: 'GET', path: '/bills/*' },
          { method: 'POST', path: '/bills/*/payments' },
        ],
      },
    },
  },
  {
    member: `${NETWORK}/COM/MORO`,
    name: { en: 'Moro Hub', ar: 'مورو' },
    branches: [MORO],
    systems: ['CLOUD'],
    backend: {
      program: 'archive',
      service: {
        service: `${NETWORK}/COM/MORO/CLOUD/archive`,
        name: { en: 'Document archive', ar: 'أرشيف الوثائق' },
        open: false,
        operations: [
          { method: '*', path: '/objects/**' },
          { method: 'GET', path: '/objects' },
        ],
      },
    },
  },
  {
    member: `${NETWORK}/GOV/RTA`,
    name: { en: 'Roads and Transport Authority', ar: 'هيئة الطرق والمواصلات' },
    branches: [CORE, MORO],
    systems: ['LICENSING'],
  },
  {
    member: `${NETWORK}/GOV/DHA`,
    name: { en: 'Dubai Health Authority', ar: 'هيئة الصحة بدبي' },
    branches: [CORE],
    systems: ['PERMITS'],
    backend: {
      program: 'facilities',
      service: {
        service: `${NETWORK}/GOV/DHA/PERMITS/facilities`,
        name: { en: 'Health facilities', ar: 'المنشآت الصحية' },
        open: false,
        operations: [
          { method: 'GET', path: '/facilities/**' },
          { method: 'GET', path: '/facilities' },
        ],
      },
    },
  },
]

/** The line of a member's gateway to each of its home branches. Whoever hosts the branch is there already. */
export const HOME_LINES: readonly SandboxLine[] = MEMBERS.flatMap(({ member, branches }) =>
  branches.map((branch) => {
    const isHost = BRANCHES.some((entry) => entry.branch === branch && entry.host === member)
    return {
      line: `${codeOf(member)}-${codeOf(branch)}`,
      ends: [gatewayOf(member), branch],
      capacityMbps: 10_000,
      monthlyCostAed: isHost ? 0 : 6_500,
      owner: member,
      riskGroups: isHost ? [] : [`duct-${codeOf(branch).toLowerCase()}`],
    }
  }),
)

/** Ports of one sandbox: all follow from its base, so that a restart finds everything where it was. */
export interface SandboxPorts {
  readonly registry: number
  readonly identity: number
  readonly branch: (index: number) => {
    readonly control: number
    readonly tunnel: number
    readonly http: number
  }
  readonly gateway: (index: number) => { readonly frontDoor: number; readonly admin: number }
  readonly backend: (index: number) => number
}

export function portsFrom(base: number): SandboxPorts {
  return {
    registry: base,
    identity: base + 1,
    branch: (index) => ({
      control: base + 10 + index * 3,
      tunnel: base + 11 + index * 3,
      http: base + 12 + index * 3,
    }),
    gateway: (index) => ({ frontDoor: base + 40 + index * 2, admin: base + 41 + index * 2 }),
    backend: (index) => base + 80 + index,
  }
}

/** Folder of an actor in the sandbox's state folder. */
export function actorDirectory(state: string, id: string): string {
  const kind = id === 'registry' ? '' : id.includes('/branch/') ? 'branches' : 'gateways'
  return join(state, kind, id.replaceAll('/', '-'))
}

/** Folder of the stand-in of the national digital identity. */
export function identityDirectory(state: string): string {
  return join(state, 'identity')
}

/** The last segment of an identifier. */
function codeOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1)
}

export function gatewayOf(member: string): string {
  return `${member}/gw-1`
}
