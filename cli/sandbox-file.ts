import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { schemaProblems } from '../src/admin-api/check-schema.ts'
import { Type, type Static } from '../src/protocol/schema.ts'
import { UsageError } from './voice.ts'

const Gateway = Type.Object({
  id: Type.String(),
  member: Type.String(),
  frontDoor: Type.String(),
  admin: Type.Object({ url: Type.String(), token: Type.String() }),
  state: Type.String(),
  pid: Type.Integer(),
})

const Identity = Type.Object({
  url: Type.String(),
  controlToken: Type.String(),
  root: Type.String(),
  client: Type.Object({ id: Type.String(), secret: Type.String() }),
  personas: Type.Array(
    Type.Object({
      name: Type.String(),
      sop: Type.String(),
      emiratesId: Type.Union([Type.String(), Type.Null()]),
      mandates: Type.Array(
        Type.Object({
          member: Type.String(),
          mandate: Type.String(),
          kinds: Type.Array(Type.String()),
          validUntil: Type.String(),
        }),
      ),
    }),
  ),
})

const SandboxSchema = Type.Object({
  network: Type.String(),
  anchor: Type.String(),
  registry: Type.Object({ url: Type.String(), pid: Type.Integer(), adminToken: Type.String() }),
  branches: Type.Array(Type.Object({ id: Type.String(), url: Type.String(), pid: Type.Integer() })),
  lines: Type.Optional(Type.Array(Type.Object({ id: Type.String(), ends: Type.Array(Type.String()) }))),
  gateways: Type.Array(Gateway),
  identity: Type.Optional(Identity),
  examples: Type.Array(Type.Object({ title: Type.String(), curl: Type.String() })),
})

/** `sandbox.json`: what a running sandbox tells of itself. */
export type SandboxFile = Static<typeof SandboxSchema>

/** One gateway of a sandbox. */
export type SandboxGateway = Static<typeof Gateway>

/** Reads `DIR/sandbox.json`. @throws UsageError when there is no sandbox, or the file is not what a sandbox writes */
export function readSandbox(state: string): SandboxFile {
  const file = join(state, 'sandbox.json')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new UsageError(`there is no running sandbox in ${state}`, 'start one with `npx wusla sandbox up`')
  }
  const [problem] = problemsOf(text)
  if (problem !== undefined) {
    throw new UsageError(
      `${file} is damaged: ${problem}`,
      'name the folder of another sandbox, or set one up in an empty folder with `npx wusla sandbox up --state DIR`',
      'config_invalid',
    )
  }
  return JSON.parse(text) as SandboxFile
}

function problemsOf(text: string): string[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return [text.trim() === '' ? 'it is empty' : 'it is not JSON']
  }
  return schemaProblems(SandboxSchema, value)
}
