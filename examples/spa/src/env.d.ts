interface ImportMetaEnv {
  /** Where Latchkey is. */
  readonly VITE_LATCHKEY_URL?: string
  /** Where the service of examples/posts is. */
  readonly VITE_POSTS_URL?: string
}
