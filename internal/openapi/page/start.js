// Starts Swagger UI on this service's own document. Requests carry the cookies of this origin; no validator is asked.

// The Authorize dialog asks for no cookie: no script may set the header Cookie, and the browser sends ours by itself.
const cookiesNeedNoValue = ({ React, getComponent }) => ({
  wrapComponents: {
    auths: (Original) => (props) => {
      if (!props.definitions.every((scheme) => scheme.get('in') === 'cookie')) {
        return React.createElement(Original, props);
      }
      const shown = props.definitions.map((scheme, name) => React.createElement('div', { key: name },
        React.createElement('h4', null, React.createElement('code', null, name), ' (cookie)'),
        React.createElement(getComponent('Markdown', true), { source: scheme.get('description') })));
      return React.createElement('div', { className: 'auth-container' }, shown.valueSeq().toArray());
    },
  },
});

const dark = matchMedia('(prefers-color-scheme: dark)');
const dress = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', dress);
dress();

SwaggerUIBundle({
  dom_id: '#page',
  url: '/openapi.json',
  withCredentials: true,
  validatorUrl: null,
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  queryConfigEnabled: false,
  plugins: [cookiesNeedNoValue],
});
