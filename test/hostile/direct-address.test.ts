import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import { publicKeyOf, type TestGateway } from '../../src/directory/testing/scripted-network.ts'
import type { GatewayEvent } from '../../src/gateway/gateway-event.ts'
import { secureInitiator } from '../../src/transport/session-tls.ts'
import { generateNoteKey } from '../../src/trust/note-key.ts'
import { generateSealKey, type SoftwareSealKey } from '../../src/trust/seal-key.ts'
import { untilTrue } from '../network/running-sandbox.ts'
import { callBills, HostileNetwork, type RunningGateway } from './hostile-network.ts'

/** What never comes fails its test instead of holding up the run. */
const BOUNDED = { timeout: 60_000 }
const LISTENS = { directListen: '127.0.0.1:0' } as const
const DIALS = { directDialLocal: true } as const

async function announce(network: HostileNetwork, by: TestGateway, address: string): Promise<void> {
  const { gateway, member, seal } = by
  const fields = { gateway, member, address }
  network.publish(await network.script.entry('gateway_direct_announced', fields, [member, seal]))
}

function failuresOf({ told }: RunningGateway): Extract<GatewayEvent, { kind: 'direct_path_failed' }>[] {
  return told.events.filter((event) => event.kind === 'direct_path_failed')
}

test(
  'an announced address of a foreign service gets a greeting without names, and calls go on',
  BOUNDED,
  async () => {
    await using network = await HostileNetwork.open()
    await network.agree()
    const heard: Buffer[] = []
    const sockets: Socket[] = []
    const service = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      socket.on('data', (run: Buffer) => {
        heard.push(run)
        socket.end('220 mail.internal ready\r\n')
      })
    }).listen(0, '127.0.0.1')
    await once(service, 'listening')
    const { port } = service.address() as AddressInfo
    // DEWA's gateway announces nothing by itself here, so that its forged announcement stands.
    const rta = await network.startGateway(network.rta, DIALS)
    await network.addLine(network.rta, network.dewa.gateway)
    await announce(network, network.dewa, `127.0.0.1:${port}`)
    await untilTrue(() => failuresOf(rta).length >= 2)
    const [first, second] = failuresOf(rta)
    assert.ok(first && second && second.retryMs > first.retryMs)
    const bytes = Buffer.concat(heard)
    // A TLS handshake record, and in it a ClientHello.
    assert.deepEqual([bytes[0], bytes[5]], [0x16, 1])
    // Words so long that the random bytes of a hello do not hold them by chance, as they do hold three letters once in some thousand runs.
    for (const word of ['GOV/RTA', 'SEMI/DEWA', 'AE-DU', 'spiffe'])
      assert.equal(bytes.includes(word), false, word)
    await network.startGateway(network.dewa, {
      directListen: '127.0.0.1:0',
      directAnnounce: `127.0.0.1:${port}`,
    })
    assert.equal((await callBills(rta)).status, 200)
    for (const socket of sockets) socket.destroy()
    service.close()
  },
)

test("an announced address of another member's gateway is not taken for the announcer", BOUNDED, async () => {
  await using network = await HostileNetwork.open()
  const third = await network.admit('AE-DU/GOV/DHA/gw-1')
  const dha = await network.startGateway(third, LISTENS)
  const rta = await network.startGateway(network.rta, DIALS)
  await network.addLine(network.rta, network.dewa.gateway)
  const { announced } = await dha.told.seen('direct_listening')
  await announce(network, network.dewa, announced)
  const { peer, code } = await rta.told.seen('direct_path_failed')
  assert.deepEqual([peer, code], [network.dewa.gateway, 'wrong_peer'])
  assert.equal(
    rta.told.events.some(({ kind }) => kind === 'session_opened'),
    false,
  )
})

test('by default an announcement alone, or a local address, makes nobody connect', BOUNDED, async () => {
  await using network = await HostileNetwork.open()
  await network.agree()
  const service = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(service, 'listening')
  const address = `127.0.0.1:${(service.address() as AddressInfo).port}`
  await network.startGateway(network.dewa, { ...LISTENS, directAnnounce: address })
  const withoutLine = await network.startGateway(network.rta, DIALS)
  assert.equal((await callBills(withoutLine)).status, 200)
  const withLine = async (id: string, config: object): Promise<RunningGateway> => {
    const made = await network.admit(id)
    await network.addLine(made, network.dewa.gateway)
    return await network.startGateway(made, config)
  }
  const careful = await withLine('AE-DU/GOV/DHA/gw-1', {})
  const allowed = await withLine('AE-DU/GOV/DM/gw-1', DIALS)
  // Whoever may dial has done so again and again by now.
  await untilTrue(() => failuresOf(allowed).length >= 2)
  assert.deepEqual([failuresOf(withoutLine), failuresOf(careful)], [[], []])
  service.close()
})

test('at the direct port only other gateways of the network get in', BOUNDED, async () => {
  const { told } = await knockAsOthers()
  const turnedAway = told.events.flatMap((event) =>
    event.kind === 'direct_turned_away' ? [event.counts] : [],
  )
  // The branch and the gateway itself by what they are, the others by their keys.
  assert.deepEqual(turnedAway, [{ unknown_key: 2, wrong_peer: 2 }])
  assert.ok(!told.events.some(({ kind }) => kind === 'session_opened'))
})

/** Shows DEWA's listener certificates that are good for something else. @returns DEWA's gateway, closed again */
async function knockAsOthers(): Promise<RunningGateway> {
  await using network = await HostileNetwork.open()
  const dewa = await network.startGateway(network.dewa, LISTENS)
  const { address } = await dewa.told.seen('direct_listening')
  const port = Number(address.slice(address.lastIndexOf(':') + 1))
  const branch = await commission(network, 'AE-DU/branch/EVIL')
  const stranger = network.script.gateway('AE-DU/GOV/DHA/gw-1')
  for (const [id, key] of [
    ['AE-DU/branch/EVIL', branch],
    [stranger.gateway, stranger.tls],
    [network.rta.gateway, stranger.tls],
    [network.dewa.gateway, network.dewa.tls],
  ] as const) {
    const identity = await network.identity(id, key)
    const socket = connect(port, '127.0.0.1')
    const closed = once(socket, 'close')
    const expectPeer = network.dewa.gateway
    await Promise.allSettled([secureInitiator(socket, { identity, directory: dewa.directory, expectPeer })])
    socket.resume()
    await closed
  }
  return dewa
}

/** A branch of the network whose key the test holds. */
async function commission(network: HostileNetwork, branch: string): Promise<SoftwareSealKey> {
  const tls = generateSealKey()
  const facts = {
    branch,
    host: network.dewa.member,
    controlAddress: '127.0.0.1:1',
    tunnelAddress: '127.0.0.1:1',
    mirrorUrl: 'http://127.0.0.1:1',
    tlsKey: publicKeyOf(tls),
    witnessKey: generateNoteKey(`wusla/${branch}`, 'cosignature').vkey,
  }
  const by = [network.script.byRegistry, [branch, tls]] as const
  network.publish(await network.script.entry('branch_commissioned', facts, ...by))
  return tls
}
