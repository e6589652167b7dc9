// Answers that cross, come late or are lost. The service has given every one of them by then.
import assert from 'node:assert/strict';
import {
  check, cookies, credentials, forgetAccess, newcomer, openAccount, openApp, passages, requests, signIn, world,
} from '../browser.mjs';

const turns = [1, 2, 3, 4, 5];

async function fiveTabs(context, person) {
  const tabs = [];
  for (const _ of turns) {
    tabs.push(await openApp(context, world.spa, world.crossed));
  }
  await tabs[0].evaluate((form) => app.login(form), credentials(person));
  return tabs;
}

// Everybody is still signed in, now and after one more refresh.
async function allSignedIn(context, tabs) {
  for (const tab of tabs) {
    assert.equal((await tab.evaluate(() => app.me())).page, 'profile');
  }
  await forgetAccess(context);
  for (const tab of tabs) {
    assert.equal((await tab.evaluate(() => app.me())).page, 'profile');
  }
}

check('five tabs of an app wake at once', async (context) => {
  const tabs = await fiveTabs(context, await newcomer(world.plain));
  const refreshes = requests(context, '/api/auth/refresh');
  await forgetAccess(context);
  const answers = await Promise.all(tabs.map((tab) => tab.evaluate(() => app.me())));
  assert.deepEqual(answers.map(({page}) => page), turns.map(() => 'profile'));
  assert.ok(refreshes.length >= 1, 'nobody refreshed');
  await allSignedIn(context, tabs);
});

for (const [name, order] of [['backwards', [5, 4, 3, 2, 1]], ['mixed up', [3, 5, 1, 4, 2]]]) {
  check(`five answers to refreshes come ${name}`, async (context) => {
    const tabs = await fiveTabs(context, await newcomer(world.plain));
    const meeting = `${name}-${process.pid}`;
    const answers = await Promise.all(tabs.map((tab, i) =>
      tab.evaluate((query) => app.refresh(query), `?of=5&turn=${order[i]}&meeting=${encodeURIComponent(meeting)}`)));
    assert.deepEqual(answers.map(({status}) => status), turns.map(() => 200));
    assert.equal(answers.filter(({outcome}) => outcome === 'rotated').length, 1);
    await allSignedIn(context, tabs);
  });
}

check('answers to refreshes are lost', async (context) => {
  const tabs = await fiveTabs(context, await newcomer(world.plain));
  for (const tab of tabs.slice(0, 2)) {
    await assert.rejects(tab.evaluate(() => app.refresh('?drop')), /Failed to fetch/);
  }
  await Promise.all(tabs.slice(2).map((tab) => assert.rejects(tab.evaluate(() => app.refresh('?drop')), /Failed to fetch/)));
  assert.equal((await tabs[0].evaluate(() => app.refresh())).outcome, 'replayed-unused');
  await allSignedIn(context, tabs);
});

check('the account page outlives the loss of an answer', async (context) => {
  const page = await openAccount(context, world.crossed);
  const person = await newcomer(world.plain);
  await signIn(page, person);
  let lost = 0;
  await page.route('**/api/auth/refresh', (route) => route.continue(lost++ === 0 ? {url: `${route.request().url()}?drop`} : {}));
  await page.getByRole('button', {name: 'Refresh now'}).click();
  await page.getByText('The service cannot be reached.').waitFor();
  await page.getByRole('heading', {level: 1, name: person.name}).waitFor();
  await page.getByRole('button', {name: 'Refresh now'}).click();
  await page.getByText('replayed-unused').waitFor();
});

// Opens a page with the browser client. Its refreshes are sent with `query`, and are never given up for their slowness.
async function openClient(context) {
  const page = await openApp(context, world.spa, world.crossed);
  await page.evaluate(async (baseUrl) => {
    AbortSignal.timeout = () => new AbortController().signal;
    const {createClient} = await import('/client/index.js');
    window.query = '';
    window.client = createClient({baseUrl, fetch: (input, init) => fetch(input.endsWith('/refresh') ? input + window.query : input, init)});
    await window.client.session();
  }, world.crossed);
  return page;
}

for (const [name, isOver] of [['refused', true], ['granted', false]]) {
  check(`a login outlives the refresh of the former session in another tab, which is ${name} and comes late`, async (context) => {
    const person = await newcomer(world.plain);
    const [one, other] = [await openClient(context), await openClient(context)];
    await one.evaluate((form) => client.login(form), credentials(person));
    await other.waitForFunction(() => client.state.status === 'signed-in');
    if (isOver) {
      const jar = Object.values(await cookies(context)).map(({name, value}) => `${name}=${value}`).join('; ');
      assert.equal((await fetch(`${world.plain}/api/auth/logout`, {method: 'POST', headers: {Cookie: jar}})).status, 200);
    }
    const passed = await passages();
    const meeting = `late-${name}-${process.pid}`;
    await one.evaluate((query) => {
      window.query = query;
      window.late = client.refresh().catch((error) => error.code);
    }, `?of=2&turn=2&meeting=${meeting}`);
    const [{status}] = await passed(1, ({path}) => path === '/api/auth/refresh');
    assert.equal(status, isOver ? 401 : 200);
    await other.evaluate((form) => client.login(form), credentials(person));
    assert.equal(await one.evaluate(() => window.late), 'network_error', 'nobody waits for the answer any more');
    assert.equal((await fetch(`${world.crossed}/livez?of=2&turn=1&meeting=${meeting}`)).status, 200);
    for (const tab of [one, other]) {
      assert.equal((await tab.evaluate(() => client.me())).email, person.email);
      assert.equal(await tab.evaluate(() => client.state.status), 'signed-in');
    }
    assert.deepEqual(Object.keys(await cookies(context)).sort(), ['access_token', 'logged_in', 'refresh_token']);
  });
}
