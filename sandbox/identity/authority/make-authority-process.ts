import { X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writePrivateFile } from '../../../src/trust/private-file.ts'
import { makeAuthority } from './make-authority.ts'
import { bytesAsText } from './test-authority.ts'

/** Makes the keys and certificates of a stand-in once: `node make-authority-process.ts FILE URL`. An existing file is left alone. */
const [file, url] = process.argv.slice(2)
if (file === undefined || url === undefined) throw new Error('usage: make-authority-process.ts FILE URL')
const authority = await makeAuthority(url, new Date())
// What a test network is told to trust. It comes first: with the other file the authority is complete.
await writeFile(join(dirname(file), 'root.pem'), new X509Certificate(authority.root.certificate).toString())
await writePrivateFile(file, `${JSON.stringify(authority, bytesAsText)}\n`, { mode: 'create' })
