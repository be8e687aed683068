import { createServer } from 'node:net'
import { serve } from './host-program.ts'

/** A connection that was taken: the address that dialled, and the port that it dialled. */
export interface TakenConnection {
  readonly from: string
  readonly port: number
}

/** Takes every connection on the given address and ports and never says a word. Arguments: ADDRESS PORT… */
const [address, ...ports] = process.argv.slice(2)
const taken: TakenConnection[] = []
for (const port of ports.map(Number)) {
  createServer((socket) => {
    taken.push({ from: socket.remoteAddress ?? '', port })
    socket.resume()
    socket.on('error', () => socket.destroy())
  }).listen(port, address)
}

serve({ taken: () => taken })
