// A file of its own: the content security policy allows no inline script.
globalThis.SwaggerUIBundle({
  url: '/api/v1/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  supportedSubmitMethods: ['get', 'post', 'put', 'delete'],
  validatorUrl: null,
})
