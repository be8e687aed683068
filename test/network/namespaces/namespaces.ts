import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Runs `ip …`. @throws Error with the program's own words */
export function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Runs `tc …`. @throws Error with the program's own words */
export function tc(...args: string[]): string {
  return execFileSync('tc', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** One host: a network namespace with one address, which it has whatever line a packet comes from. */
export interface Host {
  readonly name: string
  /** The namespace's name, as `ip netns` knows it. */
  readonly namespace: string
  readonly address: string
}

/**
 * The hosts of one test, each in a network namespace of its own. Their names hold the id of this process, so that several
 * tests run side by side, and what a killed run left behind is known and removed by the next one.
 */
export class Namespaces implements Disposable {
  readonly hosts = new Map<string, Host>()

  constructor() {
    removeLeftovers()
  }

  /** @param name - at most 9 characters: the devices of its lines carry it */
  add(name: string): Host {
    const number = this.hosts.size + 1
    const host: Host = { name, namespace: `wusla-${process.pid}-${name}`, address: `10.77.0.${number}` }
    ip('netns', 'add', host.namespace)
    this.hosts.set(name, host)
    ip('-n', host.namespace, 'link', 'set', 'lo', 'up')
    ip('-n', host.namespace, 'address', 'add', `${host.address}/32`, 'dev', 'lo')
    return host
  }

  [Symbol.dispose](): void {
    for (const { namespace } of this.hosts.values()) removeNamespace(namespace)
  }
}

/** Namespaces of runs whose process is no more. */
function removeLeftovers(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const [, name, pid] = /^(wusla-(\d+)-\S+)/.exec(line) ?? []
    if (name !== undefined && !existsSync(`/proc/${pid}`)) removeNamespace(name)
  }
}

/** Ends what still runs in it: a process that stays would keep the namespace and its devices. */
function removeNamespace(name: string): void {
  for (const pid of ip('netns', 'pids', name).split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  ip('netns', 'delete', name)
}

/** How packets are delayed and lost: by the kernel's own netem, or by a program between two tunnel devices. */
export type Impairing = 'netem' | 'stand-in'

/** What this machine can do. */
export type Ability =
  { readonly can: true; readonly impairing: Impairing } | { readonly can: false; readonly why: string }

/** Whether hosts in network namespaces and bad lines between them can be made here, or what is missing. */
export function ability(): Ability {
  const no = (why: string): Ability => ({ can: false, why })
  if (process.platform !== 'linux') return no('network namespaces exist on Linux only')
  if (process.getuid?.() !== 0) return no('it makes network namespaces, so it must run as root')
  for (const [program, option] of [
    ['ip', '-V'],
    ['tc', '-V'],
  ] as const) {
    if (spawnSync(program, [option]).status !== 0)
      return no(`the program "${program}" is missing (Debian package iproute2)`)
  }
  const name = `wusla-${process.pid}-probe`
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0)
    return no('"ip netns add" is refused: no right to make network namespaces')
  try {
    const veth = ['-n', name, 'link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'two']
    if (spawnSync('ip', veth).status !== 0) return no('the kernel makes no veth pairs (module veth)')
    const shaping = ['-n', name, 'qdisc', 'add', 'dev', 'one', 'root']
    const tbf = spawnSync('tc', [...shaping, 'tbf', 'rate', '20mbit', 'burst', '32k', 'latency', '50ms'])
    if (tbf.status !== 0) return no('the kernel cannot limit a line (module sch_tbf)')
    tc('-n', name, 'qdisc', 'del', 'dev', 'one', 'root')
    if (spawnSync('tc', [...shaping, 'netem', 'delay', '1ms']).status === 0)
      return { can: true, impairing: 'netem' }
    const python = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'])
    if (python.status === 0 && existsSync('/dev/net/tun')) return { can: true, impairing: 'stand-in' }
    return no('the kernel has no sch_netem, and its stand-in needs python3 and /dev/net/tun')
  } finally {
    removeNamespace(name)
  }
}
