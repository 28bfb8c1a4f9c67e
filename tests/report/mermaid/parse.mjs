// Parses Mermaid charts with Mermaid's own parser: a JSON list of texts on stdin, a JSON list of results on stdout.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

const dom = new JSDOM("<body></body>");
globalThis.window = dom.window;
globalThis.document = dom.window.document;
const { default: mermaid } = await import("mermaid");

const results = [];
for (const text of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    await mermaid.parse(text);
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    const tasks = db.getTasks().map((task) => ({ name: task.task.trim(), section: task.section }));
    results.push({ tasks });
  } catch (error) {
    results.push({ error: String(error.message).split("\n")[0] });
  }
}
process.stdout.write(JSON.stringify(results));
