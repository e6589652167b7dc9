// What people do on the account page.
import assert from 'node:assert/strict';
import {
  check, cookies, credentials, forgetAccess, heading, newcomer, openAccount, post, requests, says, signIn, until, world,
} from '../browser.mjs';

// Presses Tab until the element with this name is focused, as somebody without a mouse does, and fails if there is none.
async function tabTo(page, name) {
  const seen = [];
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab');
    const found = await page.evaluate(() => {
      const element = document.activeElement;
      const visible = getComputedStyle(element).outlineStyle !== 'none' || element === document.body;
      return {name: element.ariaLabel ?? element.labels?.[0]?.textContent ?? element.textContent, visible};
    });
    seen.push(found.name);
    if (found.name === name) {
      assert.ok(found.visible, `the focus on ${name} cannot be seen`);
      return;
    }
  }
  assert.fail(`${name} cannot be reached: ${seen.join(', ')}`);
}

const type = (page, text) => page.keyboard.type(text);

check('everything can be done with the keyboard alone', async (context) => {
  const page = await openAccount(context, world.plain);
  const email = `key-${process.pid}-${Date.now()}@example.com`;
  await tabTo(page, 'Create one');
  await page.keyboard.press('Enter');
  await heading(page, 'Create an account');
  await type(page, 'Ada'); // the first field has the focus
  await tabTo(page, 'E-mail');
  await type(page, email);
  for (const field of ['Password', 'Password again']) {
    await tabTo(page, field);
    await type(page, 'correct horse battery');
  }
  await page.keyboard.press('Enter');
  await heading(page, 'Ada');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'person-name', 'the focus is on the heading');
  await says(page.locator('#news'), 'You are signed in as Ada.');

  await tabTo(page, 'Name');
  await page.keyboard.press('Control+A');
  await type(page, 'Ada Lovelace');
  await tabTo(page, 'Save');
  await page.keyboard.press('Enter');
  await heading(page, 'Ada Lovelace');
  await says(page.locator('#saved'), 'Saved.');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Save', 'the focus stays');

  await tabTo(page, 'Latchkey');
  await tabTo(page, 'Refresh now');
  await page.keyboard.press('Enter');
  await says(page.locator('#outcome'), 'rotated');

  await tabTo(page, 'Latchkey');
  await tabTo(page, 'Sign out');
  await page.keyboard.press('Enter');
  await heading(page, 'Sign in');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'door-title');
  await tabTo(page, 'E-mail or username');
  await type(page, email);
  await tabTo(page, 'Password');
  await type(page, 'correct horse battery');
  await page.keyboard.press('Enter');
  await heading(page, 'Ada Lovelace');
});

check('faults are told in words beside their fields', async (context) => {
  const taken = await newcomer(world.plain);
  const page = await openAccount(context, `${world.plain}/#register`);
  const form = page.locator('#register');
  const send = form.getByRole('button', {name: 'Create account'});
  const fault = (label) => form.getByLabel(label, {exact: true});
  const described = async (label, words) => {
    const field = fault(label);
    await page.waitForFunction(([element, words]) => element.ariaInvalid === 'true' &&
      element.getAttribute('aria-describedby').split(' ').some((id) => document.getElementById(id).textContent.includes(words)), [await field.elementHandle(), words]);
  };
  await send.click();
  await described('Name', 'required');
  await described('E-mail', 'required');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'register-name', 'the first fault has the focus');
  await fault('Name').fill('Ada');
  await fault('E-mail').fill(taken.email);
  await fault('Password').fill('correct horse battery');
  await fault('Password again').fill('something else entirely');
  await send.click();
  await described('Password again', 'Passwords do not match.');
  await fault('Password again').fill('correct horse battery');
  assert.equal(await fault('Password again').getAttribute('aria-invalid'), null, 'what is being mended is accused no more');
  await send.click();
  await described('E-mail', 'exists already');
  await fault('E-mail').fill(`weak-${taken.email}`);
  await fault('Password').fill('password1234');
  await fault('Password again').fill('password1234');
  await send.click();
  await described('Password', '');
  assert.notEqual(await page.locator('#register-password-fault').textContent(), '');

  await page.getByRole('link', {name: 'Sign in'}).click();
  await page.locator('#sign-in').getByLabel('E-mail or username').fill(taken.email);
  await page.locator('#sign-in').getByLabel('Password', {exact: true}).fill('not the password');
  await page.keyboard.press('Enter');
  await says(page.getByRole('alert'), 'Invalid email or password');
});

check('a hostile name is text and comes back as it was', async (context) => {
  const names = ['<img src=x onerror="document.title=1">', '</title><script>alert(1)</script>', '\u202Egnp.exe', "{{7*7}} ${7*7} 'x\" &amp; \\u003c", 'Ωδε 🗝️ 名前'];
  const page = await openAccount(context, world.plain);
  const person = await newcomer(world.plain, names[0]);
  await signIn(page, person);
  for (const name of names) {
    await page.locator('#profile-name').fill(name);
    await page.getByRole('button', {name: 'Save'}).click();
    await says(page.locator('#saved'), 'Saved.');
    assert.equal(await page.locator('#person-name').textContent(), name);
    assert.equal(await page.title(), `${name} · Your account`.replace(/\s+/g, ' '));
    assert.equal(await page.evaluate(() => fetch('/api/users/me').then((answer) => answer.json()).then(({data}) => data.user.name)), name);
    assert.equal(await page.locator('main img, main script').count(), 0);
  }
  // So is what a device calls itself.
  await post(`${world.plain}/api/auth/login`, credentials(person), {'User-Agent': '<b>bold</b>'});
  await page.reload();
  await says(page.locator('#devices li').nth(1), 'Sign out');
  assert.equal(await page.locator('#person-name').textContent(), names.at(-1));
  assert.equal(await page.locator('#profile-name').inputValue(), names.at(-1));
  assert.equal(await page.locator('#devices b').count(), 0);
});

