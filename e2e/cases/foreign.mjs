// Pages of which the service does not know: one on another port, so of the same site and sent every cookie, and one on
// another site. Neither can read nor act.
import assert from 'node:assert/strict';
import {check, cookies, credentials, forgetAccess, newcomer, openAccount, openApp, passages, signIn, world} from '../browser.mjs';

const strangers = [['a stranger of the same site', world.stranger], ['a stranger of another site', world.foreign]];
const victims = ['/api/users/me', '/api/users/me/sessions', '/api/auth/session', '/api/auth/refresh', '/', '/account/start.js'];

// A signed-in context, and a stranger's page in it.
async function beside(context, origin) {
  const person = await newcomer(world.crossed);
  const victim = await openAccount(context, world.crossed);
  await signIn(victim, person);
  const page = await context.newPage();
  await page.goto(origin);
  return {person, victim, page};
}

// Nothing happened: the same sign-in, with the same tokens.
async function untouched(context, victim, person, before) {
  const after = await cookies(context);
  assert.deepEqual(Object.keys(after).sort(), ['access_token', 'logged_in', 'refresh_token']);
  assert.equal(after.refresh_token.value, before.refresh_token.value);
  const look = await victim.evaluate(() => fetch('/api/auth/session').then((answer) => answer.json()));
  assert.equal(look.data.user?.email, person.email);
  assert.equal(look.data.user.name, person.name);
}

for (const [who, origin] of strangers) {
  check(`${who} reads nothing`, async (context, faults) => {
    const {person, victim, page} = await beside(context, origin);
    const before = await cookies(context);
    for (const path of victims) {
      const read = await page.evaluate(async (address) => {
        const tried = [];
        for (const options of [{credentials: 'include'}, {credentials: 'include', headers: {'X-Requested-With': 'x'}}, {}]) {
          tried.push(await fetch(address, options).then((answer) => answer.text(), (error) => error.name));
        }
        const opaque = await fetch(address, {mode: 'no-cors', credentials: 'include'}).then((answer) => answer.type + answer.status, (error) => error.name);
        const script = await new Promise((resolve) => {
          const element = document.createElement('script');
          element.onload = () => resolve('loaded');
          element.onerror = () => resolve('refused');
          element.src = address;
          document.head.append(element);
        });
        return [...tried, opaque, script];
      }, world.crossed + path);
      assert.deepEqual(read.slice(0, 3), ['TypeError', 'TypeError', 'TypeError'], path);
      assert.match(read[3], /^(opaque0|TypeError)$/, path);
      assert.equal(read[4], 'refused', path);
    }
    // A frame of the page shows nothing either.
    const framed = await page.evaluate((address) => new Promise((resolve) => {
      const frame = document.createElement('iframe');
      frame.onload = () => {
        let seen = 'nothing';
        try {
          seen = frame.contentDocument?.body.textContent || 'nothing';
        } catch {
          // of another origin
        }
        resolve(seen);
      };
      frame.src = address;
      document.body.append(frame);
    }), `${world.crossed}/`);
    assert.equal(framed, 'nothing');
    const frame = page.frames().find((frame) => frame !== page.mainFrame());
    assert.doesNotMatch(frame.url(), /^http:/, 'the browser shows an error of its own');
    await untouched(context, victim, person, before);
    forgive(faults);
  });

  check(`${who} does nothing by scripts`, async (context) => {
    const {person, victim, page} = await beside(context, origin);
    const before = await cookies(context);
    const passed = await passages();
    await page.evaluate(async (api) => {
      const json = JSON.stringify({name: 'Mallory', email: 'mallory@example.com', password: 'correct horse battery'});
      const ways = [
        ['POST', '/api/auth/logout'], ['POST', '/api/auth/refresh'], ['GET', '/api/auth/logout'], ['GET', '/api/auth/refresh'],
        ['POST', '/api/auth/login', json], ['POST', '/api/auth/register', json], ['POST', '/api/users/me', json],
        ['PATCH', '/api/users/me', json, 'cors'], ['DELETE', '/api/users/me/sessions', undefined, 'cors'],
      ];
      for (const [method, path, body, mode = 'no-cors'] of ways) {
        for (const type of mode === 'cors' ? ['application/json'] : ['text/plain', 'application/x-www-form-urlencoded']) {
          const headers = body ? {'Content-Type': type} : {};
          await fetch(api + path, {method, body, mode, headers, credentials: 'include', keepalive: true}).catch(() => {});
        }
      }
      navigator.sendBeacon(`${api}/api/auth/logout`);
      navigator.sendBeacon(`${api}/api/auth/login`, new Blob([json], {type: 'text/plain'}));
    }, world.crossed);
    // The two of 'cors' mode get no further than their preflight.
    for (const {method, path, status} of await passed(18)) {
      assert.ok([403, 415].includes(status), `${method} ${path} is answered with ${status}`);
    }
    await untouched(context, victim, person, before);
  });

  check(`${who} does nothing by images, frames, forms and links`, async (context, faults) => {
    const {person, victim, page} = await beside(context, origin);
    const before = await cookies(context);
    const doors = ['/api/auth/logout', '/api/auth/refresh'];
    const acts = [];
    for (const door of doors) {
      acts.push(['image', 'GET', door]);
      acts.push(...['link', 'window', 'replace', 'frame'].map((how) => [how, 'GET', door]));
      acts.push(...['get', 'application/x-www-form-urlencoded', 'text/plain'].map((type) => [type, type === 'get' ? 'GET' : 'POST', door]));
    }
    acts.push(['text/plain', 'POST', '/api/auth/login'], ['multipart/form-data', 'POST', '/api/auth/register']);
    for (const [how, method, path] of acts) {
      const passed = await passages();
      await page.evaluate(act, [how, method, world.crossed + path]);
      const [answer] = await passed(1, (passage) => passage.method === method && passage.path === path);
      assert.equal(answer.status, 403, `${how}, ${method} ${path}`);
      if (!['image', 'frame', 'window'].includes(how)) {
        await page.waitForURL((url) => url.href.startsWith(world.crossed + path));
        await page.goto(origin);
      }
    }
    await untouched(context, victim, person, before);
    forgive(faults);
  });
}

