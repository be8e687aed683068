import { posix } from 'node:path'
import { isTestFile, withoutComments } from './source-files.ts'
import type { SourceFile } from './source-files.ts'

/**
 * The order of the rooms. A room imports only rooms of lower rows; rooms of one row do not know each other. Each
 * row exists because of the one above it: what a verifier needs lies at the bottom and stays small enough to audit,
 * and actors meet on the wire and nowhere else.
 */
const ROWS: readonly (readonly string[])[] = [
  ['protocol'],
  ['trust'],
  ['ledger', 'agreements'],
  ['directory', 'evidence', 'identity', 'transport', 'admin-api', 'planner'],
  ['registry', 'branch', 'gateway'],
  ['cli', 'console', 'sandbox'],
]

/** Rooms that may import no third-party package, or only those listed: they are what a verifier consists of. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  trust: ['@peculiar/x509'],
  ledger: [],
  evidence: [],
}

/** The folders outside of `src` that are rooms. */
export const OUTER_ROOMS = ['cli', 'console', 'sandbox'] as const

/** What a file imports, as written: static imports and re-exports, with or without names. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text)
  const pattern =
    /^\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]|^\s*\}\s*from\s*['"]([^'"]+)['"]/gm
  return [...code.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '')
}

/** Everything a file does against the law, one sentence each. */
export function violationsOf(file: SourceFile, devPackages: ReadonlySet<string>): string[] {
  const room = roomOf(file.path)
  if (room === undefined || rowOf(room) === -1) return [`${file.path}: is in no room of the law`]
  const found = importsOf(file.text).flatMap((specifier) => {
    const problem = problemWith(file.path, room, specifier, devPackages)
    return problem === undefined ? [] : [`${file.path}: imports ${specifier}: ${problem}`]
  })
  if (/\bimport\s*\(/.test(withoutComments(file.text))) {
    found.push(`${file.path}: has an import(): the law could not see where it leads`)
  }
  return found
}

function roomOf(path: string): string | undefined {
  const [first, second, third] = path.split('/')
  if (first === 'src') return third === undefined ? undefined : second
  return first
}

function rowOf(room: string): number {
  return ROWS.findIndex((row) => row.includes(room))
}

function problemWith(
  path: string,
  room: string,
  specifier: string,
  devPackages: ReadonlySet<string>,
): string | undefined {
  if (specifier.startsWith('node:')) return undefined
  if (specifier.startsWith('.')) return problemWithFile(path, room, specifier)
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  if (devPackages.has(name)) return isTestFile(path) ? undefined : 'a package of development'
  const allowed = PACKAGES[room]
  return allowed === undefined || allowed.includes(name) ? undefined : `${room} takes no such package`
}

function problemWithFile(path: string, room: string, specifier: string): string | undefined {
  if (!specifier.endsWith('.ts')) return 'an import names its file with its ending'
  const target = posix.join(posix.dirname(path), specifier)
  if (target.startsWith('test/')) return isTestFile(path) ? undefined : 'code does not know the tests'
  if (isTestFile(target) && !isTestFile(path)) return 'code does not know the tests'
  const targetRoom = roomOf(target)
  if (targetRoom === undefined || target.startsWith('..')) return 'leads out of the rooms'
  if (targetRoom === room) return undefined
  if (rowOf(targetRoom) === -1) return `there is no room ${targetRoom}`
  if (rowOf(targetRoom) >= rowOf(room)) return `${targetRoom} is not below ${room}`
  if (room === 'console') return 'the console reaches the rest only through the admin API'
  return isEntrance(target, path) ? undefined : `subfolders of ${targetRoom} are private`
}

/** A room is entered through its top-level files; tests also through its folder `testing`. */
function isEntrance(target: string, path: string): boolean {
  const inside = target.split('/').slice(2)
  if (inside.length === 1) return true
  return inside.length === 2 && inside[0] === 'testing' && isTestFile(path)
}
