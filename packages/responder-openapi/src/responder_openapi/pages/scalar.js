import { isDark, loadDocument, ready, root } from "./docs.js";

ready("Scalar").createApiReference(root, {
  content: await loadDocument(),
  darkMode: isDark,
  hideClientButton: true,
  showDeveloperTools: "never",
  telemetry: false,
  withDefaultFonts: false,
});
