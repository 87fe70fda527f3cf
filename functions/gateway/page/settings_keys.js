// The keys: which one the page uses, which ones there are, new ones, and revoking.

import { account, may } from "./account.js";
import { getJson, send } from "./api.js";
import { button, confirmed, element, toast } from "./elements.js";
import { attempt, checkboxes, checkedIn, factList, fill, formDialog, labelled, section, showSecret }
  from "./settings_parts.js";
import { momentText } from "./words.js";

const SCOPES = [
  ["read", "Read: see recordings, transcripts and sound"],
  ["write", "Write: add recordings, run again, cancel, correct"],
  ["erase", "Erase recordings"],
  ["admin", "Admin: make and revoke keys"],
];

export function ownKeySection() {
  const { name, scopes, folder, expires, prefix } = account();
  const made = section("Your key", "");
  made.append(factList([
    ["Name", name],
    ["Begins with", element("code", { text: prefix })],
    ["May", scopes.join(", ")],
    ["Folder", folder || "all"],
    ["Valid until", momentText(expires) || "it is revoked"],
  ]));
  return made;
}

export function keysSection() {
  const list = element("div");
  const draw = () => fill(list, async () => {
    const { keys } = await getJson("api/v1/keys");
    return [keyTable(keys, draw)];
  });
  const add = button("New key", () => askForKey(draw));
  const made = section("Keys", "Programs and people log in with a key. Each can be confined to a folder.", [add]);
  made.append(list);
  draw();
  return made;
}

/** @param {any[]} keys @param {() => Promise<void>} changed */
function keyTable(keys, changed) {
  const rows = keys.map((key) => keyRow(key, changed));
  return element("ul", { class: "entries" }, rows);
}

/** @param {any} key @param {() => Promise<void>} changed */
function keyRow(key, changed) {
  const isOver = key.revoked !== null || (key.expires !== null && new Date(key.expires) < new Date());
  const facts = [
    key.scopes.join(", "),
    key.folder ? `folder ${key.folder}` : "",
    key.revoked ? `revoked ${momentText(key.revoked)}` : "",
    key.expires && !key.revoked ? `valid until ${momentText(key.expires)}` : "",
    key.last_used ? `last used ${momentText(key.last_used)}` : "never used",
  ].filter((text) => text);
  const isOwn = key.id === account().id;
  const name = element("p", { class: "entry-name" }, [
    element("span", { text: key.name, attributes: { dir: "auto" } }),
    element("code", { text: `${key.prefix}…` }),
    ...(isOwn ? [element("span", { class: "badge", text: "this page's" })] : []),
  ]);
  const text = element("div", { class: "entry-text" }, [
    name, element("p", { class: "facts-line" }, facts.map((fact) => element("span", { text: fact }))),
  ]);
  const attributes = { "aria-label": `Revoke ${key.name}` };
  const revoke = button("Revoke", () => revokeKey(key, changed), { class: "quiet", attributes });
  return element("li", { class: isOver ? "entry over" : "entry" }, isOver ? [text] : [text, revoke]);
}

/** @param {any} key @param {() => Promise<void>} changed */
async function revokeKey(key, changed) {
  const isOwn = key.id === account().id;
  const text = isOwn
    ? "It is the key of this page: you will be logged out. Whoever uses it is refused from now on."
    : "Whoever uses it is refused from now on, and its webhooks are paused.";
  const question = { title: `Revoke “${key.name}”?`, text, yes: "Revoke", isDangerous: true };
  if (!await confirmed(question)) return;
  await attempt(async () => {
    await send("DELETE", `api/v1/keys/${encodeURIComponent(key.id)}`);
    toast(`“${key.name}” was revoked.`, { kind: "good" });
    await changed();
  });
}

/** @param {() => Promise<void>} changed */
function askForKey(changed) {
  const name = element("input", { attributes: { id: "key-name", required: true, maxlength: 200 } });
  const scopes = checkboxes("scope", SCOPES.filter(([scope]) => may(scope)),
    (scope) => scope === "read" || scope === "write", "What it may do");
  const folder = element("input", { attributes: { id: "key-folder", spellcheck: "false" } });
  folder.value = account().folder;
  const expires = element("input", { attributes: { id: "key-expires", type: "date" } });
  const fields = [
    labelled("Name", name, "Such as “Anna's laptop”."),
    scopes,
    labelled("Folder", folder, "Confines it to a folder of the inbox. Empty: everything that your key sees."),
    labelled("Valid until", expires, "Empty: until it is revoked."),
  ];
  formDialog("New key", fields, "Make the key", async () => {
    const asked = {
      name: name.value.trim(),
      scopes: checkedIn(scopes),
      folder: folder.value.trim(),
      expires: expires.value ? `${expires.value}T00:00:00Z` : null,
    };
    const { body } = await send("POST", "api/v1/keys", asked);
    await changed();
    const text = "Copy it now: it is shown only here, and stored nowhere.";
    setTimeout(() => showSecret(`The key “${body.name}”`, text, body.key));
  });
}
