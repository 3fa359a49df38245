import { isDark, loadDocument, ready, root } from "./docs.js";

// ReDoc shows a logo from a server of its makers; the words beside it stay.
const source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
const isForeign = (url) => new URL(url, location.href).host === "cdn.redoc.ly";
Object.defineProperty(HTMLImageElement.prototype, "src", {
  ...source,
  set(url) {
    if (!isForeign(url)) source.set.call(this, url);
  },
});
HTMLImageElement.prototype.setAttribute = function setAttribute(name, value) {
  if (name !== "src" || !isForeign(value)) Element.prototype.setAttribute.call(this, name, value);
};

const dark = {
  colors: {
    primary: { main: "#8ab4f8" },
    text: { primary: "#e3e6ea", secondary: "#b4bac2" },
    border: { dark: "#3c434b", light: "#3c434b" },
    gray: { 50: "#23282e", 100: "#2b3138" },
    http: { get: "#5fb878", post: "#6ea8fe", put: "#d9a05b", delete: "#e57373" },
    responses: {
      success: { color: "#7fd18c", backgroundColor: "#1f2d23", tabTextColor: "#7fd18c" },
      error: { color: "#f19999", backgroundColor: "#332022", tabTextColor: "#f19999" },
    },
  },
  schema: { nestedBackground: "#23282e", typeNameColor: "#b4bac2", typeTitleColor: "#b4bac2" },
  sidebar: { backgroundColor: "#1c2025", textColor: "#e3e6ea", activeTextColor: "#8ab4f8" },
  rightPanel: { backgroundColor: "#15181c" },
  typography: {
    code: { color: "#f0a3a3", backgroundColor: "#23282e" },
    links: { color: "#8ab4f8", visited: "#8ab4f8", hover: "#aecbfa" },
  },
};

ready("Redoc").init(
  await loadDocument(),
  {
    expandResponses: "200,201",
    hideDownloadButton: true,
    nativeScrollbars: true,
    sanitize: true,
    theme: isDark ? dark : {},
  },
  root,
);
