// Speaks to the service: one request, and its answer or a Failure in words.

// What was no success: status 0 when there was no answer at all.
export class Failure extends Error {
  constructor(status, body = {}, retryAfter = 0) {
    super(body.message ?? inWords(status));
    this.status = status;
    this.code = body.code ?? '';
    this.fields = body.errors ?? [];
    this.reference = status >= 500 ? body.request_id ?? '' : '';
    this.retryAfter = retryAfter;
  }

  // The access token is missing or has run out; a refresh may help.
  get signedOut() {
    return this.status === 401 && this.message.includes('not logged in');
  }
}

function inWords(status) {
  if (status === 0) {
    return 'The service cannot be reached. Nothing was changed; please try again.';
  }
  return status >= 500 ? 'The service is not available at the moment; please try again.' : 'The service did not accept that.';
}

const patience = 20_000;

// How far the service's clock is ahead of this device's, in milliseconds. Differences that the Date header, which has
// whole seconds, may cause by itself do not count.
let ahead = 0;

// The time by the service's clock.
export const now = () => Date.now() + ahead;

function compareClocks(header) {
  const difference = Date.parse(header) - Date.now();
  if (Number.isFinite(difference)) {
    ahead = Math.abs(difference) > 2_000 ? difference : 0;
  }
}

export async function send(method, path, body) {
  const options = {
    method, credentials: 'same-origin', cache: 'no-store', headers: {Accept: 'application/json'}, signal: AbortSignal.timeout(patience),
  };
  if (body !== undefined) {
    options.headers['Content-Type'] = 'application/json';
    options.body = JSON.stringify(body);
  }
  let answer, text;
  try {
    answer = await fetch(path, options);
    text = await answer.text();
  } catch {
    throw new Failure(0);
  }
  compareClocks(answer.headers.get('Date'));
  const content = parsed(text);
  if (!answer.ok) {
    throw new Failure(answer.status, content, seconds(answer.headers.get('Retry-After')));
  }
  return {data: content.data ?? {}, outcome: answer.headers.get('X-Refresh-Outcome') ?? ''};
}

// A proxy in front may answer with something else than JSON.
function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

// Retry-After is a number of seconds or a date (RFC 9110 section 10.2.3).
function seconds(header) {
  if (header === null) {
    return 0;
  }
  const wait = /^\d+$/.test(header) ? Number(header) : Math.ceil((Date.parse(header) - now()) / 1000);
  return wait > 0 ? wait : 0;
}
