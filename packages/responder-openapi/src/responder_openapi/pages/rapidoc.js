import { isDark, loadDocument, root } from "./docs.js";

const page = document.createElement("rapi-doc");
page.setAttribute("theme", isDark ? "dark" : "light");
page.setAttribute("render-style", "read");
page.setAttribute("show-header", "false");
page.setAttribute("load-fonts", "false");
const loaded = await loadDocument();
root.append(page);
await customElements.whenDefined("rapi-doc");
page.loadSpec(loaded);
