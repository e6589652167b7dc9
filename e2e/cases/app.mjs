// An app on another origin, as the tutorials write them.
import assert from 'node:assert/strict';
import {check, cookies, credentials, forgetAccess, goBack, newcomer, openApp, requests, runOut, world} from '../browser.mjs';

check('an app on another origin registers, signs in and knows who it is', async (context) => {
  const page = await openApp(context, world.spa, world.plain);
  const form = {name: 'Grace', email: `grace-${Date.now()}@example.com`, password: 'correct horse battery', passwordConfirm: 'correct horse battery'};
  assert.equal((await page.evaluate(() => app.me())).page, 'login');
  assert.equal((await page.evaluate((form) => app.register(form), form)).status, 201);
  const answer = await page.evaluate((form) => app.login(form), credentials(form));
  assert.equal(answer.status, 200);
  assert.equal(answer.token, null, 'ACCESS_TOKEN_IN_BODY=false');
  const me = await page.evaluate(() => app.me());
  assert.deepEqual([me.page, me.user.email], ['profile', form.email]);
});

check('scripts see the hint and nothing else', async (context) => {
  const page = await openApp(context, world.spa, world.plain);
  const person = await newcomer(world.plain);
  await page.evaluate((form) => app.login(form), credentials(person));
  assert.equal(await page.evaluate(() => document.cookie), 'logged_in=true');
  const jar = await cookies(context);
  assert.deepEqual(Object.keys(jar).sort(), ['access_token', 'logged_in', 'refresh_token']);
  for (const [name, path, httpOnly] of [['access_token', '/', true], ['refresh_token', '/api/auth', true], ['logged_in', '/', false]]) {
    assert.deepEqual([jar[name].path, jar[name].httpOnly, jar[name].sameSite], [path, httpOnly, 'Lax'], name);
  }
  await page.evaluate(() => app.logout());
  assert.deepEqual(await cookies(context), {});
  assert.equal(await page.evaluate(() => document.cookie), '');
});

check('when the access token has run out one refresh follows, unseen', async (context) => {
  const page = await openApp(context, world.spa, world.short);
  const person = await newcomer(world.short);
  await page.evaluate((form) => app.login(form), credentials(person));
  const refreshes = requests(context, '/api/auth/refresh');
  assert.equal((await page.evaluate(() => app.me())).page, 'profile');
  assert.equal(refreshes.length, 0);
  await runOut(page);
  const me = await page.evaluate(() => app.me());
  assert.deepEqual([me.page, me.user.email, refreshes.length], ['profile', person.email, 1]);
});

check('a reload and a way back keep the sign-in', async (context) => {
  const page = await openApp(context, world.spa, world.plain);
  const person = await newcomer(world.plain);
  await page.evaluate((form) => app.login(form), credentials(person));
  await page.reload();
  assert.equal((await page.evaluate(() => app.me())).page, 'profile');
  await forgetAccess(context);
  await page.goto(`${world.stranger}/`);
  await goBack(page);
  assert.equal((await page.evaluate(() => app.me())).page, 'profile');
});

check('a sign-out in one tab of the app ends all of them', async (context) => {
  const person = await newcomer(world.plain);
  const [one, other] = [await openApp(context, world.spa, world.plain), await openApp(context, world.spa, world.plain)];
  await one.evaluate((form) => app.login(form), credentials(person));
  assert.equal((await other.evaluate(() => app.me())).page, 'profile');
  await one.evaluate(() => app.logout());
  const me = await other.evaluate(() => app.me());
  assert.deepEqual([me.page, me.code], ['login', 'refresh_token_missing']);
});

check('an app on a slow and then no network signs nobody out', async (context) => {
  const page = await openApp(context, world.spa, world.plain);
  const person = await newcomer(world.plain);
  await page.evaluate((form) => app.login(form), credentials(person));
  const protocol = await context.newCDPSession(page);
  await protocol.send('Network.enable');
  await protocol.send('Network.emulateNetworkConditions', {offline: false, latency: 300, downloadThroughput: 4_000, uploadThroughput: 4_000});
  await forgetAccess(context);
  assert.equal((await page.evaluate(() => app.me())).page, 'profile');
  await protocol.send('Network.emulateNetworkConditions', {offline: true, latency: 0, downloadThroughput: -1, uploadThroughput: -1});
  await forgetAccess(context);
  await assert.rejects(page.evaluate(() => app.me()), /Failed to fetch/);
  assert.ok('refresh_token' in await cookies(context));
  await protocol.send('Network.emulateNetworkConditions', {offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1});
  assert.equal((await page.evaluate(() => app.me())).page, 'profile');
});
