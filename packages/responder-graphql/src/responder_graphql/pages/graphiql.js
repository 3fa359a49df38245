// GraphiQL for the endpoint that this page was served by.

const root = document.getElementById("graphiql");

if (!("GraphiQL" in window)) {
  root.textContent = "GraphiQL cannot be shown: its script was not loaded.";
  root.setAttribute("role", "alert");
  throw new Error("GraphiQL is not loaded");
}

const url = new URL(root.dataset.url, location.href);
const socket = new URL(url);
socket.protocol = url.protocol.replace("http", "ws");

/** The results of a subscription as they come over an event stream. */
async function* follow(params, options) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { ...options.headers, "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify(params),
  });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (text + value).split("\n\n");
      text = events.pop();
      for (const event of events) {
        const lines = event.split("\n");
        const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
        if (lines.includes("event: next")) yield JSON.parse(data.join("\n"));
      }
    }
  } finally {
    await reader.cancel();
  }
}

const client = root.dataset.socket ? graphqlWs.createClient({ url: socket.href }) : null;
const fetcher = GraphiQL.createFetcher({ url: url.href });
const isSubscription = (text, name) =>
  new RegExp(name ? `\\bsubscription\\s+${name}\\b` : "\\bsubscription\\b").test(text);

/**
 * Queries by POST; subscriptions over a WebSocket, or as an event stream: where there is none, and
 * where the editor has header fields, which a browser sends with no WebSocket.
 */
function send(params, more = {}) {
  if (!isSubscription(params.query, params.operationName)) return fetcher(params, more);
  const hasHeaders = Object.keys(more.headers ?? {}).length > 0;
  return client && !hasHeaders ? client.iterate(params) : follow(params, more);
}

ReactDOM.createRoot(root).render(
  React.createElement(GraphiQL, { fetcher: send, shouldPersistHeaders: false }),
);
