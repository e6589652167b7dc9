import { useEffect } from 'react'
import { Account } from './Account'
import { Alert } from './Alert'
import { client } from './latchkey'
import { Posts } from './Posts'
import { Welcome } from './Welcome'
import { useAction } from './useAction'
import { useAuth } from './useAuth'
import { usePage } from './usePage'

export function App() {
  const { status, user } = useAuth()
  const page = usePage()
  const start = useAction(client.session)
  useEffect(() => void start.run(undefined), [])

  return (
    <main>
      <header>
        <h1>Latchkey</h1>
        <p>An example app</p>
      </header>
      {status === 'signed-in' && (
        <>
          <nav aria-label="Pages">
            <a href="#account" aria-current={page === 'account' ? 'page' : undefined}>Account</a>
            <a href="#posts" aria-current={page === 'posts' ? 'page' : undefined}>Posts</a>
          </nav>
          {page === 'posts' ? <Posts key={user.id} user={user} /> : <Account key={user.id} user={user} />}
        </>
      )}
      {status === 'signed-out' && <Welcome />}
      {status === 'unknown' && (
        <section aria-busy={start.busy}>
          <Alert error={start.error} />
          {start.busy ? <p role="status">One moment …</p> : <button onClick={() => start.run(undefined)}>Try again</button>}
        </section>
      )}
    </main>
  )
}
