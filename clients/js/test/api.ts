// Compiles only while the service, as its OpenAPI document describes it, answers all that the types of the client
// promise, and takes all that they let through. The service may have more.
import type {
  APIKey, ApiCode, Credentials, FieldError, ListedSession, Metadata, NewAPIKey, ProfileChange, PublicProfile, Registration, SignIn, User,
} from '../src/types.js'
import type { components } from './openapi.js'

type Schemas = components['schemas']

export const answers = {
  user: (answered: Schemas['SignedIn']['data']['user']): User => answered,
  me: (answered: Schemas['UserAnswer']['data']['user']): User => answered,
  changed: (answered: Schemas['ChangedAnswer']['data']['user']): User => answered,
  metadata: (answered: Schemas['MetadataAnswer']['data']['metadata']): Metadata => answered,
  profile: (answered: Schemas['ProfileAnswer']['data']['user']): PublicProfile => answered,
  signIn: (answered: Schemas['SignIn']['data']): SignIn => answered,
  sessions: (answered: Schemas['SessionsAnswer']['data']['sessions']): ListedSession[] => answered,
  revoked: (answered: Schemas['EndedAnswer']['data']['revoked']): number => answered,
  apiKeys: (answered: Schemas['APIKeysAnswer']['data']['api_keys']): APIKey[] => answered,
  newAPIKey: (answered: Schemas['NewAPIKeyAnswer']['data']): { api_key: APIKey; key: string } => answered,
  fields: (answered: Schemas['FieldErrors']): FieldError[] => answered,
}

export const requests = {
  registration: (sent: Registration & { passwordConfirm: string }): Schemas['Registration'] => sent,
  credentials: (sent: Credentials): Schemas['Credentials'] => sent,
  profile: (sent: ProfileChange): Schemas['Profile'] => sent,
  apiKey: (sent: NewAPIKey): Schemas['NewAPIKey'] => sent,
  code: (known: ApiCode): Schemas['Code'] => known,
}
