// Tells of a failure in words, and counts down until a new attempt makes sense.
import {duration} from './words.js';

// notice takes over an empty element. The words are read out at once; the countdown, which changes each second, is not.
export function notice(box) {
  const words = document.createElement('p');
  words.setAttribute('role', 'alert');
  const timer = document.createElement('p');
  timer.setAttribute('role', 'timer');
  timer.className = 'small';
  box.append(words, timer);
  let ticking = 0;
  let free = () => {};

  function clear() {
    clearInterval(ticking);
    box.hidden = true;
    words.textContent = '';
    timer.textContent = '';
    free();
    free = () => {};
  }

  // Shows a failure. `waiting(true)` is called while no new attempt makes sense, and `waiting(false)` afterwards.
  function show(failure, waiting = () => {}) {
    clear();
    box.hidden = false;
    words.textContent = failure.reference ? `${failure.message} (Reference: ${failure.reference})` : failure.message;
    if (!failure.retryAfter) {
      return;
    }
    const until = performance.now() + failure.retryAfter * 1000;
    waiting(true);
    free = () => waiting(false);
    const tick = () => {
      const left = until - performance.now();
      if (left > 0) {
        timer.textContent = `Try again in ${duration(left + 999)}.`;
        return;
      }
      clear();
      box.hidden = false;
      words.textContent = 'You can try again now.';
    };
    tick();
    ticking = setInterval(tick, 250);
  }

  return {show, clear};
}

// A button that must wait stays where the keyboard is: it is not disabled but does nothing.
export function hold(button, held) {
  button.setAttribute('aria-disabled', String(held));
}

export const isHeld = (button) => button.getAttribute('aria-disabled') === 'true';
