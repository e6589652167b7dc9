import { useState } from 'react'
import { Register } from './Register'
import { SignIn } from './SignIn'

/** For who is not signed in. */
export function Welcome() {
  const [isNew, setIsNew] = useState(false)
  const [email, setEmail] = useState('')

  if (isNew) return <Register done={(email) => { setEmail(email); setIsNew(false) }} back={() => setIsNew(false)} />
  return <SignIn email={email} register={() => setIsNew(true)} />
}
