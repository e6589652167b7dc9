// Shows how long both tokens of this sign-in have left, second by second, and gets new ones.
import {Failure, now} from './http.js';
import {hold, isHeld, notice} from './notice.js';
import {current, ignoreFailure, load, renew} from './session.js';
import {atTime, duration, outcome} from './words.js';

const ends = document.getElementById('ends');
const button = document.getElementById('refresh');
const result = document.getElementById('outcome');
const box = document.createElement('div');
box.className = 'notice';
box.hidden = true;
button.parentElement.before(box);
const trouble = notice(box);

// The longest lives that were seen, in milliseconds. A browser may refuse to keep them.
const lives = {
  get(name) {
    try {
      return Number(localStorage.getItem(`latchkey-life-${name}`)) || 0;
    } catch {
      return 0;
    }
  },
  set(name, ms) {
    try {
      localStorage.setItem(`latchkey-life-${name}`, String(ms));
    } catch {
      // The bar is full for what is left, then.
    }
  },
};

// A token and the member of the session that says when it ends. Its bar is full at the longest life that was seen, since
// the whole life of a token is known only while it is new.
function bar(name, member) {
  const text = document.getElementById(`${name}-left`);
  const progress = document.getElementById(`${name}-bar`);
  const left = (session) => (session[member] ? Date.parse(session[member]) - now() : 0);
  return {
    left,
    take(session, before, reason) {
      const isNew = before ? before[member] !== session[member] : reason === 'here';
      if (isNew || left(session) > lives.get(name)) {
        lives.set(name, Math.max(1, left(session)));
      }
    },
    draw(session, end) {
      const ms = left(session);
      progress.max = lives.get(name) || Math.max(1, ms);
      progress.value = Math.max(0, ms);
      text.textContent = ms > 0 ? `${duration(ms)} left` : end;
      progress.setAttribute('aria-valuetext', text.textContent);
    },
  };
}

const access = bar('access', 'access_expires_at');
const refresh = bar('refresh', 'expires_at');

// Called at each change of the session.
export function update(session, before, reason) {
  access.take(session, before, reason);
  refresh.take(session, before, reason);
  ends.textContent = `It ends for good on ${atTime(Date.parse(session.ends_at))}, however often it is refreshed.`;
  stuck = false;
  draw();
}

function draw() {
  const {session} = current();
  if (!session) {
    return;
  }
  access.draw(session, stuck ? 'has run out; waiting for the service' : 'has run out');
  refresh.draw(session, 'has run out');
  if (access.left(session) <= 0) {
    goOn();
  }
}

// When a try to go on fails the next one waits.
let resting = 0;
let stuck = false;

// Gets a new access token in place of one that has run out, while somebody sees the page.
function goOn() {
  if (document.hidden || Date.now() < resting) {
    return;
  }
  resting = Date.now() + 1_000;
  load().catch((failure) => {
    ignoreFailure(failure);
    stuck = true;
    resting = Date.now() + Math.max(5, failure.retryAfter) * 1000;
  });
}

button.addEventListener('click', async () => {
  if (isHeld(button)) {
    return;
  }
  trouble.clear();
  result.textContent = '';
  hold(button, true);
  try {
    const answer = await renew();
    await load();
    const name = document.createElement('strong');
    name.textContent = answer.outcome;
    result.replaceChildren(name, `: ${outcome(answer.outcome)}`);
    hold(button, false);
  } catch (failure) {
    hold(button, false);
    if (!(failure instanceof Failure)) {
      throw failure;
    }
    if (failure.status === 401) {
      await load().catch(ignoreFailure); // the page goes back to the door
      return;
    }
    trouble.show(failure, (waiting) => hold(button, waiting));
  }
});

export function forget() {
  trouble.clear();
  result.textContent = '';
}

setInterval(draw, 500);
