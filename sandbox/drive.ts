import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const LAUNCHER = fileURLToPath(new URL('../cli/bin/wusla.js', import.meta.url))
const run = promisify(execFile)

/** Runs `wusla …` as its users do and gives what it printed as JSON. */
export async function runCli(args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [LAUNCHER, ...args])
  return JSON.parse(stdout)
}

/** Calls an admin API of the sandbox. @throws Error with the actor's own words when it refuses. */
export async function callAdmin(
  url: string,
  token: string,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return JSON.parse(text)
}
