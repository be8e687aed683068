import { type Api, requireRole } from '../../admin-api/api-server.ts'
import { formatTime } from '../../protocol/clock.ts'
import { Type } from '../../protocol/schema.ts'
import type { RegistryParts } from '../registry-deps.ts'
import type { WitnessCollector } from '../witness-collector.ts'

const Text = Type.String()
const Count = Type.Integer({ minimum: 0 })

const Witness = Type.Object({
  branch: Text,
  size: Type.Integer({
    minimum: 0,
    description: 'Of the checkpoint it cosigned last; 0: none since the registry started, or it fails.',
  }),
  isCurrent: Type.Boolean({ description: 'It cosigned the newest checkpoint.' }),
  failures: Type.Integer({ minimum: 0, description: 'In a row.' }),
  failingSince: Type.Optional(Text),
  detail: Type.Optional(Type.String({ description: 'The newest reason, as a word.' })),
})

const Status = Type.Object({
  network: Text,
  time: Text,
  since: Type.String({ description: 'Start of this process, RFC 3339.' }),
  log: Type.Object({
    size: Count,
    checkpointSize: Type.Integer({ minimum: 0, description: 'Entries under a signed checkpoint.' }),
    lastChange: Type.Optional(Type.Object({ index: Count, kind: Text, time: Text, subject: Text })),
  }),
  members: Count,
  branches: Count,
  lines: Count,
  witnesses: Type.Array(Witness),
})

/** How the registry is: its log, the newest change, and who cosigns it. */
export function statusRoutes(api: Api, parts: RegistryParts, witnesses: WitnessCollector): void {
  const { config, directory, ledger, index, clock, tokens } = parts
  const since = formatTime(clock.nowMs())
  api.get(
    '/healthz',
    {
      schema: {
        summary: 'Whether the registry serves',
        tags: ['operation'],
        response: { 200: Type.Object({ size: Type.Integer() }) },
      },
    },
    () => ({ size: ledger.size }),
  )
  api.get(
    '/v1/status',
    {
      onRequest: requireRole(tokens.current, 'auditor'),
      schema: {
        summary: 'State of the registry: its log, the newest change, and which branches cosign it',
        tags: ['operation'],
        response: { 200: Status },
      },
    },
    () => {
      const [lastChange] = index.query({ limit: 1 })
      return {
        network: config.network,
        time: formatTime(clock.nowMs()),
        since,
        log: {
          size: ledger.size,
          checkpointSize: ledger.checkpointSize,
          ...(lastChange === undefined ? {} : { lastChange }),
        },
        members: directory.members().length,
        branches: directory.branches().length,
        lines: directory.lines().length,
        witnesses: witnesses.list(),
      }
    },
  )
}
