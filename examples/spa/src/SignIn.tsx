import type { FormEvent } from 'react'
import { Alert } from './Alert'
import { Field } from './Field'
import { client } from './latchkey'
import { useAction } from './useAction'

interface Props {
  /** Of an account that was just made, or empty. */
  email: string
  register: () => void
}

export function SignIn({ email, register }: Props) {
  const { busy, error, run } = useAction(client.login)

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    void run({ email: String(form.get('email')), password: String(form.get('password')) })
  }

  return (
    <section aria-labelledby="sign-in">
      <h2 id="sign-in">Sign in</h2>
      {email && <p role="status" className="done">Your account is made. Sign in with it now.</p>}
      <form onSubmit={submit}>
        <Field name="email" label="E-mail address" type="email" autoComplete="username" defaultValue={email} error={error} />
        <Field name="password" label="Password" type="password" autoComplete="current-password" error={error} />
        <Alert error={error} />
        <button disabled={busy}>{busy ? 'Signing in …' : 'Sign in'}</button>
      </form>
      <p className="other">
        No account yet? <button className="link" onClick={register}>Make one</button>
      </p>
    </section>
  )
}
