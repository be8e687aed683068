import { type Schema, Type } from '../../src/protocol/schema.ts'

const Text = Type.String()
const Said = Type.Optional(Text)
const Measured = Type.Optional(Type.Number())
const BothWays = Type.Optional(Type.Object({ out: Type.Number(), in: Type.Number() }))
const Alarms = Type.Array(
  Type.Object({
    alarm: Text,
    since: Text,
    detail: Said,
    text: Type.Optional(Type.Object({ en: Text, ar: Text })),
  }),
)

/** {@link RegistryStatus}, as it must come for the page to be made; an actor may say more. */
export const RegistryShape: Schema = Type.Object({
  network: Text,
  since: Text,
  log: Type.Object({
    size: Type.Number(),
    lastChange: Type.Optional(Type.Object({ kind: Text, time: Text, subject: Text })),
  }),
  witnesses: Type.Array(
    Type.Object({ branch: Text, isCurrent: Type.Boolean(), failingSince: Said, detail: Said }),
  ),
})

/** {@link BranchStatus}, likewise. */
export const BranchShape: Schema = Type.Object({
  branch: Text,
  since: Text,
  state: Text,
  links: Type.Array(Type.Object({ branch: Text, state: Text, since: Said, rttMs: Measured })),
  gateways: Type.Array(Type.Object({ id: Text, since: Text })),
  tunnels: Type.Object({ open: Type.Number() }),
  lines: Type.Array(
    Type.Object({
      neighbour: Text,
      usedMbps: BothWays,
      capacityMbps: Measured,
      utilisation: BothWays,
      lines: Type.Optional(Type.Array(Type.Object({ line: Text }))),
    }),
  ),
  alarms: Type.Optional(Alarms),
})

/** {@link GatewayStatus}, likewise. */
export const GatewayShape: Schema = Type.Object({
  gateway: Text,
  since: Text,
  alarms: Alarms,
  directory: Type.Object({ size: Type.Number(), staleMs: Type.Number() }),
  evidence: Type.Object({ healthy: Type.Boolean() }),
  branches: Type.Array(
    Type.Object({ branch: Text, state: Text, since: Text, rttMs: Measured, reason: Said }),
  ),
  sessions: Type.Array(
    Type.Object({
      gateway: Text,
      path: Type.Array(Text),
      role: Text,
      use: Text,
      since: Text,
      rttMs: Measured,
      streams: Type.Number(),
      sent: Type.Number(),
      served: Type.Number(),
      bytesIn: Type.Number(),
      bytesOut: Type.Number(),
    }),
  ),
  running: Type.Number(),
})
