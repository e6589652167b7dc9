// The two forms in front: sign in, and create an account.
import {wire} from './form.js';
import {register, signIn} from './session.js';

const door = document.getElementById('door');
const title = document.getElementById('door-title');
const question = document.getElementById('door-question');
const other = document.getElementById('door-other');
const forms = {in: document.getElementById('sign-in'), new: document.getElementById('register')};

// What has no @ cannot be an e-mail address.
const entry = wire(forms.in, ({email, password}) => signIn(email.includes('@') ? {email, password} : {username: email, password}), reset);
const birth = wire(forms.new, register, reset);

// No password stays in the page after it was used.
function reset() {
  entry.reset();
  birth.reset();
}

const wantsNew = () => location.hash === '#register';

function arrange() {
  const isNew = wantsNew();
  forms.in.hidden = isNew;
  forms.new.hidden = !isNew;
  title.textContent = isNew ? 'Create an account' : 'Sign in';
  question.textContent = isNew ? 'You have an account?' : 'No account yet?';
  other.textContent = isNew ? 'Sign in' : 'Create one';
  other.href = isNew ? '#sign-in' : '#register';
}

export function show() {
  door.hidden = false;
  arrange();
  document.title = title.textContent;
}

export function hide() {
  door.hidden = true;
  reset();
}

export function focus() {
  title.focus();
}

addEventListener('hashchange', () => {
  if (!door.hidden) {
    show();
    (wantsNew() ? forms.new : forms.in).querySelector('input').focus();
  }
});
