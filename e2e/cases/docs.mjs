// The page that shows the API and lets people try it.
import assert from 'node:assert/strict';
import {check, cookies, newcomer, world} from '../browser.mjs';

// The page notes in its address what is unfolded; the driver would wait for that as for a navigation.
const unfold = (operation) => operation.locator('.opblock-summary-control').evaluate((button) => button.click());

check('the API page asks no other host and signs in with cookies', async (context) => {
  const person = await newcomer(world.plain);
  const page = await context.newPage();
  await page.goto(`${world.plain}/docs`);
  const login = page.locator('[id="operations-Sign-in-login"]');
  await unfold(login);
  const body = login.locator('textarea.body-param__text');
  await body.fill(JSON.stringify({email: person.email, password: person.password}));
  const signedIn = page.waitForResponse('**/api/auth/login');
  await login.getByRole('button', {name: 'Execute'}).click();
  assert.equal((await signedIn).status(), 200);
  assert.ok('access_token' in await cookies(context));
  const me = page.locator('[id="operations-User-me"]');
  await unfold(me);
  const answer = page.waitForResponse('**/api/users/me');
  await me.getByRole('button', {name: 'Execute'}).click();
  assert.equal((await answer).status(), 200);
  await me.locator('.response').filter({hasText: person.email}).first().waitFor();
});
