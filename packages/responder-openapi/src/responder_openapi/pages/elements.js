import { isDark, loadDocument, root } from "./docs.js";

document.documentElement.dataset.theme = isDark ? "dark" : "light";
const page = document.createElement("elements-api");
page.setAttribute("router", "hash");
page.setAttribute("layout", "responsive");
const loaded = await loadDocument();
await customElements.whenDefined("elements-api");
page.apiDescriptionDocument = JSON.stringify(loaded);
root.append(page);
