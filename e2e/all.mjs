// Runs every case in one process, so that all share one browser.
import './cases/app.mjs';
import './cases/crossing.mjs';
import './cases/foreign.mjs';
import './cases/secure.mjs';
import './cases/account.mjs';
import './cases/posts.mjs';
import './cases/tabs.mjs';
import './cases/trouble.mjs';
import {world} from './browser.mjs';

// What no database has a part in is looked at once.
if (world.looks) {
  await import('./cases/looks.mjs');
  await import('./cases/docs.mjs');
}
