import { useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { Alert } from './Alert'
import { PostForm } from './PostForm'
import { posts, type Post as Row, type Writing } from './postService'
import { useAction } from './useAction'

interface Props {
  post: Row
  author: string
  /** Whether to offer changes. That only the author makes any is for the service to see to. */
  isOwn: boolean
  changed: () => Promise<void>
  removed: () => Promise<void>
}

const when = (time: string) => new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** A post, which its author can change and delete. */
export function Post({ post, author, isOwn, changed, removed }: Props) {
  const [isEdited, setIsEdited] = useState(false)
  const edit = useRef<HTMLButtonElement>(null)
  const removal = useAction(async () => {
    await posts.remove(post.id)
    await removed()
  })

  /** Closes the form; the focus goes back to where it was opened. */
  function close() {
    flushSync(() => setIsEdited(false))
    edit.current?.focus()
  }

  async function change(writing: Writing) {
    await posts.change(post.id, writing)
    close()
    await changed()
  }

  if (isEdited && isOwn) {
    return (
      <li>
        <PostForm writing={post} send={change} label="Save" busyLabel="Saving …">
          <button type="button" className="quiet" onClick={close}>Cancel</button>
        </PostForm>
      </li>
    )
  }
  return (
    <li>
      <h3>{post.title}</h3>
      <p className="note">
        <span>{author},</span> <time dateTime={post.created_at}>{when(post.created_at)}</time>
        {post.updated_at !== post.created_at && <span> (changed)</span>}
      </p>
      <p className="text">{post.content}</p>
      <Alert error={removal.error} />
      {isOwn && (
        <div className="buttons">
          <button className="quiet" ref={edit} aria-label={`Edit ${post.title}`} onClick={() => setIsEdited(true)}>Edit</button>
          <button
            className="quiet"
            disabled={removal.busy}
            aria-label={`Delete ${post.title}`}
            onClick={() => confirm(`Delete “${post.title}”?`) && removal.run(undefined)}
          >
            Delete
          </button>
        </div>
      )}
    </li>
  )
}
