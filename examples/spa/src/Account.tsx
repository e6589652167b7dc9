import type { User } from '@latchkey/client'
import { Alert } from './Alert'
import { client } from './latchkey'
import { Sessions } from './Sessions'
import { useAction } from './useAction'

/** For who is signed in. */
export function Account({ user }: { user: User }) {
  const { busy, error, run } = useAction(client.logout)
  return (
    <>
      <section aria-labelledby="me">
        <h2 id="me">{user.name}</h2>
        <p>{user.email}</p>
        <p className="note">Here since {new Date(user.created_at).toLocaleDateString(undefined, { dateStyle: 'long' })}</p>
        <Alert error={error} />
        <button disabled={busy} onClick={() => run(undefined)}>{busy ? 'Signing out …' : 'Sign out'}</button>
      </section>
      <Sessions />
    </>
  )
}
