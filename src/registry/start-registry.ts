import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { createApi, parseLoopbackListen } from '../admin-api/api-server.ts'
import { tokenRoutes } from '../admin-api/token-routes.ts'
import { TokenStore } from '../admin-api/token-store.ts'
import { Directory } from '../directory/directory.ts'
import { nodeFileSystem } from '../ledger/file-system.ts'
import { type Ledger, openLedger } from '../ledger/ledger.ts'
import type { Clock } from '../protocol/clock.ts'
import type { EventSink } from '../protocol/event.ts'
import { parseJsonStrict } from '../protocol/canonical-json.ts'
import { MAX_JSON_BYTES } from '../protocol/limits.ts'
import { toWuslaError, WuslaError } from '../protocol/wusla-error.ts'
import { directoryOrigin, readAnchor } from '../trust/anchor.ts'
import { decodeSignedChange, type SignedChange } from '../trust/signed-change.ts'
import { AgreementDesk } from './agreement-desk.ts'
import { ChangeIndex } from './change-index.ts'
import { EnrolmentStore } from './enrolment-store.ts'
import { Publisher } from './publisher.ts'
import { type RegistryConfig, registryConfigProblems } from './registry-config.ts'
import type { RegistryParts } from './registry-deps.ts'
import type { RegistryEvent } from './registry-event.ts'
import { FILES, loadRegistryKeys, readStateJson } from './registry-files.ts'
import { RequestDesk } from './request-desk.ts'
import { accessRequestRoutes } from './routes/access-request-routes.ts'
import { agreementRoutes } from './routes/agreement-routes.ts'
import { changeRoutes } from './routes/change-routes.ts'
import { draftRoutes } from './routes/draft-routes.ts'
import { enrolmentRoutes } from './routes/enrolment-routes.ts'
import { logRoutes } from './routes/log-routes.ts'
import { memberRoutes } from './routes/member-routes.ts'
import { policyRoutes } from './routes/policy-routes.ts'
import { signingRoutes } from './routes/signing-routes.ts'
import { statusRoutes } from './routes/status-routes.ts'
import { limitRequests } from './request-limit.ts'
import { createSealedCaller, type RawBodyRequest } from './sealed-caller.ts'
import { WitnessCollector } from './witness-collector.ts'

export interface RegistryHandle {
  readonly url: string
  readonly close: () => Promise<void>
}

interface RegistryDeps {
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  readonly onEvent: EventSink<RegistryEvent>
}

/**
 * Starts a registry that `createRegistry` made: replays its log, rebuilds the index if it is behind, and serves.
 *
 * @throws WuslaError `config_invalid` when the folder holds no registry; codes of the ledger when it is damaged.
 */
