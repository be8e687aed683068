import { type AccessRequest, accessRequestId, decodeAccessRequest } from '../agreements/access-request.ts'
import type { Directory } from '../directory/directory.ts'
import type { FileSystem } from '../ledger/file-system.ts'
import { type Clock, formatTime } from '../protocol/clock.ts'
import { WuslaError } from '../protocol/wusla-error.ts'
import { MAX_CLOSED, MAX_OPEN_REQUESTS } from './desk/desk-limits.ts'
import { OneAtATime } from './desk/one-at-a-time.ts'
import { RecordFolder } from './desk/record-folder.ts'

/** A request for access as it lies at the registry. */
export interface FiledRequest {
  readonly id: string
  readonly request: AccessRequest
  readonly receivedAt: string
  /** By when the provider should have answered. */
  readonly answerBy: string
  readonly status: 'open' | 'answered' | 'refused' | 'withdrawn'
  /** When its status became this. */
  readonly closedAt?: string
  /** Hash of the newest draft that answers it. */
  readonly agreement?: string
  readonly reason?: string
}

/** Days to answer in a network whose operator set none. */
const DEFAULT_ANSWER_DAYS = 14

const DAY_MS = 86_400_000

interface RequestDeskOptions {
  readonly stateDirectory: string
  readonly fs: FileSystem
  readonly directory: Directory
  readonly clock: Clock
}

/**
 * Where consumers ask for access before there is a draft. A request binds nobody and is nobody's business but the two
 * members': it never comes into the directory. One file each.
 */
export class RequestDesk {
  readonly #folder: RecordFolder
  readonly #options: RequestDeskOptions
  readonly #filed = new Map<string, FiledRequest>()
  readonly #byMember = new Map<string, Set<string>>()
  readonly #acts = new OneAtATime()

  private constructor(folder: RecordFolder, options: RequestDeskOptions) {
    this.#folder = folder
    this.#options = options
  }

  static async open(options: RequestDeskOptions): Promise<RequestDesk> {
    const folder = await RecordFolder.open(options.fs, options.stateDirectory, 'access-requests')
    const desk = new RequestDesk(folder, options)
    const names = (await folder.names()).filter((name) => name.endsWith('.json'))
    for (const filed of await folder.readRecords(names)) desk.#keep(filed as FiledRequest)
    return desk
  }

  /** Only for its consumer and its provider, and for nobody else does it exist. @throws WuslaError `not_found` */
  of(id: string, member: string): FiledRequest {
    const filed = this.#filed.get(id)
    const { consumer, provider } = filed?.request ?? {}
    if (filed === undefined || (member !== consumer && member !== provider)) {
      throw new WuslaError('not_found', { message: 'There is no such request for access.' })
    }
    return filed
  }

  /** Those by and to one member, or all; oldest first. */
  list(member?: string): FiledRequest[] {
    const ids = member === undefined ? this.#filed.keys() : (this.#byMember.get(member) ?? [])
    const found = [...ids].flatMap((id) => this.#filed.get(id) ?? [])
    return found.toSorted((a, b) => a.receivedAt.localeCompare(b.receivedAt, 'en'))
  }

  /** Whether the provider owes an answer and the time for it has passed. */
  isOverdue({ status, answerBy }: FiledRequest): boolean {
    return status === 'open' && answerBy < formatTime(this.#options.clock.nowMs())
  }

  /**
   * Files a request of this member. The same request again is filed once, with the clock of the first time.
   *
   * @throws WuslaError `invalid_request`, `forbidden` when the consumer is another, `unknown_member`, `too_many_requests`
   */
  async file(member: string, value: unknown): Promise<FiledRequest> {
    const request = decodeAccessRequest(value)
    this.#assertOfThisNetwork(request)
    if (request.consumer !== member) {
      throw new WuslaError('forbidden', { message: 'A member asks for access for itself only.' })
    }
    const id = accessRequestId(request)
    return await this.#acts.run(async () => {
      const known = this.#filed.get(id)
      if (known !== undefined) return known
      const open = this.list(member).filter((filed) => filed.status === 'open' && isOf(filed, member))
      if (open.length >= MAX_OPEN_REQUESTS) {
        throw new WuslaError('too_many_requests', {
          message: 'Too many requests of this member wait for an answer.',
        })
      }
      const { clock, directory } = this.#options
      const nowMs = clock.nowMs()
      const days = directory.signingPolicy()?.answerWithinDays ?? DEFAULT_ANSWER_DAYS
      const answerBy = formatTime(nowMs + days * DAY_MS)
      return await this.#save({ id, request, receivedAt: formatTime(nowMs), answerBy, status: 'open' })
    })
  }

