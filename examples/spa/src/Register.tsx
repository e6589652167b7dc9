import type { FormEvent } from 'react'
import { Alert } from './Alert'
import { Field } from './Field'
import { client } from './latchkey'
import { useAction } from './useAction'

interface Props {
  done: (email: string) => void
  back: () => void
}

export function Register({ done, back }: Props) {
  const { busy, error, run } = useAction(async (form: FormData) => {
    const text = (name: string) => String(form.get(name))
    const user = await client.register({
      name: text('name'),
      email: text('email'),
      password: text('password'),
      passwordConfirm: text('passwordConfirm'),
    })
    done(user.email)
  })

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    void run(new FormData(event.currentTarget))
  }

  return (
    <section aria-labelledby="register">
      <h2 id="register">Make an account</h2>
      <form onSubmit={submit}>
        <Field name="name" label="Name" autoComplete="name" error={error} />
        <Field name="email" label="E-mail address" type="email" autoComplete="username" error={error} />
        <Field name="password" label="Password" type="password" autoComplete="new-password" hint="8 characters or more; a few words are best." error={error} />
        <Field name="passwordConfirm" label="The same password again" type="password" autoComplete="new-password" error={error} />
        <Alert error={error} />
        <button disabled={busy}>{busy ? 'Making it …' : 'Make an account'}</button>
      </form>
      <p className="other">
        There is one already? <button className="link" onClick={back}>Sign in</button>
      </p>
    </section>
  )
}
