import type { FormEvent, ReactNode } from 'react'
import { Alert } from './Alert'
import { Field } from './Field'
import { limits, type Writing } from './postService'
import { useAction } from './useAction'

interface Props {
  /** What stands in the form at first. */
  writing?: Writing
  send: (writing: Writing) => Promise<unknown>
  label: string
  busyLabel: string
  /** More buttons. */
  children?: ReactNode
}

/** Title and content of a post that is written or changed. What was written stays there when it was not taken. */
export function PostForm({ writing, send, label, busyLabel, children }: Props) {
  const { busy, error, run } = useAction(async (form: HTMLFormElement) => {
    const data = new FormData(form)
    await send({ title: String(data.get('title')), content: String(data.get('content')) })
    form.reset()
  })

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (!busy) void run(event.currentTarget)
  }

  return (
    <form onSubmit={submit}>
      <Field name="title" label="Title" maxLength={limits.title} defaultValue={writing?.title} autoFocus={writing !== undefined} error={error} />
      <Field name="content" label="Content" rows={4} maxLength={limits.content} defaultValue={writing?.content} error={error} />
      <Alert error={error} />
      <div className="buttons">
        <button disabled={busy}>{busy ? busyLabel : label}</button>
        {children}
      </div>
    </form>
  )
}
