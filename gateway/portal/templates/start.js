SwaggerUIBundle({
  url: "/v1/openapi.json", dom_id: "#swagger-ui", deepLinking: true, docExpansion: "none", validatorUrl: null,
  tryItOutEnabled: true, displayRequestDuration: true, defaultModelsExpandDepth: -1,
});
