import { words } from './words'

/** A failure in words, read out when it appears. */
export function Alert({ error }: { error: unknown }) {
  return <div role="alert">{error !== undefined && <p className="alert">{words(error)}</p>}</div>
}
