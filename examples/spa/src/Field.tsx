import { useId, type InputHTMLAttributes } from 'react'
import { wordsFor } from './words'

interface Props extends InputHTMLAttributes<HTMLInputElement | HTMLTextAreaElement> {
  name: string
  label: string
  /** How many lines it has, if it can have several. */
  rows?: number
  hint?: string
  error: unknown
}

/** An input with its label, its hint, and why it was refused. */
export function Field({ label, hint, error, ...input }: Props) {
  const id = useId()
  const refused = wordsFor(input.name, error)
  const Input = input.rows ? 'textarea' : 'input'
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <Input id={id} required aria-invalid={refused !== undefined} aria-describedby={id + 'note'} {...input} />
      <p id={id + 'note'} className={refused ? 'note refused' : 'note'}>
        {refused ?? hint}
      </p>
    </div>
  )
}
