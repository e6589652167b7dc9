import { LatchkeyError } from '@latchkey/client'
import { client } from './latchkey'

export interface Post {
  id: string
  owner_id: string
  title: string
  content: string
  created_at: string
  updated_at: string
}
export type Writing = Pick<Post, 'title' | 'content'>

/** What the service takes, in characters, and how many posts it lists at once. */
export const limits = { title: 200, content: 10_000, page: 100 }

const base = import.meta.env.VITE_POSTS_URL ?? 'http://localhost:8001'

/**
 * Asks the posts service. It is another one, which only holds Latchkey's public keys: client.fetch sends it the cookie, and
 * refreshes at Latchkey when it says that nobody is signed in.
 */
async function ask(method: string, path: string, body?: Writing) {
  const answer = await client
    .fetch(base + path, {
      method,
      ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    })
    .catch((cause) => {
      if (cause instanceof LatchkeyError) throw cause
      throw new LatchkeyError(0, 'network_error', 'The posts cannot be reached.', [], undefined, undefined, { cause })
    })
  if (answer.status === 204) return
  const { data, code, message, request_id } = await answer.json().catch(() => ({}))
  if (answer.ok && data) return data
  const wait = Number(answer.headers.get('retry-after')) || undefined
  throw new LatchkeyError(answer.status, code ?? 'unexpected_answer', message ?? 'This is no answer of the posts service.', [], request_id, wait)
}

export const posts = {
  /** The newest posts, or those before the one with this id. */
  list: async (before?: string): Promise<Post[]> => (await ask('GET', before ? '/posts?before=' + before : '/posts')).posts,
  write: (writing: Writing): Promise<unknown> => ask('POST', '/posts', writing),
  change: (id: string, writing: Writing): Promise<unknown> => ask('PUT', '/posts/' + id, writing),
  remove: (id: string): Promise<unknown> => ask('DELETE', '/posts/' + id),
}
