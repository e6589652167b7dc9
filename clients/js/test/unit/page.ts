import { vi } from 'vitest'

/** Every channel that is open, in whichever page. */
const channels = new Set<Channel>()

/** News that wait, while they are held. */
let waiting: (() => void)[] | undefined

/** A BroadcastChannel that delivers in the next microtask. */
class Channel {
  onmessage: ((event: { data: unknown }) => void) | null = null
  constructor(readonly name: string) {
    channels.add(this)
  }
  postMessage(message: unknown) {
    if (!channels.has(this)) throw new DOMException('The channel is closed.', 'InvalidStateError')
    const data = structuredClone(message)
    for (const other of channels)
      if (other !== this && other.name === this.name) {
        const deliver = () => queueMicrotask(() => other.onmessage?.({ data }))
        if (waiting) waiting.push(deliver)
        else deliver()
      }
  }
  close() {
    channels.delete(this)
  }
}

/** What the client touches of a browser. Clients that are made in it are its tabs, all visible or all hidden. */
export class Page {
  readonly window = new EventTarget()
  readonly document = Object.assign(new EventTarget(), { cookie: '', visibilityState: 'visible' })

  constructor(address = 'http://localhost:3000/') {
    vi.stubGlobal('document', this.document)
    vi.stubGlobal('location', new URL(address))
    vi.stubGlobal('addEventListener', this.window.addEventListener.bind(this.window))
    vi.stubGlobal('removeEventListener', this.window.removeEventListener.bind(this.window))
    vi.stubGlobal('BroadcastChannel', Channel)
    channels.clear()
    waiting = undefined
  }

  /** Keeps what tabs tell each other from now on, as when they are busy. */
  hold() {
    waiting = []
  }

  /** Delivers it. */
  deliver() {
    for (const deliver of waiting!) deliver()
    waiting = undefined
  }

  show(visibility: 'visible' | 'hidden') {
    this.document.visibilityState = visibility
    this.document.dispatchEvent(new Event('visibilitychange'))
  }

  /** Loses or brings news of a sign-in as if they came from a tab of another browser window. */
  news(data: object, name = 'latchkey http://localhost:8000') {
    const channel = new Channel(name)
    channel.postMessage(data)
    channel.close()
  }

  get channels() {
    return channels.size
  }
}
