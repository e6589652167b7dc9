// Keeps the tabs of this browser in step. A message says only that something changed, never what.
const name = 'latchkey-account';

let channel = null;
let listener = () => {};

function open() {
  channel = new BroadcastChannel(name);
  channel.onmessage = ({data}) => listener(data);
}

// 'changed' when the person did something, 'renewed' for a mere refresh.
export function tell(what) {
  channel?.postMessage(what);
}

export function onTold(f) {
  listener = f;
}

// An open channel would keep the page out of the back/forward cache.
addEventListener('pagehide', () => {
  channel?.close();
  channel = null;
});
addEventListener('pageshow', () => {
  if (!channel) {
    open();
  }
});
open();
