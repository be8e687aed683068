import { cpSync } from 'node:fs'

// What the built form reads beside its code: the compiler copies code alone.
for (const folder of ['templates', 'layout']) {
  const path = `src/agreements/document/${folder}`
  cpSync(path, `dist/${path}`, { recursive: true })
}
