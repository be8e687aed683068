import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { FrontDoor } from '../front-door.ts'
import type { FrontDoorOptions } from '../front-door.ts'
import type { FrontDoorEvent } from '../front-door-event.ts'
import type { FrontDoorAnswer, FrontDoorRequest } from '../front-door-request.ts'

/** A path of the X-Road door that the test clients may call. */
export const SERVICE_PATH = '/r1/AE-DU/SEMI/DEWA/BILLING/bills'

/** The lines every call of the tests needs. */
export const CALLER_LINES = 'Host: gateway\r\nX-Road-Client: AE-DU/GOV/RTA/LICENSING\r\n'

const EXCHANGE = '019aaf35-3c55-7c3a-9d6a-111111111111'

/** An answer, with changes. */
export function answer(changes: Partial<FrontDoorAnswer> = {}): FrontDoorAnswer {
  return {
    status: 200,
    headerBlock: 'Content-Type:text/plain\r\n',
    body: Buffer.from('ok'),
    exchange: EXCHANGE,
    messageId: 'message-1',
    ...changes,
  }
}

/** A door that is open for the test clients, and what came through it. */
export interface TestDoor extends AsyncDisposable {
  readonly door: FrontDoor
  readonly port: number
  readonly requests: FrontDoorRequest[]
  readonly events: FrontDoorEvent[]
  /** Resolves when nobody is inside any more; a leak shows as the time-out of the test. */
  emptied(): Promise<void>
}

/** Opens a door on a free port. `send` gives the answer to each request; default: `ok`. */
export async function openDoor(
  send: (request: FrontDoorRequest) => FrontDoorAnswer | Promise<FrontDoorAnswer> = () => answer(),
  options: Partial<FrontDoorOptions> = {},
): Promise<TestDoor> {
  const requests: FrontDoorRequest[] = []
  const events: FrontDoorEvent[] = []
  const door = await FrontDoor.open({
    http: { host: '127.0.0.1', port: 0 },
    clients: [{ client: 'AE-DU/GOV/RTA/LICENSING', rules: [{ kind: 'none' }] }],
    mappedPorts: [],
    send: async (request) => {
      requests.push(request)
      return await send(request)
    },
    onEvent: (event) => events.push(event),
    ...options,
  })
  return {
    door,
    port: door.httpPort ?? 0,
    requests,
    events,
    async emptied(): Promise<void> {
      while (door.load.calls + door.load.waitingBytes + door.load.unsentBytes > 0) {
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await door.close(0)
    },
  }
}

/** A client that says exactly the bytes it is told to. */
export interface RawClient extends Disposable {
  readonly socket: Socket
  write(text: string): void
  /** Everything received so far, one character per byte. */
  received(): string
  /** Resolves with everything received as soon as it matches. Rejects if the connection ends before. */
  until(pattern: RegExp): Promise<string>
  /** Resolves with everything received when the connection has ended. */
  ended(): Promise<string>
}

/** Connects to a port and collects what it says. */
export async function connectRaw(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let text = ''
  let isEnded = false
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  socket.setEncoding('latin1')
  socket.on('data', (part: string) => {
    text += part
    tell()
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    isEnded = true
    tell()
  })
  const waitFor = (isMet: () => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (isMet()) resolve(text)
        else if (isEnded) reject(new Error(`The connection ended after: ${text}`))
        else return
        listeners.delete(look)
      }
      listeners.add(look)
      look()
    })
  return {
    socket,
    write: (part) => socket.write(part, 'latin1'),
    received: () => text,
    until: (pattern) => waitFor(() => pattern.test(text)),
    ended: () => waitFor(() => isEnded),
    [Symbol.dispose]: () => socket.destroy(),
  }
}

/** Sends bytes on a connection of their own and gives what comes back until it ends. */
export async function converse(port: number, bytes: string): Promise<string> {
  using client = await connectRaw(port)
  client.write(bytes)
  return await client.ended()
}

/** The status of an answer as received. */
export function statusOf(text: string): number {
  return Number(text.split(' ')[1])
}

/** The JSON body of an answer as received. */
export function jsonOf(text: string): unknown {
  return JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4))
}

/** Every value of a header of an answer as received. */
export function valuesOf(text: string, name: string): string[] {
  const [head = ''] = text.split('\r\n\r\n', 1)
  return head
    .split('\r\n')
    .filter((line) => line.toLowerCase().startsWith(`${name}:`))
    .map((line) => line.slice(name.length + 1).trim())
}

/** A GET on a connection of its own. */
export function get(path: string, lines: string = CALLER_LINES): string {
  return `GET ${path} HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`
}
