/** What the person says where the stand-in asks. @returns where the browser is sent, `undefined` if nowhere */
export type Answer = (address: string) => Promise<string | undefined>

/** Where a visit ended. */
export interface Visited {
  /** The last address, with which nothing leads on. */
  readonly address: string
  /** HTTP status of the page there; 0 for one of the stand-in's own that leads nowhere. */
  readonly status: number
}

/** More than any login and signature lead through. */
const MAX_HOPS = 30

/** How long one page may take: behind it documents are typeset, signed and verified. Unit: ms. */
const PATIENCE_MS = 60_000

/**
 * A browser without a window: opens an address, keeps cookies, follows redirections, and lets the person answer at the stand-in.
 *
 * @param own - origin of the stand-in: its pages are answered, not opened
 * @returns `circle` when it was sent on too often
 */
export async function visit(start: string, own: string, answer: Answer): Promise<Visited | 'circle'> {
  const cookies = new CookieJar()
  let address = start
  for (let hop = 0; hop < MAX_HOPS; hop += 1) {
    const isOwn = new URL(address).origin === own
    const page = isOwn ? { status: 0, next: await answer(address) } : await open(address, cookies)
    if (page.next === undefined) return { address, status: page.status }
    address = page.next
  }
  return 'circle'
}

async function open(
  address: string,
  cookies: CookieJar,
): Promise<{ readonly status: number; readonly next: string | undefined }> {
  const { origin } = new URL(address)
  const response = await fetch(address, {
    redirect: 'manual',
    headers: { cookie: cookies.headerFor(origin) },
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  cookies.keep(origin, response.headers.getSetCookie())
  await response.body?.cancel()
  const location = response.headers.get('location')
  const next = location === null ? undefined : new URL(location, address).href
  return { status: response.status, next }
}

/** Cookies by origin: stricter than a browser, which knows hosts alone. */
class CookieJar {
  readonly #byOrigin = new Map<string, Map<string, string>>()

  keep(origin: string, lines: readonly string[]): void {
    const its = this.#byOrigin.get(origin) ?? new Map<string, string>()
    this.#byOrigin.set(origin, its)
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
      if (value === '') its.delete(name)
      else its.set(name, value)
    }
  }

  headerFor(origin: string): string {
    return [...(this.#byOrigin.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')
  }
}
