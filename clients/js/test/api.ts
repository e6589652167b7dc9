// Compiles only while the service, as its OpenAPI document describes it, answers all that the types of the client
// promise, and takes all that they let through. The service may have more.
import type { ApiCode, Credentials, FieldError, ListedSession, Registration, SignIn, User } from '../src/types.js'
import type { components } from './openapi.js'

type Schemas = components['schemas']

export const answers = {
  user: (answered: Schemas['SignedIn']['data']['user']): User => answered,
  me: (answered: Schemas['UserAnswer']['data']['user']): User => answered,
  signIn: (answered: Schemas['SignIn']['data']): SignIn => answered,
  sessions: (answered: Schemas['SessionsAnswer']['data']['sessions']): ListedSession[] => answered,
  revoked: (answered: Schemas['EndedAnswer']['data']['revoked']): number => answered,
  fields: (answered: Schemas['FieldErrors']): FieldError[] => answered,
}

export const requests = {
  registration: (sent: Registration & { passwordConfirm: string }): Schemas['Registration'] => sent,
  credentials: (sent: Credentials): Schemas['Credentials'] => sent,
  code: (known: ApiCode): Schemas['Code'] => known,
}
