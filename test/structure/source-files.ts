import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** One TypeScript file of the project: its path from the root with `/`, and its text. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Every `.ts` file under these folders of the root, in the order of their paths. A missing folder has none. */
export function readSources(folders: readonly string[]): readonly SourceFile[] {
  return folders
    .flatMap((folder) => filesUnder(folder))
    .map((path) => ({ path, text: readFileSync(root + path, 'utf8') }))
}

function filesUnder(folder: string): string[] {
  let entries
  try {
    entries = readdirSync(root + folder, { recursive: true, withFileTypes: true })
  } catch {
    return []
  }
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => `${entry.parentPath.slice(root.length)}/${entry.name}`.replaceAll('\\', '/'))
    .filter((path) => !path.includes('node_modules/'))
    .toSorted()
}

/** Tests, and what only tests use: folders called `testing`. */
export function isTestFile(path: string): boolean {
  return /\.(?:test|long)\.ts$/.test(path) || path.includes('/testing/') || path.startsWith('test/')
}

/** The text without comments, line by line as before. */
export function withoutComments(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/(^|[\s;{}(),])\/\/[^\n]*/g, '$1')
}
