// Starts the page: shows the door or the account, whichever the service says, and looks again when that may have changed.
import * as devices from './devices.js';
import * as door from './door.js';
import * as life from './life.js';
import * as profile from './profile.js';
import {Failure} from './http.js';
import {announce} from './news.js';
import {hold, isHeld, notice} from './notice.js';
import {current, ignoreFailure, leave, load, signOut, watch} from './session.js';

const opening = document.getElementById('opening');
const account = document.getElementById('account');
const out = document.getElementById('sign-out');
const trouble = notice(document.getElementById('notice'));

watch((state, before, reason) => {
  opening.hidden = true;
  trouble.clear();
  if (state.user) {
    enter(state, before, reason);
  } else {
    exit(before, reason);
  }
});

function enter(state, before, reason) {
  const arrived = before.user?.id !== state.user.id;
  profile.update(state.user, before.user);
  life.update(state.session, before.session, reason);
  devices.update();
  door.hide();
  account.hidden = false;
  out.hidden = false;
  if (!arrived) {
    return;
  }
  if (reason === 'here') {
    profile.focus();
    announce(`You are signed in as ${state.user.name}.`);
  } else if (reason === 'tab') {
    announce(`You signed in as ${state.user.name} in another tab.`);
  }
  if (location.hash) {
    history.replaceState(null, '', '/');
  }
}

const farewells = {
  here: 'You are signed out.',
  tab: 'You signed out in another tab or on another device.',
  ended: 'Your session has ended. Please sign in again.',
};

function exit(before, reason) {
  account.hidden = true;
  out.hidden = true;
  door.show();
  if (!before.user) {
    return;
  }
  // Nothing of the person stays in the page.
  for (const part of [profile, life, devices]) {
    part.forget();
  }
  door.focus();
  announce(farewells[reason] ?? farewells.ended);
}

const unended = 'This device is signed out, but the service could not end the session. ' +
  'Sign in once more when it is back: the session stands in the list, where it can be ended.';

out.addEventListener('click', async () => {
  if (isHeld(out)) {
    return;
  }
  hold(out, true);
  try {
    await signOut();
    hold(out, false);
  } catch (failure) {
    hold(out, false);
    if (!(failure instanceof Failure)) {
      throw failure;
    }
    if (failure.code === 'logout_incomplete') {
      leave(); // the cookies are gone all the same
      trouble.show(new Failure(failure.status, {message: unended}));
      return;
    }
    trouble.show(failure, (waiting) => hold(out, waiting));
  }
});

// The first look. Without an answer there is nothing to show, so it is tried until there is one.
async function begin() {
  try {
    await load();
  } catch (failure) {
    ignoreFailure(failure);
    if (!current().known) {
      trouble.show(failure);
      opening.textContent = 'Trying again by itself…';
      setTimeout(begin, Math.max(2, failure.retryAfter) * 1000);
    }
  }
}

const lookAgain = () => load().catch(ignoreFailure);

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && current().known) {
    lookAgain();
  }
});
addEventListener('online', lookAgain);
addEventListener('pageshow', ({persisted}) => {
  if (persisted) {
    lookAgain();
  }
});

begin();
