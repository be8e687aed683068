#!/usr/bin/env node
// Starts the command line: the built form when there is one (an installed package), else the source. A process that
// is one actor for months loads that actor alone, a command its own group of commands; a cache keeps what the runtime made of the files.
import { existsSync } from 'node:fs'
import module from 'node:module'
import v8 from 'node:v8'
import { privateCacheDirectory } from './compile-cache.js'

const ACTORS = ['registry', 'branch', 'gateway']
/** What the file of a word in `commands/` exports. Any other word, and `run`, is for the program that has everything. */
const COMMANDS = {
  agreement: 'agreementCommands',
  branch: 'branchCommands',
  client: 'clientCommands',
  config: 'configCommands',
  evidence: 'evidenceCommands',
  explain: 'explainCommand',
  gateway: 'gatewayCommands',
  key: 'keyCommands',
  line: 'lineCommands',
  mandate: 'mandateCommands',
  member: 'memberCommands',
  path: 'pathCommand',
  plan: 'planCommands',
  policy: 'policyCommands',
  registry: 'registryCommands',
  sandbox: 'sandboxCommands',
  service: 'serviceCommands',
  status: 'statusCommand',
  token: 'tokenCommands',
}
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
  const load = async (name) => {
    const built = new URL(`../../dist/cli/${name}.js`, import.meta.url)
    return await import(existsSync(built) ? built.href : new URL(`../${name}.ts`, import.meta.url).href)
  }
  const commands = verb === 'run' ? undefined : COMMANDS[actor]
  if (isActor) process.exitCode = await (await load(`run/${actor}-process`)).main(rest[1])
  else if (commands === undefined) process.exitCode = await (await load('wusla')).main(process.argv)
  else {
    const { runCommandLine } = await load('command-line')
    const group = await load(`commands/${actor}`)
    process.exitCode = await runCommandLine(process.argv, [group[commands]()])
  }
}
