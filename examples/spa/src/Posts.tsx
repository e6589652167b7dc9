import type { User } from '@latchkey/client'
import { useEffect, useRef, useState } from 'react'
import { Alert } from './Alert'
import { Post } from './Post'
import { PostForm } from './PostForm'
import { limits, posts, type Post as Row, type Writing } from './postService'
import { useAction } from './useAction'
import { useAuthors } from './useAuthors'

/** What everybody has written, and a form to write. */
export function Posts({ user }: { user: User }) {
  const [rows, setRows] = useState<Row[]>()
  const [done, setDone] = useState('')
  const heading = useRef<HTMLHeadingElement>(null)
  const authors = useAuthors(rows ?? [], user)
  const { busy, error, run } = useAction(async (older?: Row) => {
    const page = await posts.list(older?.id)
    setRows((shown) => (older ? [...(shown ?? []), ...page] : page))
  })
  useEffect(() => void run(undefined), [])

  async function write(writing: Writing) {
    setDone('')
    await posts.write(writing)
    setDone('Your post is written.')
    await run(undefined)
  }

  async function changed(what: string) {
    setDone(what)
    await run(undefined)
  }

  async function removed() {
    // The button that had the focus is gone.
    heading.current?.focus()
    await changed('The post is deleted.')
  }

  const isLoading = busy || (!rows && error === undefined)
  const last = rows?.at(-1)
  return (
    <>
      <section aria-labelledby="write">
        <h2 id="write">Write a post</h2>
        <PostForm send={write} label="Publish" busyLabel="Publishing …" />
      </section>
      <section aria-labelledby="list" aria-busy={isLoading}>
        <h2 id="list" ref={heading} tabIndex={-1}>Posts</h2>
        <div role="status">{done && <p className="done">{done}</p>}</div>
        <Alert error={error} />
        {error !== undefined && <button className="quiet" disabled={busy} onClick={() => run(undefined)}>Try again</button>}
        {rows?.length === 0 && <p className="note">Nobody has written anything yet.</p>}
        {!rows && isLoading && <p className="note">One moment …</p>}
        <ul className="posts">
          {rows?.map((row) => (
            <Post
              key={row.id}
              post={row}
              author={authors[row.owner_id] ?? '…'}
              isOwn={row.owner_id === user.id}
              changed={() => changed('The post is changed.')}
              removed={removed}
            />
          ))}
        </ul>
        {last && rows && rows.length % limits.page === 0 && (
          <button className="quiet" disabled={busy} onClick={() => run(last)}>Older posts</button>
        )}
      </section>
    </>
  )
}
