// Says what has happened, once, to eyes and to screen readers.
const box = document.getElementById('news');
let fading = 0;

export function announce(text) {
  clearTimeout(fading);
  box.textContent = text;
  box.classList.add('shown');
  fading = setTimeout(() => {
    box.classList.remove('shown');
    box.textContent = '';
  }, 6_000);
}
