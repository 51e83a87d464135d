// Microsoft's own JavaScript client against a sandbox: lists, pages with its
// PageIterator, batches, patches and deletes contacts, events and tasks.
//
//   node client.mjs ready.json
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import { BatchRequestContent, BatchResponseContent, Client, GraphError, PageIterator } from "@microsoft/microsoft-graph-client";

const ready = JSON.parse(readFileSync(process.argv[2], "utf8"));

async function token() {
  const answer = await fetch(`${ready.authority}/${ready.tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: ready.clientId,
      client_secret: ready.clientSecret,
      scope: "https://graph.microsoft.com/.default",
    }),
  });
  assert.equal(answer.status, 200);
  return (await answer.json()).access_token;
}

const bearer = await token();
const client = Client.init({
  baseUrl: ready.graph,
  customHosts: new Set([new URL(ready.graph).hostname]),
  authProvider: (done) => done(null, bearer),
});

// all reads a collection to its end with the client's own iterator.
async function all(path) {
  const first = await client.api(path).header("Prefer", "odata.maxpagesize=7").get();
  const items = [];
  await new PageIterator(client, first, (item) => items.push(item)).iterate();
  return items;
}

async function refused(status, call) {
  const error = await call().then(() => assert.fail(`expected ${status}`), (e) => e);
  assert.ok(error instanceof GraphError, String(error));
  assert.equal(error.statusCode, status, `${error.code}: ${error.message}`);
  return error;
}

let checks = 0;
async function check(name, body) {
  await body();
  checks++;
  console.log(`ok ${name}`);
}

const users = await all("/users");
const user = users.find((u) => u.mail?.startsWith("benno"));
const me = `/users/${user.id}`;

await check("users are paged", () => assert.equal(users.length, 13));

await check("a user without a mailbox is refused", async () => {
  const without = users.find((u) => !u.mail) ?? users.at(-1);
  await refused(404, () => client.api(`/users/${without.id}/contacts`).get());
});

await check("contacts are paged, selected and filtered", async () => {
  const contacts = await all(`${me}/contacts`);
  assert.equal(contacts.length, new Set(contacts.map((c) => c.id)).size);
  assert.ok(contacts.length > 10, `${contacts.length} contacts`);
  const marked = await client.api(`${me}/contacts`).filter("categories/any(c:c eq 'Sync with Salesforce')").select("displayName,categories").top(999).get();
  assert.equal(marked.value.length, contacts.filter((c) => c.categories.includes("Sync with Salesforce")).length);
  assert.equal(marked.value[0].emailAddresses, undefined);
});

await check("a contact is created, changed and deleted", async () => {
  const made = await client.api(`${me}/contacts`).post({ givenName: "Ada", displayName: "Ada Example", categories: ["CRM"] });
  const changed = await client.api(`${me}/contacts/${made.id}`).header("If-Match", made["@odata.etag"]).patch({ categories: ["CRM", "Personal"], displayName: "Ada Example" });
  assert.deepEqual(changed.categories, ["CRM", "Personal"]);
  assert.notEqual(changed["@odata.etag"], made["@odata.etag"]);
  await client.api(`${me}/contacts/${made.id}`).delete();
  const gone = await refused(404, () => client.api(`${me}/contacts/${made.id}`).get());
  assert.equal(gone.code, "ErrorItemNotFound");
});

await check("an event is listed, changed and deleted", async () => {
  const events = await all(`${me}/events`);
  assert.ok(events.every((e) => ["singleInstance", "seriesMaster"].includes(e.type)));
  const one = events.find((e) => e.type === "singleInstance" && e.attendees.length === 0);
  const changed = await client.api(`${me}/events/${one.id}`).patch({ categories: ["Personal"] });
  assert.deepEqual(changed.categories, ["Personal"]);
  await client.api(`${me}/events/${one.id}`).delete();
  await refused(404, () => client.api(`${me}/events/${one.id}`).get());
});

await check("a task is created, listed, changed and deleted", async () => {
  const lists = await all(`${me}/todo/lists?$top=100`);
  const list = lists.find((l) => l.wellknownListName === "defaultList");
  const made = await client.api(`${me}/todo/lists/${list.id}/tasks`).post({ title: "Ring Bo" });
  const changed = await client.api(`${me}/todo/lists/${list.id}/tasks/${made.id}`).patch({ categories: ["Personal"] });
  assert.deepEqual(changed.categories, ["Personal"]);
  const tasks = await all(`${me}/todo/lists/${list.id}/tasks`);
  assert.ok(tasks.some((t) => t.id === made.id));
  await client.api(`${me}/todo/lists/${list.id}/tasks/${made.id}`).delete();
  await refused(404, () => client.api(`${me}/todo/lists/${list.id}/tasks/${made.id}`).get());
  const select = await refused(400, () => client.api(`${me}/todo/lists`).select("displayName").get());
  assert.equal(select.code[0], select.code[0].toLowerCase(), "To Do speaks the other dialect");
});

await check("a batch reads and deletes", async () => {
  const contacts = (await all(`${me}/contacts`)).slice(0, 3);
  const steps = contacts.map((c, i) => ({ id: String(i + 1), request: new Request(`${ready.graph}/v1.0${me}/contacts/${c.id}`, { method: i === 0 ? "DELETE" : "GET" }) }));
  const content = await new BatchRequestContent(steps).getContent();
  for (const request of content.requests) request.url = request.url.replace(/^\/v1\.0/, "");
  const answers = new BatchResponseContent(await client.api("/$batch").post(content));
  assert.equal(answers.getResponseById("1").status, 204);
  for (const id of ["2", "3"]) assert.equal((await answers.getResponseById(id).json()).id, contacts[id - 1].id);
});

await check("nobody was mailed", async () => {
  const outbox = await (await fetch(`${ready.control}outbox`)).json();
  assert.deepEqual(outbox, []);
});

assert.ok(checks >= 8, `only ${checks} checks ran`);
console.log(`${checks} passed, 0 failed`);
