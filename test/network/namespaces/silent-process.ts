import { createServer } from 'node:net'
import { serve } from './host-program.ts'

/** Takes every connection on the given address and ports and never says a word. Arguments: ADDRESS PORT… */
const [address, ...ports] = process.argv.slice(2)
let taken = 0
for (const port of ports) {
  createServer((socket) => {
    taken += 1
    socket.resume()
    socket.on('error', () => socket.destroy())
  }).listen(Number(port), address)
}

serve({ taken: () => taken })
