import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { schemaProblems } from '../admin-api/check-schema.ts'
import { Type, type Static } from '../protocol/schema.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { writePrivateFile } from '../trust/private-file.ts'
import { settingsProblems } from './check-settings.ts'

const Port = Type.Integer({ minimum: 0, maximum: 65_535 })

const MaxDataClass = Type.Optional(
  Type.Union(
    [Type.Literal('open'), Type.Literal('confidential'), Type.Literal('sensitive'), Type.Literal('secret')],
    { description: 'Highest class of data, as grants say it, that is let through here. Default: any.' },
  ),
)

/** Where one of our services answers. */
export const ServiceTargetSchema = Type.Object(
  {
    service: Type.String(),
    url: Type.String({ pattern: '^https?://' }),
    tls: Type.Optional(
      Type.Object(
        {
          caFile: Type.Optional(
            Type.String({
              minLength: 1,
              description:
                'PEM file of the authority that issued the certificate; relative to the state folder.',
            }),
          ),
          pinnedSha256: Type.Optional(
            Type.String({ description: 'SHA-256 of the certificate (DER), hex or base64url.' }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    connectTimeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 600_000 })),
    answerTimeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_600_000 })),
    host: Type.Optional(
      Type.Union([Type.Literal('backend'), Type.Literal('original')], {
        description: 'What the backend reads in Host. Default: its own.',
      }),
    ),
    maxDataClass: MaxDataClass,
    disabledNotice: Type.Optional(
      Type.String({ maxLength: 1_000, description: 'When set, calls are refused with this notice.' }),
    ),
  },
  { additionalProperties: false },
)
export type ServiceTarget = Static<typeof ServiceTargetSchema>

const AuthenticationRuleSchema = Type.Union([
  Type.Object({ kind: Type.Literal('none') }, { additionalProperties: false }),
  Type.Object(
    { kind: Type.Literal('address'), allow: Type.Array(Type.String(), { minItems: 1 }) },
    { additionalProperties: false },
  ),
  Type.Object(
    { kind: Type.Literal('certificate'), sha256: Type.Array(Type.String(), { minItems: 1 }) },
    { additionalProperties: false },
  ),
  Type.Object({ kind: Type.Literal('key'), sha256: Type.String() }, { additionalProperties: false }),
])

/** How one of our information systems proves to this gateway that it is itself. */
export const ClientSystemSchema = Type.Object(
  { client: Type.String(), rules: Type.Array(AuthenticationRuleSchema, { minItems: 1 }) },
  { additionalProperties: false },
)

/** A local port bound to one client system and one service. */
export const MappedPortSchema = Type.Object(
  {
    port: Port,
    host: Type.Optional(Type.String({ description: 'Address to listen on. Default 127.0.0.1.' })),
    client: Type.String(),
    service: Type.String(),
    basePath: Type.Optional(Type.String({ pattern: '^/' })),
    purpose: Type.Optional(
      Type.String({
        description: 'Purpose code of everything on this port; it takes the place of Wusla-Purpose.',
      }),
    ),
    maxDataClass: MaxDataClass,
    rules: Type.Optional(Type.Array(AuthenticationRuleSchema, { minItems: 1 })),
    rewriteHost: Type.Optional(Type.Array(Type.String())),
  },
  { additionalProperties: false },
)

const SettingsSchema = Type.Object(
  {
    services: Type.Array(ServiceTargetSchema),
    clients: Type.Array(ClientSystemSchema),
    mappedPorts: Type.Array(MappedPortSchema),
  },
  { additionalProperties: false },
)
export type Settings = Static<typeof SettingsSchema>

const EMPTY: Settings = { services: [], clients: [], mappedPorts: [] }

/** What goes with a change of the settings. Both run while no other change does. */
export interface ChangeSteps {
  /**
   * What can still fail, tried before anything is stored. When the change cannot be stored after all, it is called
   * again with the former settings.
   */
  readonly prepare?: (settings: Settings) => Promise<void>
  /** Puts the stored settings in force. */
  readonly apply?: (settings: Settings) => void | Promise<void>
}

/**
 * What an operator changes while the gateway runs. A change is checked whole before it is stored, and on disk before it
 * takes effect: what is refused leaves no trace, and a restart shows the same settings.
 */
export class GatewaySettings {
  readonly #directory: string
  readonly #member: string
  #current: Settings
  #targets: ReadonlyMap<string, ServiceTarget>
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(directory: string, member: string, current: Settings) {
    this.#directory = directory
    this.#member = member
    this.#current = current
    this.#targets = targetsOf(current, directory)
  }

  /**
   * Reads `settings.json` of the state folder; a missing file is the empty setting.
   *
   * @param member - whose gateway it is
   * @throws WuslaError `config_invalid` with every problem
   */
  static async open(stateDirectory: string, member: string): Promise<GatewaySettings> {
    const text = await readFile(settingsFile(stateDirectory), 'utf8').catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      },
    )
    const current = text === undefined ? EMPTY : checkSettings(parseSettings(text), member)
    return new GatewaySettings(stateDirectory, member, current)
  }

  get current(): Settings {
    return this.#current
  }

  /** Where this service of ours answers. */
  serviceTarget(service: string): ServiceTarget | undefined {
    return this.#targets.get(service)
  }

  /**
   * Applies `change` to the current settings; resolves when the result is durable and in force.
   *
   * @throws WuslaError `config_invalid` with every problem; what `change` and the steps throw. Nothing has changed then.
   */
  async update(change: (settings: Settings) => Settings, steps: ChangeSteps = {}): Promise<void> {
    const run = this.#writing.then(async () => {
      const before = this.#current
      const changed = checkSettings(change(before), this.#member)
      await steps.prepare?.(changed)
      await this.#store(changed, before, steps)
      this.#current = changed
      this.#targets = targetsOf(changed, this.#directory)
      await steps.apply?.(changed)
    })
    // A failed write must not block the ones after it; its own caller still gets the error.
    this.#writing = run.catch(() => undefined)
    await run
  }

  async #store(changed: Settings, before: Settings, { prepare }: ChangeSteps): Promise<void> {
    try {
      await writePrivateFile(settingsFile(this.#directory), `${JSON.stringify(changed, null, 2)}\n`)
    } catch (cause) {
      await prepare?.(before)
      throw cause
    }
  }
}

function settingsFile(stateDirectory: string): string {
  return join(stateDirectory, 'settings.json')
}

function targetsOf({ services }: Settings, stateDirectory: string): ReadonlyMap<string, ServiceTarget> {
  return new Map(services.map((target) => [target.service, withAbsoluteFile(target, stateDirectory)]))
}

function withAbsoluteFile(target: ServiceTarget, stateDirectory: string): ServiceTarget {
  const { caFile, ...tls } = target.tls ?? {}
  if (caFile === undefined) return target
  return { ...target, tls: { ...tls, caFile: resolve(stateDirectory, caFile) } }
}

function parseSettings(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw refused(['/: not JSON'], cause)
  }
}

function checkSettings(value: unknown, member: string): Settings {
  const shape = schemaProblems(SettingsSchema, value)
  if (shape.length > 0) throw refused(shape)
  const problems = settingsProblems(value as Settings, member)
  if (problems.length > 0) throw refused(problems)
  return value as Settings
}

function refused(problems: readonly string[], cause?: unknown): WuslaError {
  return new WuslaError('config_invalid', {
    message: 'The settings of the gateway have mistakes; nothing was changed.',
    details: { file: 'settings.json', problems },
    cause,
  })
}
