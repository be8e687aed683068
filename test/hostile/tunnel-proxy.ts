import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { freePort } from '../../sandbox/identity/testing/free-port.ts'

/** What becomes of one run of bytes on its way to the branch; the same list to change nothing. */
export type Tamper = (run: Buffer) => Buffer[]

/** A wire in front of a branch's tunnel port, in the hands of whoever owns the branch. */
export interface TunnelProxy {
  /** `host:port` to announce in the place of the branch's own. */
  readonly address: string
  /** `host:port` where the branch has to listen for its tunnels; free a moment ago. */
  readonly target: string
  /** From now on the bytes that gateways send pass through this. */
  readonly tamperWith: (tamper: Tamper | undefined) => void
  readonly close: () => Promise<void>
}

/** Starts the wire on a free port. */
export async function startTunnelProxy(): Promise<TunnelProxy> {
  const port = await freePort()
  let tamper: Tamper | undefined
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  }
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    keep(near)
    keep(far)
    near.on('data', (run: Buffer) => {
      for (const out of tamper?.(run) ?? [run]) far.write(out)
    })
    near.on('end', () => far.end())
    near.on('close', () => far.destroy())
    far.pipe(near)
    far.on('close', () => near.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: `127.0.0.1:${port}`,
    tamperWith: (next) => {
      tamper = next
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
