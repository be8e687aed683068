import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { schemaProblems } from '../admin-api/check-schema.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { writePrivateFile } from '../trust/private-file.ts'

const Port = Type.Integer({ minimum: 0, maximum: 65_535 })

/** Where one of our services answers. */
export const ServiceTargetSchema = Type.Object(
  {
    service: Type.String(),
    url: Type.String({ pattern: '^https?://' }),
    tls: Type.Optional(
      Type.Object(
        {
          caFile: Type.Optional(
            Type.String({ description: 'PEM file of the authority that issued the certificate.' }),
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

/**
 * What an operator changes while the gateway runs. Each change is on disk before it takes effect, so that a
 * restart shows the same settings.
 */
export class GatewaySettings {
  readonly #file: string
  readonly #listeners = new Set<(settings: Settings) => void>()
  #current: Settings
  #targets: ReadonlyMap<string, ServiceTarget>
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(file: string, current: Settings) {
    this.#file = file
    this.#current = current
    this.#targets = targetsOf(current)
  }

  /** Reads `settings.json` of the state folder; a missing file is the empty setting. @throws WuslaError `config_invalid` */
  static async open(stateDirectory: string): Promise<GatewaySettings> {
    const file = join(stateDirectory, 'settings.json')
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (text === undefined) return new GatewaySettings(file, EMPTY)
    return new GatewaySettings(file, decodeSettings(text))
  }

  get current(): Settings {
    return this.#current
  }

  /** Where this service of ours answers. */
  serviceTarget(service: string): ServiceTarget | undefined {
    return this.#targets.get(service)
  }

  onChange(listener: (settings: Settings) => void): void {
    this.#listeners.add(listener)
  }

  /** Applies `change` to the current settings; resolves when the result is durable and in force. */
  async update(change: (settings: Settings) => Settings): Promise<void> {
    const run = this.#writing.then(async () => {
      const changed = change(this.#current)
      await writePrivateFile(this.#file, `${JSON.stringify(changed, null, 2)}\n`)
      this.#current = changed
      this.#targets = targetsOf(changed)
      for (const listener of this.#listeners) listener(changed)
    })
    // A failed write must not block the ones after it; its own caller still gets the error.
    this.#writing = run.catch(() => undefined)
    await run
  }
}

function targetsOf({ services }: Settings): ReadonlyMap<string, ServiceTarget> {
  return new Map(services.map((target) => [target.service, target]))
}

function decodeSettings(text: string): Settings {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new WuslaError('config_invalid', { message: 'settings.json is not JSON.', cause })
  }
  const problems = schemaProblems(SettingsSchema, value)
  if (problems.length === 0) return value as Settings
  throw new WuslaError('config_invalid', { message: 'settings.json has problems.', details: { problems } })
}
