import { useSyncExternalStore } from 'react'

function subscribe(changed: () => void) {
  addEventListener('hashchange', changed)
  return () => removeEventListener('hashchange', changed)
}

/** Which of the two pages the address names. */
export const usePage = () => useSyncExternalStore(subscribe, () => (location.hash === '#posts' ? 'posts' : 'account'))
