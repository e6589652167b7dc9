// A browser app as the tutorials write them: cookies go along, and "not logged in" starts one refresh.
const api = new URLSearchParams(location.search).get('api');

async function send(method, path, body) {
  const options = {method, credentials: 'include'};
  if (body) {
    options.headers = {'Content-Type': 'application/json'};
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(api + path, options);
  const content = await answer.json().catch(() => ({}));
  return {
    status: answer.status, message: content.message ?? '', code: content.code ?? '', user: content.data?.user ?? null,
    token: content.access_token ?? null, outcome: answer.headers.get('X-Refresh-Outcome'),
  };
}

window.app = {
  register: (form) => send('POST', '/api/auth/register', form),
  login: (form) => send('POST', '/api/auth/login', form),
  logout: () => send('GET', '/api/auth/logout'),
  refresh: (query = '') => send('GET', `/api/auth/refresh${query}`),
  ask: () => send('GET', '/api/users/me'),

  // Who is signed in; `page` says where the app goes.
  async me() {
    let answer = await this.ask();
    if (answer.message.includes('not logged in')) {
      const refreshed = await this.refresh();
      if (refreshed.message.includes('not refresh')) {
        return {...refreshed, page: 'login'};
      }
      answer = await this.ask();
    }
    return {...answer, page: answer.status === 200 ? 'profile' : 'error'};
  },
};
