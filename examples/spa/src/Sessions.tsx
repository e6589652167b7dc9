import type { ListedSession } from '@latchkey/client'
import { useEffect, useState } from 'react'
import { Alert } from './Alert'
import { client } from './latchkey'
import { useAction } from './useAction'

const when = (time: string) => new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** Where the user is signed in. */
export function Sessions() {
  const [sessions, setSessions] = useState<ListedSession[]>([])
  const { busy, error, run } = useAction(async (change?: () => Promise<unknown>) => {
    await change?.()
    setSessions(await client.sessions.list())
  })
  useEffect(() => void run(undefined), [])

  return (
    <section aria-labelledby="sessions" aria-busy={busy}>
      <h2 id="sessions">Where you are signed in</h2>
      <Alert error={error} />
      <ul>
        {sessions.map((session) => (
          <li key={session.id}>
            <div>
              <strong>{session.device || 'Unknown device'}</strong>
              <span className="note">
                <span>{when(session.last_used_at)}</span> <span>from {session.ip}</span>
              </span>
            </div>
            {session.current ? (
              <span className="badge">This one</span>
            ) : (
              <button
                className="quiet"
                disabled={busy}
                aria-label={`Sign out ${session.device || 'the unknown device'}`}
                onClick={() => run(() => client.sessions.revoke(session.id))}
              >
                Sign out
              </button>
            )}
          </li>
        ))}
      </ul>
      {sessions.length > 1 && (
        <button className="quiet" disabled={busy} onClick={() => run(client.sessions.revokeOthers)}>
          Sign out everywhere else
        </button>
      )}
    </section>
  )
}
