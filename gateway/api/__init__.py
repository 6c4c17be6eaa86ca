"""The HTTP API: JSON under `/v1`, one module for each resource, and its OpenAPI document.

Owns: resources, who may use them, their documentation.
Does not own: what happens to a message; the API calls the services in `gateway.api.services`.
Always true: every answer carries the API version and the security headers; every refusal is a problem with its own
page; the OpenAPI document and the application are made from the same routes.
"""
