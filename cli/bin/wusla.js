#!/usr/bin/env node
// Starts the command line: the built form when there is one (an installed package), else the source.
import { existsSync } from 'node:fs'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `error: wusla needs Node 24.12 or newer, this is ${process.versions.node}\n` +
      'hint: inside the project `npm ci` brings a current Node; run commands with `npx wusla …` there\n',
  )
  process.exitCode = 2
} else {
  const built = new URL('../../dist/cli/wusla.js', import.meta.url)
  const { main } = await import(existsSync(built) ? built.href : new URL('../wusla.ts', import.meta.url).href)
  process.exitCode = await main(process.argv)
}
