import { createHash } from 'node:crypto'
import type { BranchWitness, HttpAnswer } from '../../src/branch/start-branch.ts'
import type { Directory } from '../../src/directory/directory.ts'
import type { Witness } from '../../src/ledger/witness.ts'
import { directoryOrigin } from '../../src/trust/anchor.ts'
import { type NoteVerifier, parseVkey } from '../../src/trust/note-key.ts'

/** The log keys a branch witnesses: the directory's, and the evidence ledger of every active gateway. */
export function witnessedKeys(
  directory: Directory,
  network: string,
): (origin: string) => readonly NoteVerifier[] | undefined {
  return (origin) => {
    if (origin === directoryOrigin(network)) return [parseVkey(directory.anchor.logKey)]
    const gateway = origin.startsWith('wusla/') ? directory.gateway(origin.slice('wusla/'.length)) : undefined
    return gateway === undefined ? undefined : [parseVkey(gateway.ledgerKey)]
  }
}

/** Puts a witness behind HTTP as C2SP tlog-witness says. */
export function witnessOverHttp(witness: Witness, directory: Directory, network: string): BranchWitness {
  return {
    addCheckpoint: async (body) => {
      const result = await witness.addCheckpoint(body)
      if (result.ok) return text(200, result.lines)
      if (result.reason === 'other-size') {
        return { status: 409, contentType: 'text/x.tlog.size', body: `${result.size}\n` }
      }
      const status = { malformed: 400, 'unknown-origin': 404, 'bad-signature': 403, inconsistent: 422 }[
        result.reason
      ]
      return text(status, `${result.reason}\n`)
    },
    checkpoint: async (originHash) => {
      const origin = originOf(directory, network, originHash)
      const note = origin === undefined ? undefined : await witness.latest(origin)
      return note === undefined ? text(404, 'never cosigned\n') : text(200, note)
    },
  }
}

function originOf(directory: Directory, network: string, originHash: string): string | undefined {
  const gateways = directory.members().flatMap(({ member }) => directory.gatewaysOf(member))
  const origins = [directoryOrigin(network), ...gateways.map(({ gateway }) => `wusla/${gateway}`)]
  return origins.find((origin) => createHash('sha256').update(origin).digest('hex') === originHash)
}

function text(status: number, body: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body }
}
