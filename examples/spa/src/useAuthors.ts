import type { User } from '@latchkey/client'
import { useEffect, useState } from 'react'
import { client } from './latchkey'
import type { Post } from './postService'

/** Who wrote the posts: names by id, as Latchkey tells them to everybody who is signed in. */
export function useAuthors(posts: Post[], user: User) {
  const [names, setNames] = useState<Record<string, string>>({ [user.id]: 'You' })

  useEffect(() => {
    const unknown = new Set(posts.map((post) => post.owner_id).filter((id) => !(id in names)))
    for (const id of unknown) {
      client.profile(id).then(
        ({ name }) => setNames((known) => ({ ...known, [id]: name })),
        () => setNames((known) => ({ ...known, [id]: 'Somebody' })),
      )
    }
  }, [posts])
  return names
}
