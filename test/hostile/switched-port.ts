import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from '../../sandbox/identity/testing/free-port.ts'

/** A port in front of another one, that can be closed with all its connections and opened again. */
export interface SwitchedPort {
  /** `host:port` to announce. */
  readonly address: string
  /** Connections that came so far. */
  readonly taken: () => number
  /** Where what comes is sent on. */
  readonly leadTo: (port: number) => void
  readonly close: () => Promise<void>
  readonly open: () => Promise<void>
}

/** Starts the port, closed to nobody. */
export async function startSwitchedPort(): Promise<SwitchedPort> {
  const sockets = new Set<Socket>()
  let target = 0
  let taken = 0
  let server: Server | undefined
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  }
  // One that can be had again: the operating system gives it to no connection while it is closed.
  const own = await freePort()
  const listen = async (): Promise<void> => {
    server = createServer((near) => {
      taken += 1
      const far = connect(target, '127.0.0.1')
      keep(near)
      keep(far)
      near.pipe(far)
      far.pipe(near)
      near.on('close', () => far.destroy())
      far.on('close', () => near.destroy())
    })
    server.listen(own, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen()
  return {
    address: `127.0.0.1:${own}`,
    taken: () => taken,
    leadTo: (port) => {
      target = port
    },
    close: async () => {
      const closing = server
      server = undefined
      if (closing === undefined) return
      closing.close()
      for (const socket of sockets) socket.destroy()
      await once(closing, 'close')
    },
    open: listen,
  }
}
