// What every documentation page begins with: the document, made safe to be shown as Markdown.

export const root = document.getElementById("docs");
export const isDark = matchMedia("(prefers-color-scheme: dark)").matches;

document.documentElement.classList.toggle("dark-mode", isDark);

/** Markdown whose HTML is shown and does nothing; what stands in code is shown as it is anyway. */
function escapeMarkdown(text) {
  return text
    .split(/(```[^]*?```|`[^`\n]*`)/)
    .map((part, index) => (index % 2 ? part : part.replaceAll("<", "&lt;")))
    .join("");
}

/** A part of a document with every description escaped. */
function escapeDescriptions(value) {
  if (Array.isArray(value)) return value.map(escapeDescriptions);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      key === "description" && typeof each === "string"
        ? escapeMarkdown(each)
        : escapeDescriptions(each),
    ]),
  );
}

/** The document, or what the page says in its place. */
export async function loadDocument() {
  try {
    const answer = await fetch(root.dataset.url, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return escapeDescriptions(await answer.json());
  } catch (error) {
    root.textContent = `The document ${root.dataset.url} cannot be read: ${error.message}`;
    root.setAttribute("role", "alert");
    throw error;
  }
}

/** The parts of a path that swallow a script which is to run before this one goes on. */
export function ready(name) {
  if (!(name in window)) {
    root.textContent = "The page cannot be shown: its script was not loaded.";
    root.setAttribute("role", "alert");
    throw new Error(`${name} is not loaded`);
  }
  return window[name];
}
