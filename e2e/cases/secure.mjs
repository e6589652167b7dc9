// The service in production, behind TLS: names and flags of the cookies, and browsers that block third-party cookies.
import assert from 'node:assert/strict';
import {check, cookies, credentials, forgetAccess, heading, newcomer, openAccount, openApp, signIn, world} from '../browser.mjs';

async function blockThirdParties(page) {
  const protocol = await page.context().newCDPSession(page);
  await protocol.send('Network.enable');
  await protocol.send('Network.setCookieControls', {
    enableThirdPartyCookieRestriction: true, disableThirdPartyCookieMetadata: true, disableThirdPartyCookieHeuristics: true,
  });
  await page.reload();
  await page.waitForFunction(() => window.app);
}

// Node.js does not know the hosts: the account is made in the browser.
async function registered(page, api) {
  const person = {name: 'Ada Lovelace', email: `ada-${process.pid}-${Date.now()}@example.com`, password: 'correct horse battery'};
  const status = await page.evaluate(([address, form]) => fetch(address, {
    method: 'POST', headers: {'Content-Type': 'application/json'}, credentials: 'include', body: JSON.stringify(form),
  }).then((answer) => answer.status), [`${api}/api/auth/register`, {...person, passwordConfirm: person.password}]);
  assert.equal(status, 201);
  return person;
}

check('the account page works in production, with prefixed cookies', async (context) => {
  const page = await openAccount(context, world.api);
  const person = await registered(page, world.api);
  await signIn(page, person);
  const jar = await cookies(context);
  assert.deepEqual(Object.keys(jar).sort(), ['__Host-access_token', '__Secure-refresh_token', 'logged_in']);
  for (const cookie of Object.values(jar)) {
    assert.deepEqual([cookie.secure, cookie.sameSite, cookie.domain, cookie.httpOnly], [true, 'Lax', 'api.latchkey.test', cookie.name !== 'logged_in']);
  }
  assert.equal(await page.evaluate(() => document.cookie), 'logged_in=true');
  await page.getByRole('button', {name: 'Refresh now'}).click();
  await page.getByText('rotated').waitFor();
  await forgetAccess(context);
  await page.reload();
  await heading(page, person.name);
  assert.equal(await page.evaluate(() => fetch('/').then((answer) => answer.headers.get('Strict-Transport-Security'))), 'max-age=31536000; includeSubDomains');
  await page.getByRole('button', {name: 'Sign out', exact: true}).click();
  await heading(page, 'Sign in');
  assert.deepEqual(await cookies(context), {});
});

check('an app of the same site does not mind that third-party cookies are blocked', async (context) => {
  const page = await openApp(context, world.app, world.api);
  await blockThirdParties(page);
  const person = await registered(page, world.api);
  assert.equal((await page.evaluate((form) => app.login(form), credentials(person))).status, 200);
  assert.equal((await page.evaluate(() => app.me())).page, 'profile');
  await forgetAccess(context);
  assert.equal((await page.evaluate(() => app.me())).page, 'profile');
});

check('an app of another site works as long as its cookies are not blocked', async (context) => {
  const page = await openApp(context, world.farApp, world.farApi);
  const person = await registered(page, world.farApi);
  assert.equal((await page.evaluate((form) => app.login(form), credentials(person))).status, 200);
  assert.equal((await page.evaluate(() => app.me())).page, 'profile');
  assert.equal((await cookies(context))['__Host-access_token'].sameSite, 'None');
}, {preferences: {profile: {cookie_controls_mode: 0}}}); // "allow third-party cookies"

check('an app of another site is never signed in where third-party cookies are blocked', async (context) => {
  const page = await openApp(context, world.farApp, world.farApi);
  await blockThirdParties(page);
  const person = await registered(page, world.farApi);
  assert.equal((await page.evaluate((form) => app.login(form), credentials(person))).status, 200);
  assert.equal((await page.evaluate(() => app.ask())).code, 'access_token_missing');
  const me = await page.evaluate(() => app.me());
  assert.deepEqual([me.page, me.code], ['login', 'refresh_token_missing']);
  assert.deepEqual(await cookies(context), {});
});
