// Knows who is signed in and until when. The service is asked for it; nothing is kept by this page.
import {Failure, send} from './http.js';
import {tell, onTold} from './tabs.js';

// `known` is false until the service has answered for the first time.
let state = {known: false, user: null, session: null};
const watchers = new Set();

export const current = () => state;

// Calls watcher(state, before, reason) at each change. `reason` is 'here' for what the person did in this tab, 'tab' for
// what another tab told, 'ended' for a session that went by itself, and '' for the rest.
export function watch(watcher) {
  watchers.add(watcher);
}

// Counts what may make an answer that is still on its way untrue.
let version = 0;

function change(next, reason) {
  version++;
  const before = state;
  state = {known: true, ...next};
  for (const watcher of watchers) {
    watcher(state, before, reason);
  }
}

const nobody = {user: null, session: null};

// Several callers at once share one refresh.
let renewal = null;

export function renew() {
  renewal ??= send('POST', '/api/auth/refresh').then((answer) => {
    tell('renewed');
    return answer;
  }).finally(() => {
    renewal = null;
  });
  return renewal;
}

// Sends a request, and sends it once more after a refresh if the access token had run out.
export async function call(method, path, body) {
  try {
    return await send(method, path, body);
  } catch (failure) {
    if (!failure.signedOut) {
      throw failure;
    }
  }
  try {
    await renew();
    return await send(method, path, body);
  } catch (failure) {
    if (failure.status === 401) {
      change(nobody, 'ended');
    }
    throw failure;
  }
}

// Several looks at once share one. `why` is the reason of the last that gave one.
let look = null;
let why = '';

// Asks the service who is signed in, with a silent refresh if only the refresh token is left. With a reason, something
// has changed just now: an answer that is on its way does not count.
export function load(reason = '') {
  if (reason) {
    why = reason;
    version++;
  }
  look ??= ask().finally(() => {
    look = null;
    why = '';
  });
  return look;
}

async function ask() {
  for (;;) {
    const began = version;
    const found = await see();
    if (began === version) {
      change(found, why || (state.user && !found.user ? 'ended' : ''));
      return;
    }
  }
}

async function see() {
  let {data} = await send('GET', '/api/auth/session');
  if (data.session && !data.session.access_expires_at) {
    try {
      await renew();
    } catch (failure) {
      if (failure.status !== 401) {
        throw failure;
      }
      return nobody;
    }
    ({data} = await send('GET', '/api/auth/session'));
  }
  return {user: data.user ?? null, session: data.session ?? null};
}

export async function signIn(credentials) {
  await send('POST', '/api/auth/login', credentials);
  await load('here');
  tell('changed');
}

// Makes an account and signs in to it, unless the service has done that already.
export async function register(form) {
  await send('POST', '/api/auth/register', form);
  await load('here');
  if (!state.user) {
    await send('POST', '/api/auth/login', {email: form.email, password: form.password});
    await load('here');
  }
  tell('changed');
}

export async function signOut() {
  await send('POST', '/api/auth/logout');
  leave();
}

// This session was ended by a request of this tab.
export function leave() {
  change(nobody, 'here');
  tell('changed');
}

export async function save(changes) {
  const {data} = await call('PATCH', '/api/users/me', changes);
  change({...state, user: data.user}, 'here');
  tell('changed');
}

export async function devices() {
  const {data} = await call('GET', '/api/users/me/sessions');
  return data.sessions;
}

export async function revoke(id) {
  try {
    await call('DELETE', `/api/users/me/sessions/${encodeURIComponent(id)}`);
  } catch (failure) {
    if (failure.code !== 'session_not_found') { // it is gone already
      throw failure;
    }
  }
  tell('changed');
}

export async function revokeOthers() {
  const {data} = await call('DELETE', '/api/users/me/sessions');
  tell('changed');
  return data.revoked;
}

// What another tab says is a hint: the service is asked what is so. A tab that nobody sees asks when it is seen again.
onTold((what) => {
  if (what === 'changed' || !document.hidden) {
    load('tab').catch(ignoreFailure);
  }
});

// What is done on its own account may fail: whoever looks at the page is told when they do something themselves.
export function ignoreFailure(failure) {
  if (!(failure instanceof Failure)) {
    throw failure;
  }
}
