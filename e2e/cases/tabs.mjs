// The tabs of one browser are kept in step.
import assert from 'node:assert/strict';
import {check, cookies, forgetAccess, goBack, heading, newcomer, openAccount, says, signIn, world} from '../browser.mjs';

check('what happens in one tab shows in the others', async (context) => {
  const person = await newcomer(world.plain);
  const [one, other, third] = [await openAccount(context, world.plain), await openAccount(context, world.plain), await openAccount(context, world.plain)];
  await signIn(one, person);
  await heading(other, person.name);
  await heading(third, person.name);
  await other.locator('#profile-name').fill('Countess');
  await other.getByRole('button', {name: 'Save'}).click();
  await heading(one, 'Countess');
  assert.equal(await one.locator('#profile-name').inputValue(), 'Countess');
  await third.getByRole('button', {name: 'Sign out', exact: true}).click();
  for (const tab of [one, other, third]) {
    await heading(tab, 'Sign in');
    assert.doesNotMatch(await tab.evaluate(() => document.body.textContent), /Countess|ada-\d/, 'nothing of the person stays in the page');
  }
  await says(one.locator('#news'), 'You signed out in another tab');
});

check('half-written changes outlive news from another tab', async (context) => {
  const person = await newcomer(world.plain);
  const one = await openAccount(context, world.plain);
  await signIn(one, person);
  const other = await openAccount(context, world.plain);
  await one.locator('#profile-name').fill('Half a na');
  await other.locator('#profile-name').fill('Countess');
  await other.getByRole('button', {name: 'Save'}).click();
  await heading(one, 'Countess');
  assert.equal(await one.locator('#profile-name').inputValue(), 'Half a na');
});

check('five tabs of the page wake at once', async (context) => {
  const person = await newcomer(world.plain);
  const tabs = [await openAccount(context, world.plain)];
  await signIn(tabs[0], person);
  while (tabs.length < 5) {
    tabs.push(await openAccount(context, world.plain));
  }
  await forgetAccess(context);
  await Promise.all(tabs.map((tab) => tab.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))));
  await Promise.all(tabs.map((tab) => tab.waitForFunction(() => fetch('/api/users/me').then((answer) => answer.ok))));
  for (const tab of tabs) {
    await heading(tab, person.name);
  }
  await tabs[4].reload();
  await heading(tabs[4], person.name);
});

check('a page from the back/forward cache looks again', async (context) => {
  const person = await newcomer(world.plain);
  const page = await openAccount(context, world.plain);
  await signIn(page, person);
  await page.evaluate(() => addEventListener('pageshow', ({persisted}) => {
    window.persisted = persisted;
  }));
  await page.goto(`${world.stranger}/`);
  await goBack(page);
  await page.waitForFunction(() => window.persisted === true);
  await heading(page, person.name);

  await page.goto(`${world.stranger}/`);
  const other = await openAccount(context, world.plain);
  await other.getByRole('button', {name: 'Sign out', exact: true}).click();
  await heading(other, 'Sign in');
  await goBack(page);
  await heading(page, 'Sign in');
  assert.deepEqual(await cookies(context), {});
});

check('a session that was ended elsewhere ends the page when it is looked at', async (context) => {
  const person = await newcomer(world.plain);
  const page = await openAccount(context, world.plain);
  await signIn(page, person);
  const jar = Object.values(await cookies(context)).map(({name, value}) => `${name}=${value}`).join('; ');
  assert.equal((await fetch(`${world.plain}/api/auth/logout`, {method: 'POST', headers: {Cookie: jar}})).status, 200);
  await page.getByRole('button', {name: 'Save'}).click();
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await heading(page, 'Sign in');
  await says(page.locator('#news'), 'Your session has ended.');
});