  /** The provider refuses. @throws WuslaError `not_found`, `forbidden`, `conflict` when it is not open */
  async refuse(id: string, member: string, reason: string): Promise<void> {
    await this.#close(id, member, 'provider', { status: 'refused', reason })
  }

  /** The consumer takes it back. @throws WuslaError `not_found`, `forbidden`, `conflict` when it is not open */
  async withdraw(id: string, member: string): Promise<void> {
    await this.#close(id, member, 'consumer', { status: 'withdrawn' })
  }

  /** Whether this member may answer it with a draft. @throws WuslaError `not_found`, `forbidden`, `conflict` */
  assertAnswerable(id: string, member: string): AccessRequest {
    const { request, status } = this.of(id, member)
    if (member !== request.provider) {
      throw new WuslaError('forbidden', { message: 'A request for access is answered by its provider.' })
    }
    if (status === 'open' || status === 'answered') return request
    throw notOpen(status)
  }

  /** The draft that answers it. */
  answerTo(id: string): string | undefined {
    return this.#filed.get(id)?.agreement
  }

  /** Points to the draft that answers it; a request that was refused or withdrawn, or that is forgotten, stays as it is. */
  async answer(id: string, agreement: string): Promise<void> {
    await this.#acts.run(async () => {
      const filed = this.#filed.get(id)
      if (filed === undefined || filed.agreement === agreement) return
      if (filed.status !== 'open' && filed.status !== 'answered') return
      const closedAt = filed.closedAt ?? formatTime(this.#options.clock.nowMs())
      await this.#save({ ...filed, status: 'answered', closedAt, agreement })
      await this.#forgetOldestClosed(filed.request.consumer)
    })
  }

  async #close(
    id: string,
    member: string,
    role: 'consumer' | 'provider',
    end: Pick<FiledRequest, 'status' | 'reason'>,
  ): Promise<void> {
    await this.#acts.run(async () => {
      const filed = this.of(id, member)
      if (filed.request[role] !== member) {
        throw new WuslaError('forbidden', { message: `This is for the ${role} of the request to do.` })
      }
      if (filed.status === end.status) return
      if (filed.status !== 'open') throw notOpen(filed.status)
      await this.#save({ ...filed, ...end, closedAt: formatTime(this.#options.clock.nowMs()) })
      await this.#forgetOldestClosed(filed.request.consumer)
    })
  }

  #assertOfThisNetwork({ network, provider }: AccessRequest): void {
    const { directory } = this.#options
    if (network !== directory.anchor.network) {
      const problems = [{ path: '/network', problem: `must be ${directory.anchor.network}` }]
      throw new WuslaError('invalid_request', { details: { problems } })
    }
    if (directory.member(provider) === undefined)
      throw new WuslaError('unknown_member', { details: { member: provider } })
  }

  async #save(filed: FiledRequest): Promise<FiledRequest> {
    await this.#folder.write(`${filed.id}.json`, JSON.stringify(filed))
    this.#keep(filed)
    return filed
  }

  #keep(filed: FiledRequest): void {
    this.#filed.set(filed.id, filed)
    for (const member of [filed.request.consumer, filed.request.provider]) {
      const ids = this.#byMember.get(member) ?? new Set()
      this.#byMember.set(member, ids.add(filed.id))
    }
  }

  /** No consumer fills the disk with requests that came to an end. */
  async #forgetOldestClosed(consumer: string): Promise<void> {
    const closed = this.list(consumer).filter((filed) => filed.status !== 'open' && isOf(filed, consumer))
    for (const filed of closed.slice(0, Math.max(0, closed.length - MAX_CLOSED))) {
      await this.#folder.remove(`${filed.id}.json`)
      this.#filed.delete(filed.id)
      this.#byMember.get(filed.request.consumer)?.delete(filed.id)
      this.#byMember.get(filed.request.provider)?.delete(filed.id)
    }
  }
}

function isOf({ request }: FiledRequest, consumer: string): boolean {
  return request.consumer === consumer
}

function notOpen(status: FiledRequest['status']): WuslaError {
  return new WuslaError('conflict', {
    message: `The request for access was ${status} already.`,
    details: { status },
  })
}
