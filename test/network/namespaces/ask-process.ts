import { serve } from './host-program.ts'

/** An HTTP request that a test makes on a host. */
export interface Asked {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

serve({
  fetch: async ({ url, ...init }: Asked) => {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(20_000) })
    return { status: response.status, text: await response.text() }
  },
})
