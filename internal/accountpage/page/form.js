// What every form has: one request at a time, each fault in words beside its field, and the keyboard led to the first one.
import {Failure} from './http.js';
import {hold, isHeld, notice} from './notice.js';

// Failures without `errors` that are about one field all the same.
const about = {password_mismatch: 'passwordConfirm', email_taken: 'email', username_taken: 'username'};

// wire sends the form by submit(values), and calls done() after a success.
export function wire(form, submit, done = () => {}) {
  const button = form.querySelector('[type=submit]');
  const box = document.createElement('div');
  box.className = 'notice';
  box.hidden = true;
  form.prepend(box);
  const trouble = notice(box);
  const fields = [...form.querySelectorAll('input')];
  fields.forEach(prepare);

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (isHeld(button)) {
      return;
    }
    trouble.clear();
    fields.forEach((input) => accuse(input, ''));
    hold(button, true);
    form.setAttribute('aria-busy', 'true');
    try {
      await submit(Object.fromEntries(new FormData(form)));
      hold(button, false);
      done();
    } catch (failure) {
      hold(button, false);
      explain(failure);
    } finally {
      form.removeAttribute('aria-busy');
    }
  });

  function explain(failure) {
    if (!(failure instanceof Failure)) {
      throw failure;
    }
    const faults = new Map(failure.fields.map((fault) => [fault.field, fault.message]));
    if (failure.code in about) {
      faults.set(about[failure.code], failure.message);
    }
    const accused = fields.filter((input) => faults.has(input.name));
    accused.forEach((input) => accuse(input, faults.get(input.name)));
    if (accused.length === 0) {
      trouble.show(failure, (waiting) => hold(button, waiting));
      return;
    }
    accused[0].focus();
  }

  // reset empties the form, with what was said about it.
  return {
    reset() {
      form.reset();
      trouble.clear();
      fields.forEach((input) => accuse(input, ''));
    },
  };
}

// prepare gives a field a place for its fault, and a password a button that shows it.
function prepare(input) {
  const fault = document.createElement('p');
  fault.id = `${input.id}-fault`;
  fault.className = 'fault';
  input.after(fault);
  const hint = input.getAttribute('aria-describedby');
  input.setAttribute('aria-describedby', hint ? `${fault.id} ${hint}` : fault.id);
  input.addEventListener('input', () => accuse(input, ''));
  if (input.type === 'password') {
    reveal(input);
  }
}

function accuse(input, words) {
  document.getElementById(`${input.id}-fault`).textContent = words;
  if (words) {
    input.setAttribute('aria-invalid', 'true');
  } else {
    input.removeAttribute('aria-invalid');
  }
}

function reveal(input) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'reveal';
  const label = input.labels[0].textContent;
  const around = document.createElement('div');
  around.className = 'secret';
  input.replaceWith(around);
  around.append(input, button);
  const set = (shown) => {
    input.type = shown ? 'text' : 'password';
    button.textContent = shown ? 'Hide' : 'Show';
    button.setAttribute('aria-label', `${button.textContent}: ${label}`);
  };
  button.addEventListener('click', () => set(input.type === 'password'));
  // What was typed is sent, and forgotten, as a password.
  input.form.addEventListener('submit', () => set(false));
  input.form.addEventListener('reset', () => set(false));
  set(false);
}
