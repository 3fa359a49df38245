import { loadDocument, ready, root } from "./docs.js";

ready("SwaggerUIBundle")({
  spec: await loadDocument(),
  domNode: root,
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  filter: true,
  oauth2RedirectUrl: new URL(root.dataset.redirect, location.href).href,
  // It would send the document to another server.
  validatorUrl: null,
});
