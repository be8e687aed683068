#!/usr/bin/env node
// Starts the command line: the built form when there is one (an installed package), else the source. A process that
// is one actor for months loads that actor alone; a cache keeps what the runtime made of the files.
import { existsSync } from 'node:fs'
import module from 'node:module'
import v8 from 'node:v8'
import { privateCacheDirectory } from './compile-cache.js'

const ACTORS = ['registry', 'branch', 'gateway']
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `error: wusla needs Node 24.12 or newer, this is ${process.versions.node}\n` +
      'hint: inside the project `npm ci` brings a current Node; run commands with `npx wusla …` there\n',
  )
  process.exitCode = 2
} else {
  const cache = privateCacheDirectory()
  if (cache !== undefined) module.enableCompileCache(cache)
  const [, , actor, verb, ...rest] = process.argv
  const isActor = ACTORS.includes(actor) && verb === 'run' && rest[0] === '--dir' && rest.length === 2
  // Loading modules makes much that lives for a moment; the space for it would stay at its largest for months.
  // cli/run/settle-memory.ts lets it grow again once the actor runs.
  if (isActor) v8.setFlagsFromString('--semi-space-growth-factor=1')
  const name = isActor ? `run/${actor}-process` : 'wusla'
  const built = new URL(`../../dist/cli/${name}.js`, import.meta.url)
  const entry = existsSync(built) ? built : new URL(`../${name}.ts`, import.meta.url)
  const { main } = await import(entry.href)
  process.exitCode = await main(isActor ? rest[1] : process.argv)
}
