// One Chromium for all cases, a fresh context for each, and what every case is watched for.
import assert from 'node:assert/strict';
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, test} from 'node:test';
import {chromium} from 'playwright-core';

export const world = JSON.parse(process.env.E2E);

// How long anything may take, in milliseconds: much more than it does, so that a busy machine fails nothing.
const patience = 30_000;

// The cases whose names fit; all of them without it.
const only = new RegExp(process.env.E2E_ONLY ?? '');

const quiet = [
  '--disable-background-networking', '--disable-client-side-phishing-detection', '--disable-component-update', '--disable-default-apps',
  '--disable-domain-reliability', '--disable-gpu', '--disable-sync', '--metrics-recording-only', '--no-first-run', '--no-pings',
];

// Chromium heeds the last list only: those of playwright-core that matter here stand in it too. Without the parts of the
// address bar that are pages themselves a context costs half as much.
const without = [
  'WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup', 'AimEnabled', 'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsFirstBalancedModeAutoEnable', 'HttpsUpgrades', 'LensOverlay',
  'MediaRouter', 'NetworkTimeServiceQuerying', 'OptimizationHints', 'PaintHolding', 'PreconnectToSearch',
];

const launch = {
  executablePath: world.chromium,
  args: [
    ...quiet, `--disable-features=${without.join(',')}`, `--host-resolver-rules=${world.resolve}`, `--ignore-certificate-errors-spki-list=${world.spki}`,
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ],
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
};
const browser = await chromium.launch(launch);
after(() => browser.close());

const ours = /^(localhost|127\.0\.0\.1|foreign\.example|[a-z]+\.(latchkey|far|elsewhere)\.test)$/;

// Runs with a browser of its own, for what only the preferences of a profile can set.
async function withPreferences(preferences, run) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-profile-'));
  try {
    await mkdir(join(folder, 'Default'));
    await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences));
    await run(await chromium.launchPersistentContext(folder, launch));
  } finally {
    await rm(folder, {recursive: true, force: true, maxRetries: 10});
  }
}

// Defines a case. It fails too when a page throws, asks another host or offends against its own policy.
export function check(name, run, options = {}) {
  if (!only.test(name)) {
    return;
  }
  test(name, {timeout: 4 * patience}, async () => {
    if (options.preferences) {
      await withPreferences(options.preferences, (context) => watched(context, run));
    } else {
      await watched(await browser.newContext(options), run);
    }
  });
}

async function watched(context, run) {
  context.setDefaultTimeout(patience);
  const faults = [];
  context.on('request', (request) => {
    const {protocol, hostname} = new URL(request.url());
    if (protocol !== 'data:' && !ours.test(hostname)) {
      faults.push(`asked ${request.url()}`);
    }
  });
  context.on('weberror', (error) => faults.push(`threw ${error.error().stack}`));
  context.on('console', (message) => {
    if (/Content.Security.Policy|Trusted ?Type/i.test(message.text())) {
      faults.push(message.text());
    }
  });
  try {
    await run(context, faults);
  } finally {
    await context.close();
  }
  assert.deepEqual(faults, []);
}

let count = 0;

// A person with an account at the service. Node.js is no browser: it names no origin.
export async function newcomer(api, name = 'Ada Lovelace') {
  const person = {name, email: `ada-${process.pid}-${++count}@example.com`, password: 'correct horse battery'};
  const answer = await post(`${api}/api/auth/register`, {...person, passwordConfirm: person.password});
  assert.equal(answer.status, 201);
  return person;
}

export function post(address, body, headers = {}) {
  return fetch(address, {method: 'POST', headers: {'Content-Type': 'application/json', ...headers}, body: JSON.stringify(body)});
}

export const credentials = ({email, password}) => ({email, password});

// Opens the app of an origin that talks to the service.
export async function openApp(context, origin, api) {
  const page = await context.newPage();
  await page.goto(`${origin}/?api=${encodeURIComponent(api)}`);
  await page.waitForFunction(() => window.app);
  return page;
}

// Opens the account page as it is for somebody who is signed in or not.
export async function openAccount(context, api) {
  const page = await context.newPage();
  await page.goto(api);
  await page.locator('#account, #door').filter({visible: true}).waitFor();
  return page;
}

export async function signIn(page, person) {
  const form = page.locator('#sign-in');
  await form.getByLabel('E-mail or username').fill(person.email);
  await form.getByLabel('Password', {exact: true}).fill(person.password);
  await form.getByRole('button', {name: 'Sign in'}).click();
  await heading(page, person.name);
}

// Opens the page of posts of the example app.
export async function openPosts(context) {
  const page = await context.newPage();
  await page.goto(`${world.example}/#posts`);
  await page.getByRole('heading', {level: 2}).first().waitFor();
  return page;
}

// Signs in on the page of posts of the example app.
export async function signInToExample(page, person) {
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', {name: 'Sign in'}).click();
  await complete(page);
}

// Waits until the page of posts shows all that it asks for, names too.
export async function complete(page) {
  const list = page.locator('section[aria-busy="false"]').filter({has: page.getByRole('heading', {level: 2, name: 'Posts'})});
  await list.and(page.locator(':not(:has-text("…,"))')).waitFor();
}

// Writes a post and waits until the page says that it did, and shows it.
export async function publish(page, title, content) {
  await page.getByLabel('Title').first().fill(title);
  await page.getByLabel('Content').first().fill(content);
  await page.getByRole('button', {name: 'Publish'}).click();
  await says(page.getByRole('status'), 'Your post is written.');
  await complete(page);
}

// Waits until the page's heading is this.
export const heading = (page, text) => page.getByRole('heading', {level: 1, name: text, exact: true}).waitFor();

// Waits until an element has a text that fits.
export async function says(locator, pattern) {
  await locator.filter({hasText: pattern}).waitFor();
}

// Goes back to the page before, which may come from the back/forward cache: then no load follows.
export const goBack = (page) => page.goBack({waitUntil: 'commit'});

export async function cookies(context) {
  return Object.fromEntries((await context.cookies()).map((cookie) => [cookie.name, cookie]));
}

// Waits until the browser has dropped the access token by itself.
export async function runOut(page) {
  await until(async () => !('access_token' in await cookies(page.context())), 'the access token is still there');
}

// Waits until f() is true, and returns what it is; `fault` is what is wrong if it never is.
export async function until(f, fault) {
  for (const end = Date.now() + patience; ;) {
    const value = await f();
    if (value) {
      return value;
    }
    assert.ok(Date.now() < end, fault);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// Takes the access token away, as its end would.
export const forgetAccess = (context) => context.clearCookies({name: /access_token$/});

// Collects what the service behind the line is asked from now on, and what it answers, even where the browser keeps that to
// itself. The returned function waits until `enough` of it has passed.
export async function passages() {
  const all = async () => (await fetch(`${world.crossed}/passages`)).json();
  const before = (await all()).length;
  return (enough, fits = () => true) => until(async () => {
    const passed = (await all()).slice(before).filter(fits);
    return passed.length >= enough && passed;
  }, `fewer than ${enough} passed`);
}

// Collects the requests of a context to a path.
export function requests(context, path) {
  const found = [];
  context.on('request', (request) => {
    if (new URL(request.url()).pathname === path && request.method() !== 'OPTIONS') {
      found.push(request);
    }
  });
  return found;
}
