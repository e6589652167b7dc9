import { useState } from 'react'

/** Something that a person starts: whether it is under way, and how it failed. */
export function useAction<Input>(act: (input: Input) => Promise<unknown>) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()

  async function run(input: Input) {
    setBusy(true)
    setError(undefined)
    try {
      await act(input)
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, run }
}
