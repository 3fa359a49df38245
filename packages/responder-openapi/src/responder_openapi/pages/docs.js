// What every documentation page begins with: the document, made safe to be shown as Markdown.

export const root = document.getElementById("docs");
export const isDark = matchMedia("(prefers-color-scheme: dark)").matches;

document.documentElement.classList.toggle("dark-mode", isDark);

/**
 * Markdown whose HTML is shown and does nothing, in code and outside of it.
 *
 * Where "<" could begin a tag, an invisible character keeps it from that. An entity would do too,
 * but in code Markdown shows an entity as it is written.
 */
function escapeMarkdown(text) {
  return text.replaceAll(/<(?=[a-z/!?])/gi, "<\u200d");
}

// The members that hold values of a program, which are no words of ours to change.
const values = new Set(["const", "dataValue", "default", "enum", "example", "value"]);
// Those whose keys are names of a program, so that "default" in them is a name as any other.
const named = new Set([
  "$defs", "callbacks", "content", "dependentSchemas", "encoding", "examples", "headers", "links",
  "parameters", "pathItems", "paths", "patternProperties", "properties", "requestBodies",
  "responses", "schemas", "securitySchemes", "variables", "webhooks",
]);

/** A part of a document with every description escaped; the keys of it may be names. */
function escapeDescriptions(part, hasNames = false) {
  if (Array.isArray(part)) return part.map((each) => escapeDescriptions(each));
  if (part === null || typeof part !== "object") return part;
  const escape = ([key, each]) => {
    if (hasNames) return [key, escapeDescriptions(each)];
    if (typeof each === "string" && key === "description") return [key, escapeMarkdown(each)];
    if (values.has(key) || (key === "examples" && Array.isArray(each))) return [key, each];
    return [key, escapeDescriptions(each, named.has(key))];
  };
  return Object.fromEntries(Object.entries(part).map(escape));
}

/** The document, or what the page says in its place. */
export async function loadDocument() {
  try {
    const answer = await fetch(root.dataset.url, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    const loaded = escapeDescriptions(await answer.json());
    root.replaceChildren();
    return loaded;
  } catch (error) {
    root.textContent = `The document ${root.dataset.url} cannot be read: ${error.message}`;
    root.setAttribute("role", "alert");
    throw error;
  }
}

/** What a script of the theme leaves in the window; where it was not loaded, the page says so. */
export function ready(name) {
  if (!(name in window)) {
    root.textContent = "The page cannot be shown: its script was not loaded.";
    root.setAttribute("role", "alert");
    throw new Error(`${name} is not loaded`);
  }
  return window[name];
}
