// Throttles, outages and bad lines: people are told in words, and nobody is signed out.
import assert from 'node:assert/strict';
import {check, cookies, forgetAccess, heading, newcomer, openAccount, says, signIn, world} from '../browser.mjs';

const unavailable = (seconds) => (route) => route.fulfill({
  status: 503, contentType: 'application/json', headers: {'Retry-After': String(seconds)},
  body: JSON.stringify({status: 'error', code: 'unavailable', message: 'The service is not available at the moment; please try again.', request_id: 'r-1'}),
});

check('too many attempts are told, with a countdown', async (context) => {
  const person = await newcomer(world.strict);
  const page = await openAccount(context, world.strict);
  const form = page.locator('#sign-in');
  const button = form.getByRole('button', {name: 'Sign in'});
  await form.getByLabel('E-mail or username').fill(person.email);
  await form.getByLabel('Password', {exact: true}).fill('not the password');
  let status = 0;
  for (let i = 0; i < 60 && status !== 429; i++) {
    const answer = page.waitForResponse('**/api/auth/login');
    await button.click();
    status = (await answer).status();
  }
  assert.equal(status, 429);
  await says(form.getByRole('alert'), 'Too many attempts');
  const timer = form.getByRole('timer');
  await says(timer, /^Try again in .*\d+ s\.$/);
  const first = await timer.textContent();
  await page.waitForFunction((first) => document.querySelector('#sign-in [role=timer]').textContent !== first, first);
  assert.equal(await button.getAttribute('aria-disabled'), 'true');
  let asked = 0;
  page.on('request', (request) => (asked += request.url().endsWith('/login') ? 1 : 0));
  await button.focus();
  await page.keyboard.press('Enter');
  await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.equal(asked, 0, 'a button that waits does nothing');
});

check('an outage is told and waited for, and signs nobody out', async (context) => {
  const page = await openAccount(context, world.plain);
  const person = await newcomer(world.plain);
  await signIn(page, person);
  const before = await cookies(context);
  await page.route('**/api/auth/refresh', unavailable(2));
  const button = page.getByRole('button', {name: 'Refresh now'});
  await button.click();
  const life = page.locator('.life');
  await says(life.getByRole('alert'), 'not available');
  await says(life.getByRole('alert'), 'r-1');
  await says(life.getByRole('timer'), 'Try again in');
  assert.equal(await button.getAttribute('aria-disabled'), 'true');
  await says(life.getByRole('alert'), 'You can try again now.');
  assert.equal(await button.getAttribute('aria-disabled'), 'false');
  await page.unroute('**/api/auth/refresh');
  assert.deepEqual(await cookies(context), before);
  await button.click();
  await says(page.locator('#outcome'), 'rotated');
  await heading(page, person.name);
});

check('a page that finds no service tries again by itself', async (context) => {
  const page = await context.newPage();
  await page.route('**/api/auth/session', unavailable(1));
  await page.goto(world.plain);
  await says(page.getByRole('alert'), 'not available');
  await page.unroute('**/api/auth/session');
  await heading(page, 'Sign in');
});

check('a sign-out that the service could not finish is told', async (context) => {
  const page = await openAccount(context, world.plain);
  const person = await newcomer(world.plain);
  await signIn(page, person);
  await page.route('**/api/auth/logout', (route) => route.fulfill({
    status: 503, contentType: 'application/json', headers: {'Retry-After': '1'},
    body: JSON.stringify({status: 'error', code: 'logout_incomplete', message: 'The session could not be ended; please try again.', request_id: 'r-2'}),
  }));
  await page.getByRole('button', {name: 'Sign out', exact: true}).click();
  await heading(page, 'Sign in');
  await says(page.getByRole('alert'), 'could not end the session');
});

check('without a network nobody is signed out', async (context) => {
  const page = await openAccount(context, world.plain);
  const person = await newcomer(world.plain);
  await signIn(page, person);
  await context.setOffline(true);
  await forgetAccess(context);
  await page.locator('#profile-name').fill('Countess');
  await page.getByRole('button', {name: 'Save'}).click();
  await says(page.locator('#profile').getByRole('alert'), 'cannot be reached');
  await page.getByRole('button', {name: 'Sign out', exact: true}).click();
  await says(page.locator('#notice').getByRole('alert'), 'cannot be reached');
  await heading(page, person.name);
  assert.ok('refresh_token' in await cookies(context));
  await context.setOffline(false);
  await page.getByRole('button', {name: 'Save'}).click();
  await heading(page, 'Countess');
});

check('on a slow network everything comes in the end', async (context) => {
  const page = await openAccount(context, world.plain);
  const person = await newcomer(world.plain);
  const protocol = await context.newCDPSession(page);
  await protocol.send('Network.enable');
  await protocol.send('Network.emulateNetworkConditions', {offline: false, latency: 400, downloadThroughput: 8_000, uploadThroughput: 4_000});
  await signIn(page, person);
  await forgetAccess(context);
  await page.reload();
  await heading(page, person.name);
  await page.locator('#devices li').first().waitFor();
});