check('a username serves to sign in, and its faults are told', async (context) => {
  const page = await openAccount(context, world.plain);
  const person = await newcomer(world.plain);
  await signIn(page, person);
  const username = `ada-${Date.now()}`;
  await page.locator('#profile-username').fill('x');
  await page.getByRole('button', {name: 'Save'}).click();
  await says(page.locator('#profile-username-fault'), 'at least 3 characters');
  await page.locator('#profile-username').fill(username);
  await page.locator('#profile-photo').fill('https://elsewhere.example/ada.png');
  await page.getByRole('button', {name: 'Save'}).click();
  await says(page.locator('#person-facts'), `@${username}`);
  await page.getByRole('button', {name: 'Sign out', exact: true}).click();
  await heading(page, 'Sign in');
  await signIn(page, {...person, email: username});
  assert.equal(await page.locator('#profile-photo').inputValue(), 'https://elsewhere.example/ada.png');
});

check('other devices are listed and signed out', async (context) => {
  const person = await newcomer(world.plain);
  const agents = ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0', 'curl/8.5.0', 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'];
  const jars = [];
  for (const agent of agents) {
    const answer = await post(`${world.plain}/api/auth/login`, credentials(person), {'User-Agent': agent});
    jars.push(answer.headers.getSetCookie().map((line) => line.split(';')[0]).join('; '));
  }
  const status = async (jar) => (await fetch(`${world.plain}/api/users/me`, {headers: {Cookie: jar}})).status;
  const page = await openAccount(context, world.plain);
  await signIn(page, person);
  const items = page.locator('#devices li');
  await items.nth(3).waitFor();
  await says(items.first(), 'this device');
  const text = await page.locator('#devices').textContent();
  for (const words of ['Firefox on Windows', 'curl', 'Safari on iOS', 'Last used just now', '127.0.0.1']) {
    assert.ok(text.includes(words), `${words} in ${text}`);
  }
  assert.equal(await status(jars[0]), 200);
  await page.getByRole('button', {name: /^Sign out: Firefox on Windows/}).click();
  await says(page.locator('#news'), 'Firefox on Windows is signed out.');
  await items.nth(3).waitFor({state: 'detached'});
  assert.equal(await status(jars[0]), 401);
  assert.equal(await status(jars[1]), 200);
  await page.getByRole('button', {name: 'Sign out everywhere else'}).click();
  await says(page.locator('#news'), '2 other devices are signed out.');
  assert.equal(await status(jars[1]), 401);
  assert.equal(await items.count(), 1);
  await page.getByRole('button', {name: /^Sign out: .*this device$/}).click();
  await heading(page, 'Sign in');
  assert.deepEqual(await cookies(context), {});
});

check('the page goes on by itself when the access token runs out', async (context) => {
  const page = await openAccount(context, world.short);
  const person = await newcomer(world.short);
  await signIn(page, person);
  const refreshes = requests(context, '/api/auth/refresh');
  await says(page.locator('#access-left'), /^\d s left$/);
  const first = (await cookies(context)).access_token?.value;
  await until(async () => {
    const now = (await cookies(context)).access_token?.value;
    return now && now !== first;
  }, 'no new access token came');
  assert.ok(refreshes.length >= 1);
  await heading(page, person.name);
});

check('a page that comes back to life refreshes once and says nothing of it', async (context) => {
  const page = await openAccount(context, world.plain);
  const person = await newcomer(world.plain);
  await signIn(page, person);
  await page.goto('about:blank');
  await forgetAccess(context);
  const refreshes = requests(context, '/api/auth/refresh');
  await page.goto(world.plain);
  await heading(page, person.name);
  await page.locator('#devices li').first().waitFor();
  assert.equal(refreshes.length, 1);
  // So does what somebody does after the token was lost.
  await forgetAccess(context);
  await page.locator('#profile-name').fill('Countess');
  await page.getByRole('button', {name: 'Save'}).click();
  await heading(page, 'Countess');
  assert.equal(refreshes.length, 2);
});

check('no token is within reach of scripts', async (context) => {
  const page = await openAccount(context, world.short);
  const person = await newcomer(world.short);
  const bodies = [];
  page.on('response', async (answer) => bodies.push(await answer.text().catch(() => '')));
  await signIn(page, person);
  await forgetAccess(context);
  await page.reload();
  await heading(page, person.name);
  assert.equal(await page.evaluate(() => document.cookie), 'logged_in=true');
  const kept = await page.evaluate(() => JSON.stringify([{...localStorage}, {...sessionStorage}, history.state, document.documentElement.outerHTML]));
  assert.doesNotMatch(kept + bodies.join(), /eyJ[\w-]{8,}\./);
  assert.doesNotMatch(kept, new RegExp(person.password));
});
