// Shows who is signed in, and changes name, username and photo.
import {wire} from './form.js';
import {current, save} from './session.js';
import {initials, onDay} from './words.js';

const form = document.getElementById('profile');
const saved = document.getElementById('saved');
const letters = document.getElementById('person-initials');
const name = document.getElementById('person-name');
const facts = document.getElementById('person-facts');

wire(form, async (values) => {
  saved.textContent = '';
  const {user} = current();
  const changes = {};
  for (const [field, value] of Object.entries(values)) {
    if (value !== (user[field] ?? '')) {
      changes[field] = value;
    }
  }
  if (Object.keys(changes).length > 0) {
    await save(changes);
  }
  fill(current().user);
}, () => {
  saved.textContent = 'Saved.';
});

form.addEventListener('input', () => {
  saved.textContent = '';
});

// Text that others wrote is only ever text, and cannot turn the words around it.
function fact(text) {
  const element = document.createElement('bdi');
  element.textContent = text;
  return element;
}

export function update(user, before) {
  letters.textContent = initials(user.name);
  name.textContent = user.name;
  document.title = `${user.name} · Your account`;
  const parts = [user.email];
  if (user.username) {
    parts.push(`@${user.username}`);
  }
  if (user.role !== 'user') {
    parts.push(user.role);
  }
  parts.push(`since ${onDay(Date.parse(user.created_at))}`);
  facts.replaceChildren(...parts.flatMap((part, i) => (i ? [' · ', fact(part)] : [fact(part)])));
  // What the person is about to change stays as they left it.
  if (!before || before.id !== user.id || !dirty(before)) {
    fill(user);
  }
}

function dirty(user) {
  return [...form.elements].some((input) => input.name && input.value !== (user[input.name] ?? ''));
}

function fill(user) {
  for (const input of form.elements) {
    if (input.name) {
      input.value = user[input.name] ?? '';
    }
  }
}

export function focus() {
  name.focus();
}

export function forget() {
  for (const element of [saved, letters, name, facts]) {
    element.textContent = '';
  }
  form.reset();
}
