import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { freePort } from '../../sandbox/identity/testing/free-port.ts'
import { ARCHIVE, LICENSING, MORO, RTA, RunningSandbox, untilTrue } from './running-sandbox.ts'

const run = promisify(execFile)
const GIB = 1024 ** 3
/** No process may grow by more than this while two GiB pass, in MiB. */
const MAX_GROWTH_MIB = 64

for (const program of ['nginx', 'curl', 'npm']) assertInstalled(program)

test('npm installs a package from a registry server behind a gateway, through a mapped port', async () => {
  await using sandbox = await RunningSandbox.start()
  const folder = mkdtempSync(join(tmpdir(), 'wusla-npm-'))
  const port = await freePort()
  const server = await startNginx(join(folder, 'server'), port)
  try {
    const { service } = await sandbox.offer('packages', `http://127.0.0.1:${port}`, [
      { method: 'GET', path: '/**' },
    ])
    const mapped = (await sandbox.admin(RTA, 'POST', '/v1/mapped-ports', {
      port: 0,
      client: LICENSING,
      service,
    })) as { url: string }
    publishPackage(join(folder, 'server', 'www'), mapped.url)
    const project = join(folder, 'project')
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{"name":"consumer","version":"1.0.0","private":true}\n')
    const args = [
      'install',
      'wusla-sample@1.0.0',
      '--registry',
      mapped.url,
      '--cache',
      join(folder, 'cache'),
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
    ]
    await run('npm', args, { cwd: project })
    const installed = readFileSync(join(project, 'node_modules', 'wusla-sample', 'index.js'), 'utf8')
    assert.equal(installed, 'export const answer = 42\n')
  } finally {
    server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('curl uploads and downloads two GiB with ranges and Expect: 100-continue, and no process grows', async () => {
  await using sandbox = await RunningSandbox.start()
  const folder = mkdtempSync(join(tmpdir(), 'wusla-curl-'))
  try {
    const file = join(folder, 'two-gib')
    writePattern(file, 2 * GIB)
    const sha256 = await digestOf(file)
    const { url } = (await sandbox.admin(RTA, 'POST', '/v1/mapped-ports', {
      port: 0,
      client: LICENSING,
      service: ARCHIVE,
    })) as { url: string }
    await run('curl', ['-sf', '-o', '/dev/null', `${url}/objects`])
    const growth = watchGrowth(sandbox)
    const upload = await run(
      'curl',
      ['-sf', '-H', 'Expect: 100-continue', '-T', file, `${url}/objects/big`],
      { maxBuffer: 1_048_576 },
    )
    assert.equal((JSON.parse(upload.stdout) as { sha256: string }).sha256, sha256)
    const back = join(folder, 'back')
    await run('curl', ['-sf', '-o', back, `${url}/objects/big`])
    assert.equal(statSync(back).size, 2 * GIB)
    assert.equal(await digestOf(back), sha256)
    await run('curl', ['-sf', '-r', '1000000000-1000999999', '-o', back, `${url}/objects/big`])
    assert.equal(statSync(back).size, 1_000_000)
    const wanted = createHash('sha256')
    for await (const chunk of createReadStream(file, { start: 1_000_000_000, end: 1_000_999_999 }))
      wanted.update(chunk as Buffer)
    assert.equal(await digestOf(back), wanted.digest('hex'))
    const grown = growth.stop()
    process.stdout.write(`# growth in MiB: ${JSON.stringify(grown)}\n`)
    for (const [name, mib] of Object.entries(grown))
      assert.ok(mib < MAX_GROWTH_MIB, `${name} grew by ${mib.toFixed(0)} MiB`)
    process.stdout.write(`# growth in MiB: ${JSON.stringify(grown)}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

function assertInstalled(program: string): void {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' })
  } catch {
    throw new Error(
      `this test needs ${program}: on Debian, apt-get install ${program === 'nginx' ? 'nginx-light' : program}`,
    )
  }
}

async function startNginx(folder: string, port: number): Promise<{ kill: () => void }> {
  mkdirSync(join(folder, 'www'), { recursive: true })
  // Started by root, the server would otherwise give up the right to read the folder.
  const user = process.getuid?.() === 0 ? 'user root; ' : ''
  const conf = `${user}daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
http { access_log off; client_body_temp_path ${folder}/body; types { application/json json; application/octet-stream tgz; }
  server { listen 127.0.0.1:${port}; root ${folder}/www; location / { try_files $uri $uri/index.json =404; } } }\n`
  writeFileSync(join(folder, 'nginx.conf'), conf)
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'inherit' })
  await untilTrue(async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`)
    return await accepts(port)
  })
  return { kill: () => void child.kill('SIGTERM') }
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Lays out what a registry server answers for one package; the tarball's address is that of the mapped port. */
function publishPackage(www: string, origin: string): void {
  const source = join(www, '..', 'source')
  mkdirSync(source, { recursive: true })
  writeFileSync(
    join(source, 'package.json'),
    '{"name":"wusla-sample","version":"1.0.0","type":"module","main":"index.js"}\n',
  )
  writeFileSync(join(source, 'index.js'), 'export const answer = 42\n')
  const folder = join(www, 'wusla-sample')
  mkdirSync(folder, { recursive: true })
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: source, stdio: 'ignore' })
  const name = 'wusla-sample-1.0.0.tgz'
  const tarball = readFileSync(join(folder, name))
  const dist = {
    tarball: `${origin}/wusla-sample/${name}`,
    shasum: createHash('sha1').update(tarball).digest('hex'),
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
  }
  const version = { name: 'wusla-sample', version: '1.0.0', type: 'module', main: 'index.js', dist }
  const packument = { name: 'wusla-sample', 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } }
  writeFileSync(join(folder, 'index.json'), JSON.stringify(packument))
}

function writePattern(file: string, bytes: number): void {
  const piece = Buffer.alloc(1_048_576)
  const handle = openSync(file, 'w')
  for (let at = 0; at < bytes; at += piece.length) {
    piece.writeDoubleLE(at, 0)
    piece.writeDoubleLE(at * 3, piece.length - 8)
    writeSync(handle, piece)
  }
  closeSync(handle)
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1_048_576 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Watches the resident memory of the processes on the way; gives the largest growth of each, in MiB. */
function watchGrowth(sandbox: RunningSandbox): { stop: () => Record<string, number> } {
  const { gateways, branches } = sandbox.file
  const parts = [...gateways.filter(({ member }) => member === RTA || member === MORO), ...branches]
  const before = new Map(parts.map(({ id, pid }) => [id, residentMiB(pid)]))
  const largest = new Map(before)
  const timer = setInterval(() => {
    for (const { id, pid } of parts) largest.set(id, Math.max(largest.get(id) ?? 0, residentMiB(pid)))
  }, 100)
  return {
    stop: () => {
      clearInterval(timer)
      return Object.fromEntries(parts.map(({ id }) => [id, (largest.get(id) ?? 0) - (before.get(id) ?? 0)]))
    },
  }
}

function residentMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024
}
