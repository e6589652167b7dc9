// An app with a service beside Latchkey, on another port: examples/spa and examples/posts.
import assert from 'node:assert/strict';
import {check, cookies, forgetAccess, newcomer, openPosts, publish, requests, says, signInToExample, until, world} from '../browser.mjs';

const title = (page, text) => page.getByRole('heading', {level: 3, name: text, exact: true});
const entry = (page, text) => page.getByRole('listitem').filter({has: title(page, text)});
const button = (page, name) => page.getByRole('button', {name, exact: true});

async function goTo(page, name) {
  await page.getByRole('link', {name, exact: true}).click();
}

async function signOut(page) {
  await goTo(page, 'Account');
  await button(page, 'Sign out').first().click();
  await page.getByRole('heading', {name: 'Sign in'}).waitFor();
  await page.evaluate(() => {
    location.hash = '#posts';
  });
}

// Makes the page believe that its user wrote everything, as people can with the tools of their browser.
async function claimEverything(page) {
  await page.evaluate(async ([me, list]) => {
    const {data: {user}} = await (await fetch(me, {credentials: 'include'})).json();
    const real = window.fetch;
    window.fetch = async (input, init) => {
      const answer = await real(input, init);
      if (input !== list || init.method !== 'GET') {
        return answer;
      }
      const body = await answer.json();
      body.data.posts.forEach((post) => {
        post.owner_id = user.id;
      });
      return Response.json(body);
    };
  }, [`${world.plain}/api/users/me`, `${world.posts}/posts`]);
}

check('people write, change and delete posts at a service beside', async (context) => {
  const page = await openPosts(context);
  await signInToExample(page, await newcomer(world.plain));
  const text = `Mine ${Date.now()}`;
  await publish(page, text, 'Two\nlines');
  assert.equal(await page.getByLabel('Title').inputValue(), '', 'the form is empty again');
  await says(entry(page, text), 'You,');
  await button(page, `Edit ${text}`).click();
  await page.getByLabel('Content').last().fill('Three\nshort\nlines');
  await button(page, 'Save').click();
  await says(page.getByRole('status'), 'The post is changed.');
  await says(entry(page, text), /short/);
  assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), `Edit ${text}`, 'the focus is where it was');
  await page.reload();
  await says(entry(page, text), /\(changed\).*short/s);
  page.on('dialog', (dialog) => dialog.accept());
  await button(page, `Delete ${text}`).click();
  await says(page.getByRole('status'), 'The post is deleted.');
  await title(page, text).waitFor({state: 'detached'});
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Posts', 'the focus is on the heading');
});

check('what one writes at a service beside nobody else can change', async (context) => {
  const page = await openPosts(context);
  await signInToExample(page, await newcomer(world.plain, 'Ada Lovelace'));
  const text = `Ada's ${Date.now()}`;
  await publish(page, text, 'As Ada wrote it');
  await signOut(page);
  await signInToExample(page, await newcomer(world.plain, 'Bob'));
  await says(entry(page, text), 'Ada Lovelace,');
  assert.equal(await entry(page, text).getByRole('button').count(), 0, 'the page offers nothing');

  await claimEverything(page);
  await goTo(page, 'Account');
  await goTo(page, 'Posts');
  await button(page, `Edit ${text}`).click();
  await page.getByLabel('Content').last().fill('As Bob would have it');
  await button(page, 'Save').click();
  await says(page.getByRole('alert'), 'Only its author may change a post.');
  assert.equal(await page.getByLabel('Content').last().inputValue(), 'As Bob would have it', 'what was written stays');
  await button(page, 'Cancel').click();
  page.on('dialog', (dialog) => dialog.accept());
  await button(page, `Delete ${text}`).click();
  await says(page.getByRole('alert'), 'Only its author may change a post.');

  await page.reload();
  await says(entry(page, text), /Ada Lovelace,.*As Ada wrote it/s);
  assert.ok('refresh_token' in await cookies(context), 'Bob is still signed in');
});

check('when the access token has run out a write to a service beside is done once, after one refresh unseen', async (context) => {
  const page = await openPosts(context);
  await signInToExample(page, await newcomer(world.plain));
  const [refreshes, writes] = [requests(context, '/api/auth/refresh'), requests(context, '/posts')];
  await forgetAccess(context);
  const text = `Once ${Date.now()}`;
  await publish(page, text, 'Exactly');
  const sent = writes.filter((request) => request.method() === 'POST');
  const statuses = await Promise.all(sent.map(async (request) => (await request.response()).status()));
  assert.deepEqual(statuses, [401, 201]);
  assert.equal(refreshes.length, 1);
  await page.reload();
  await title(page, text).waitFor();
  assert.equal(await title(page, text).count(), 1);
});

check('a sign-in that was ended elsewhere ends the page of posts too', async (context) => {
  const page = await openPosts(context);
  await signInToExample(page, await newcomer(world.plain));
  const jar = Object.values(await cookies(context)).map(({name, value}) => `${name}=${value}`).join('; ');
  assert.equal((await fetch(`${world.plain}/api/auth/logout`, {method: 'POST', headers: {Cookie: jar}})).status, 200);
  await until(async () => (await fetch(`${world.posts}/posts`, {headers: {Cookie: jar}})).status === 401, 'the posts service does not notice');
  await page.getByLabel('Title').fill('Too late');
  await page.getByLabel('Content').fill('x');
  await button(page, 'Publish').click();
  await page.getByRole('heading', {name: 'Sign in'}).waitFor();
  assert.deepEqual(await cookies(context), {});
});