export async function startRegistry(stateDirectory: string, deps: RegistryDeps): Promise<RegistryHandle> {
  const config = checkConfig(await readStateJson(stateDirectory, FILES.config))
  const parts = await openParts(stateDirectory, config, deps)
  const api = await createApi({
    title: `Registry of ${config.network}`,
    description: 'Admits members and branches and publishes the directory of the network.',
    onUnexpected: (error) =>
      deps.onEvent({
        kind: 'unexpected_error',
        detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  })
  keepRawBody(api)
  limitRequests(api, deps.clock, config.requestsPerSecond)
  memberRoutes(api, parts)
  enrolmentRoutes(api, parts)
  changeRoutes(api, parts)
  agreementRoutes(api, parts)
  draftRoutes(api, parts)
  signingRoutes(api, parts)
  accessRequestRoutes(api, parts)
  policyRoutes(api, parts)
  logRoutes(api, parts)
  tokenRoutes(api, parts.tokens)
  const witnesses = new WitnessCollector({ ...parts, fetch: deps.fetch })
  statusRoutes(api, parts, witnesses)
  const stopWitnesses = witnesses.start()
  const url = await api.listen(parseLoopbackListen(config.listen))
  deps.onEvent({ kind: 'registry_ready', url, size: parts.ledger.size })
  return {
    url,
    close: async () => {
      await parts.publisher.close()
      await stopWitnesses()
      await api.close()
      parts.enrolments.close()
      parts.index.close()
      await parts.ledger[Symbol.asyncDispose]()
    },
  }
}

function checkConfig(value: unknown): RegistryConfig {
  const problems = registryConfigProblems(value)
  if (problems.length === 0) return value as RegistryConfig
  throw new WuslaError('config_invalid', { details: { problems } })
}

async function openParts(
  stateDirectory: string,
  config: RegistryConfig,
  deps: RegistryDeps,
): Promise<RegistryParts> {
  const { clock, onEvent } = deps
  const anchor = await readAnchor(join(stateDirectory, FILES.anchor))
  const keys = await loadRegistryKeys(stateDirectory)
  const ledger = await openLedger({
    directory: join(stateDirectory, FILES.ledger),
    origin: directoryOrigin(config.network),
    signer: keys.log,
    writeEntryBundles: true,
    clock,
    onEvent: (event) => onEvent({ kind: 'part_event', part: 'ledger', event }),
    create: false,
  })
  const directory = new Directory({
    anchor,
    onEvent: (event) => onEvent({ kind: 'part_event', part: 'directory', event }),
  })
  const index = new ChangeIndex(join(stateDirectory, FILES.index))
  const publisher = new Publisher({
    network: config.network,
    directory,
    ledger,
    index,
    key: keys.registry,
    clock,
    onEvent,
  })
  await replay(ledger, { directory, publisher, index, onEvent })
  const disk = { stateDirectory, fs: nodeFileSystem }
  const requests = await RequestDesk.open({ ...disk, directory, clock })
  return {
    config,
    anchor,
    keys,
    directory,
    ledger,
    publisher,
    index,
    desk: await AgreementDesk.open({ ...disk, directory, publisher, requests, clock }),
    requests,
    enrolments: new EnrolmentStore(join(stateDirectory, FILES.enrolments)),
    sealed: createSealedCaller(config.network, directory, clock),
    tokens: TokenStore.open(join(stateDirectory, FILES.apiTokens), clock),
    clock,
    onEvent,
  }
}

/** Entries that enter the index in one transaction. */
const INDEX_BATCH = 1_000

/**
 * Brings the entries of the ledger into directory and index. They were judged before they were appended, and the
 * ledger has compared them with its checkpoint, so their signatures are not checked a second time.
 */
async function replay(
  ledger: Ledger,
  {
    directory,
    publisher,
    index,
    onEvent,
  }: Pick<RegistryParts, 'directory' | 'publisher' | 'index' | 'onEvent'>,
): Promise<void> {
  if (!(await isIndexOf(ledger, index))) index.clear()
  const indexed = index.size
  let missing: [number, SignedChange][] = []
  for await (const { sequence, record } of ledger.records(0)) {
    const result = directory.apply(record, 'held')
    if (result.applied) publisher.remember(result.change.time)
    if (sequence >= indexed) missing.push([sequence, readEntry(record)])
    if (missing.length >= INDEX_BATCH) {
      index.addAll(missing)
      missing = []
    }
  }
  index.addAll(missing)
  // After a crash an entry may be durable without a checkpoint over it.
  await ledger.checkpoint()
  if (index.size > indexed) onEvent({ kind: 'index_rebuilt', changes: index.size - indexed })
}

/** Whether the index belongs to this ledger: one whose last entry stands elsewhere came with another backup. */
async function isIndexOf(ledger: Ledger, index: ChangeIndex): Promise<boolean> {
  if (index.size === 0) return true
  const entry = await ledger.entry(index.size - 1)
  return entry !== undefined && index.indexOf(readEntry(entry).change) === index.size - 1
}

function readEntry(entry: Uint8Array): SignedChange {
  return decodeSignedChange(Buffer.from(entry).toString('utf8'))
}

/** Seals cover the exact text of a body, so it is kept beside its meaning. */
function keepRawBody(api: Pick<FastifyInstance, 'addContentTypeParser' | 'removeContentTypeParser'>): void {
  api.removeContentTypeParser('application/json')
  api.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = String(body)
    ;(request as RawBodyRequest).rawBody = text
    try {
      const maxBytes = Math.max(MAX_JSON_BYTES, request.routeOptions.bodyLimit)
      done(null, parseJsonStrict(text, { maxBytes }))
    } catch (cause) {
      done(toWuslaError(cause, 'invalid_json'))
    }
  })
}
