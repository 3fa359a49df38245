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
const values = new Set(["const", "default", "enum", "example", "examples", "value"]);

/** A part of a document with every description escaped. */
function escapeDescriptions(value) {
  if (Array.isArray(value)) return value.map(escapeDescriptions);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      if (typeof each === "string" && key === "description") return [key, escapeMarkdown(each)];
      return [key, values.has(key) ? each : escapeDescriptions(each)];
    }),
  );
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
