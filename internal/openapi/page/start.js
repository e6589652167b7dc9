// Starts Swagger UI on this service's own document. Requests carry the cookies of this origin; no validator is asked.
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
});
