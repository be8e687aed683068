import { connect, createServer } from 'node:net'
import { serve } from './host-program.ts'

/** Stands before a registry, which listens on loopback addresses only, as an operator's proxy does. Arguments: ADDRESS PORT */
const [address, port] = process.argv.slice(2)

createServer((socket) => {
  const inner = connect({ host: '127.0.0.1', port: Number(port) })
  socket.pipe(inner).pipe(socket)
  socket.on('error', () => inner.destroy())
  inner.on('error', () => socket.destroy())
}).listen(Number(port), address)

serve({})
