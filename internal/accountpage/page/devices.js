// Lists the sessions of the person, and ends them.
import {Failure, now} from './http.js';
import {hold, isHeld, notice} from './notice.js';
import {announce} from './news.js';
import {current, devices, leave, revoke, revokeOthers} from './session.js';
import {ago, atTime, onDay} from './words.js';

const list = document.getElementById('devices');
const title = document.getElementById('devices-title');
const others = document.getElementById('others');
const trouble = notice(document.getElementById('devices-notice'));

let shown = [];

// Asks for the list and shows it. A failure is told only when nothing is shown yet.
export async function update() {
  try {
    const found = await devices();
    if (current().user) {
      show(found);
    }
  } catch (failure) {
    if (!(failure instanceof Failure)) {
      throw failure;
    }
    if (current().user && shown.length === 0) {
      trouble.show(failure);
    }
  }
}

// The entries that stay keep their elements, and with them the keyboard's place.
function show(sessions) {
  shown = sessions.toSorted((a, b) => b.current - a.current); // this device first, then the newest
  const known = new Map([...list.children].map((item) => [item.dataset.id, item]));
  const items = shown.map((session) => {
    const item = known.get(session.id) ?? entry(session);
    describe(item, session);
    return item;
  });
  if (items.length !== list.children.length || items.some((item, i) => item !== list.children[i])) {
    list.replaceChildren(...items);
  }
  others.hidden = !shown.some((session) => !session.current);
}

const nameOf = (session) => session.device || session.user_agent.slice(0, 60) || 'An unknown device';

function entry(session) {
  const item = document.createElement('li');
  item.dataset.id = session.id;
  const text = document.createElement('div');
  const head = document.createElement('p');
  head.className = 'device';
  const name = document.createElement('bdi');
  name.textContent = nameOf(session);
  name.title = session.user_agent;
  head.append(name);
  if (session.current) {
    const mark = document.createElement('span');
    mark.className = 'mark-current';
    mark.textContent = 'this device';
    head.append(mark);
  }
  const when = document.createElement('p');
  when.className = 'small when';
  text.append(head, when);
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'quiet';
  button.textContent = 'Sign out';
  button.addEventListener('click', () => end(session, button));
  item.append(text, button);
  return item;
}

function describe(item, session) {
  const last = ago(Date.parse(session.last_used_at), now());
  const parts = [
    ['Last used ', moment(session.last_used_at, last), ` · ${session.ip}`],
    ['Signed in ', moment(session.created_at, onDay(Date.parse(session.created_at)))],
  ];
  item.querySelector('.when').replaceChildren(...parts.map((part) => {
    const span = document.createElement('span');
    span.append(...part);
    return span;
  }));
  item.querySelector('button').setAttribute('aria-label', `Sign out: ${nameOf(session)}${session.current ? ', this device' : `, last used ${last}`}`);
}

function moment(time, words) {
  const element = document.createElement('time');
  element.dateTime = time;
  element.title = atTime(Date.parse(time));
  element.textContent = words;
  return element;
}

async function end(session, button) {
  await attempt(button, async () => {
    await revoke(session.id);
    if (session.current) {
      leave();
      return;
    }
    title.focus();
    show(shown.filter(({id}) => id !== session.id));
    announce(`${nameOf(session)} is signed out.`);
  });
}

others.addEventListener('click', () => attempt(others, async () => {
  const n = await revokeOthers();
  title.focus();
  show(shown.filter((session) => session.current));
  announce(n === 1 ? 'One other device is signed out.' : `${n} other devices are signed out.`);
}));

async function attempt(button, f) {
  if (isHeld(button)) {
    return;
  }
  trouble.clear();
  hold(button, true);
  try {
    await f();
    hold(button, false);
  } catch (failure) {
    hold(button, false);
    if (!(failure instanceof Failure)) {
      throw failure;
    }
    if (current().user) {
      trouble.show(failure, (waiting) => hold(button, waiting));
    }
  }
}

export function forget() {
  trouble.clear();
  shown = [];
  list.replaceChildren();
}

// "3 minutes ago" grows old.
setInterval(() => {
  if (!document.hidden) {
    show(shown);
  }
}, 20_000);
