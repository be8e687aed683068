import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../protocol/clock.ts'
import type { DirectoryEvent } from '../directory-event.ts'
import { DirectoryFollower } from '../directory-follower.ts'
import type { FollowerOptions } from '../directory-follower.ts'
import { ScriptedNetwork } from './scripted-network.ts'
import { TestLog } from './test-log.ts'

type EventOf<Kind extends DirectoryEvent['kind']> = Extract<DirectoryEvent, { kind: Kind }>

/** A place for one test, removed at its end. */
export interface TestPlace extends AsyncDisposable {
  readonly directory: string
}

export async function makePlace(): Promise<TestPlace> {
  const directory = await mkdtemp(join(tmpdir(), 'wusla-directory-'))
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) }
}

/** Events of a follower: those there were, and those to come. */
export class Heard {
  readonly events: DirectoryEvent[] = []
  readonly #waiting = new Set<() => void>()

  readonly sink = (event: DirectoryEvent): void => {
    this.events.push(event)
    for (const wake of this.#waiting) wake()
  }

  of<Kind extends DirectoryEvent['kind']>(kind: Kind): EventOf<Kind>[] {
    return this.events.filter((event): event is EventOf<Kind> => event.kind === kind)
  }

  /** The first event of this kind that passes, now or later. */
  async next<Kind extends DirectoryEvent['kind']>(
    kind: Kind,
    passes: (event: EventOf<Kind>) => boolean = () => true,
  ): Promise<EventOf<Kind>> {
    for (;;) {
      const found = this.of(kind).find(passes)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
      })
    }
  }
}

/** A network with its log, founded. */
export async function foundLog(): Promise<{ script: ScriptedNetwork; log: TestLog }> {
  const script = await ScriptedNetwork.create()
  const log = new TestLog(script.log)
  log.append(await script.founding())
  return { script, log }
}

/** Opens a follower and starts it. */
export async function follow(
  place: TestPlace,
  script: ScriptedNetwork,
  sources: readonly string[],
  more: Partial<FollowerOptions> & { heard?: Heard } = {},
): Promise<DirectoryFollower> {
  const { heard = new Heard(), ...options } = more
  const follower = await DirectoryFollower.open({
    anchor: script.anchor,
    storeDirectory: join(place.directory, 'directory'),
    sources: () => sources,
    clock: systemClock,
    onEvent: heard.sink,
    random: () => 0,
    ...options,
  })
  follower.start()
  return follower
}
