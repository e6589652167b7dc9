// How the account page and the example app look and read: axe finds nothing, a narrow screen needs no scrolling sideways, and pictures are
// kept for people to look at.
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {
  check, complete, credentials, heading, newcomer, openAccount, openPosts, post, publish, says, signIn, signInToExample, world,
} from '../browser.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// The markup is the same in all looks; colours and sizes are not.
const everything = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const colours = ['color-contrast', 'link-in-text-block'];
const sizes = ['target-size', 'meta-viewport', 'color-contrast'];

async function accessible(page, state, rules) {
  await page.evaluate(axe);
  const found = await page.evaluate((runOnly) => window.axe.run(document, {runOnly}), rules);
  assert.deepEqual(found.violations.map(({id, nodes}) => [id, nodes.map(({html, failureSummary}) => `${html} ${failureSummary}`)]), [], state);
  assert.ok(found.passes.length > 0, 'axe looked at nothing');
}

// Walks through the states of the page, and stops in each.
async function walk(context, stop) {
  const person = await newcomer(world.plain);
  await post(`${world.plain}/api/auth/login`, credentials(person), {'User-Agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'});
  await post(`${world.plain}/api/auth/login`, credentials(person), {'User-Agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0'});
  const page = await openAccount(context, world.plain);
  await stop(page, '1-sign-in');
  await page.locator('#sign-in').getByLabel('E-mail or username').fill(person.email);
  await page.locator('#sign-in').getByLabel('Password', {exact: true}).fill('not the password');
  await page.keyboard.press('Enter');
  await says(page.getByRole('alert'), 'Invalid');
  await stop(page, '2-refused');
  await page.getByRole('link', {name: 'Create one'}).click();
  await heading(page, 'Create an account');
  await page.getByRole('button', {name: 'Create account'}).click();
  await says(page.locator('#register-name-fault'), 'required');
  await stop(page, '3-faults');
  await page.getByRole('link', {name: 'Sign in'}).click();
  await signIn(page, person);
  await page.locator('#devices li').nth(2).waitFor();
  await page.getByRole('button', {name: 'Refresh now'}).click();
  await says(page.locator('#outcome'), 'rotated');
  await page.locator('#news.shown').waitFor();
  await stop(page, '4-account');
  await context.setOffline(true);
  await page.getByRole('button', {name: 'Refresh now'}).click();
  await says(page.locator('.life').getByRole('alert'), 'cannot be reached');
  await stop(page, '5-no-network');
  await context.setOffline(false);
}

// Walks through the states of the page of posts in the example app, and stops in each.
async function walkThroughPosts(context, stop) {
  const page = await openPosts(context);
  await stop(page, 'posts-1-sign-in');
  await signInToExample(page, await newcomer(world.plain));
  await publish(page, 'Words', 'Two\nlines, and one without end: ' + 'W'.repeat(300));
  await publish(page, 'W'.repeat(200), 'A long title');
  await stop(page, 'posts-2-list');
  await page.getByRole('button', {name: 'Edit Words'}).click();
  await page.getByLabel('Content').last().fill(' ');
  await page.getByRole('button', {name: 'Save'}).click();
  await says(page.getByRole('alert'), 'A title has 1 to 200 characters');
  await stop(page, 'posts-3-refused');
  await context.setOffline(true);
  await page.getByLabel('Content').last().fill('Never sent');
  await page.getByRole('button', {name: 'Save'}).click();
  await says(page.getByRole('alert'), 'cannot be reached');
  await stop(page, 'posts-4-no-network');
  await context.setOffline(false);
  await page.getByRole('button', {name: 'Save'}).click();
  await says(page.getByRole('status'), 'The post is changed.');
  await complete(page);
  await page.getByRole('link', {name: 'Account'}).click();
  await page.getByText('This one').waitFor();
  await stop(page, 'posts-5-account');
}

const looks = {
  light: {viewport: {width: 1100, height: 800}, colorScheme: 'light', reducedMotion: 'reduce'},
  dark: {viewport: {width: 1100, height: 800}, colorScheme: 'dark', reducedMotion: 'reduce'},
  phone: {viewport: {width: 360, height: 740}, deviceScaleFactor: 2, isMobile: true, hasTouch: true, reducedMotion: 'reduce'},
};

for (const [name, options] of Object.entries(looks)) {
  const rules = {light: everything, dark: colours, phone: sizes}[name];
  for (const [what, path] of [['account page', walk], ['example app', walkThroughPosts]]) {
    check(`the ${what} is accessible and in shape: ${name}`, async (context) => {
      await path(context, async (page, state) => {
        const [needed, given] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.ok(needed <= given, `${state} is ${needed} wide, the screen ${given}`);
        await accessible(page, state, rules);
        await page.screenshot({path: join(world.artifacts, `${name}-${state}.png`), fullPage: true});
      });
    }, options);
  }
}

check('long words and large letters break no line', async (context) => {
  const page = await openAccount(context, world.plain);
  const person = await newcomer(world.plain, 'W'.repeat(255));
  await signIn(page, person);
  await page.locator('#devices li').first().waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await page.screenshot({path: join(world.artifacts, 'narrow.png'), fullPage: true});
}, {viewport: {width: 320, height: 640}});
