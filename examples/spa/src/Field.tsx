import { useId, type InputHTMLAttributes } from 'react'
import { wordsFor } from './words'

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  name: string
  label: string
  hint?: string
  error: unknown
}

/** An input with its label, its hint, and why it was refused. */
export function Field({ label, hint, error, ...input }: Props) {
  const id = useId()
  const refused = wordsFor(input.name, error)
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} required aria-invalid={refused !== undefined} aria-describedby={id + 'note'} {...input} />
      <p id={id + 'note'} className={refused ? 'note refused' : 'note'}>
        {refused ?? hint}
      </p>
    </div>
  )
}