check('an app that the service knows does all of that', async (context) => {
  const person = await newcomer(world.crossed);
  const page = await openApp(context, world.spa, world.crossed);
  assert.equal((await page.evaluate((form) => app.login(form), credentials(person))).status, 200);
  const before = await cookies(context);
  await forgetAccess(context);
  assert.equal((await page.evaluate(() => app.refresh())).outcome, 'rotated');
  assert.notEqual((await cookies(context)).refresh_token.value, before.refresh_token.value);
  assert.equal((await page.evaluate(() => app.logout())).status, 200);
  assert.deepEqual(await cookies(context), {});
});

// Runs in the stranger's page. A navigation begins after this has returned.
function act([how, method, address]) {
  const add = (tag, properties) => document.body.appendChild(Object.assign(document.createElement(tag), properties));
  switch (how) {
    case 'image':
      return void add('img', {src: address});
    case 'frame':
      return void add('iframe', {src: address});
    case 'link':
      return void setTimeout(() => add('a', {href: address}).click());
    case 'window':
      return void open(address);
    case 'replace':
      return void setTimeout(() => location.replace(address));
    default: {
      const form = add('form', {action: address, method, enctype: how});
      const input = Object.assign(document.createElement('input'), {
        name: '{"email":"mallory@example.com","password":"correct horse battery","x":"', value: '"}',
      });
      form.append(input);
      return void setTimeout(() => form.submit());
    }
  }
}

// The stranger's own attempts are what the policies are against.
function forgive(faults) {
  faults.splice(0, faults.length, ...faults.filter((fault) => !/frame-ancestors/.test(fault)));
}
