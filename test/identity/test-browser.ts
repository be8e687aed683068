import assert from 'node:assert/strict'

/** A browser without pages: follows redirections and keeps cookies, until it is sent to the address it waits for. */
export class TestBrowser {
  readonly #cookies = new Map<string, string>()

  /** @returns the address it was sent to at last, which starts with `until` and is not opened */
  async follow(address: string, until: string): Promise<URL> {
    let at = address
    for (let hop = 0; hop < 20; hop++) {
      const answer = await fetch(at, { redirect: 'manual', headers: { cookie: this.#cookieHeader() } })
      for (const cookie of answer.headers.getSetCookie()) this.#keep(cookie)
      const location = answer.headers.get('location')
      assert.ok(location !== null, `${new URL(at).pathname} answers ${answer.status}: ${await answer.text()}`)
      at = new URL(location, at).href
      if (at.startsWith(until)) return new URL(at)
    }
    return assert.fail('sent around in circles')
  }

  #keep(cookie: string): void {
    const [pair = ''] = cookie.split(';')
    const [name = '', value = ''] = pair.split(/=(.*)/s)
    if (value === '') this.#cookies.delete(name)
    else this.#cookies.set(name, value)
  }

  #cookieHeader(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }
}
