// Webhooks: addresses that are sent how jobs end.

import { getJson, send } from "./api.js";
import { button, confirmed, element, openDialog, toast } from "./elements.js";
import { menuButton } from "./menu.js";
import { attempt, checkboxes, checkedIn, fill, formDialog, labelled, section, showSecret }
  from "./settings_parts.js";
import { momentText } from "./words.js";

const TYPES = [
  ["dropscribe.job.done", "A recording is done"],
  ["dropscribe.job.failed", "A recording has failed"],
  ["dropscribe.job.cancelled", "A job was cancelled"],
  ["dropscribe.batch.done", "All jobs of a batch have ended"],
];
const PAUSES = {
  failing: "Paused: every attempt of three days failed.",
  gone: "Paused: the address answered that it is gone (410).",
  key_invalid: "Paused: the key that it belongs to was revoked or has expired.",
};
const OUTCOMES = { due: "will be tried", delivered: "delivered", failed: "failed", dropped: "not sent" };
const SECRET_TEXT = "It proves that what is sent comes from here. Copy it now: it is shown only here.";

export function webhooksSection() {
  const list = element("div");
  const draw = () => fill(list, async () => {
    const { webhooks } = await getJson("api/v1/webhooks");
    if (webhooks.length === 0) return [element("p", { class: "quiet-text", text: "There are none." })];
    const rows = webhooks.map((/** @type {any} */ webhook) => webhookRow(webhook, draw));
    return [element("ul", { class: "entries" }, rows)];
  });
  const add = button("New webhook", () => askForWebhook(draw));
  const made = section("Webhooks", "An address of yours that is called when a job ends.", [add]);
  made.append(list);
  draw();
  return made;
}

/** @param {any} webhook @param {() => Promise<void>} changed */
function webhookRow(webhook, changed) {
  const types = webhook.types.map((/** @type {string} */ type) => textOfType(type).toLowerCase());
  const facts = [
    types.length > 0 ? types.join(", ") : "all events",
    webhook.folder ? `folder ${webhook.folder}` : "",
    webhook.failing_since ? `failing since ${momentText(webhook.failing_since)}` : "",
  ].filter((text) => text);
  const parts = [
    element("p", { class: "entry-name" }, [element("span", { text: webhook.url })]),
    element("p", { class: "facts-line" }, facts.map((text) => element("span", { text }))),
  ];
  if (webhook.description) parts.splice(1, 0, element("p", { text: webhook.description, attributes: { dir: "auto" } }));
  const reason = PAUSES[/** @type {keyof typeof PAUSES} */ (webhook.paused_because)];
  if (webhook.state === "paused") parts.push(element("p", { class: "reason", text: reason ?? "Paused." }));
  const menu = menuButton(`More for ${webhook.url}`, () => actionsOf(webhook, changed));
  return element("li", { class: "entry" }, [element("div", { class: "entry-text" }, parts), menu]);
}

/** @param {any} webhook @param {() => Promise<void>} changed */
function actionsOf(webhook, changed) {
  const path = `api/v1/webhooks/${encodeURIComponent(webhook.id)}`;
  const resume = () => attempt(async () => {
    await send("POST", `${path}/resume`);
    toast("What ends from now on is sent again.", { kind: "good" });
    await changed();
  });
  const test = () => attempt(async () => {
    await send("POST", `${path}/test`);
    toast("A test is on its way.", { action: { text: "See what came of it", press: () => showDeliveries(webhook) } });
  });
  const first = webhook.state === "paused" ? { text: "Resume", press: resume } : { text: "Send a test", press: test };
  return [
    first,
    { text: "Deliveries", press: () => showDeliveries(webhook) },
    { text: "New secret…", press: () => rotate(webhook, path, changed) },
    { text: "Delete…", press: () => remove(webhook, path, changed), isDangerous: true },
  ];
}

/** @param {any} webhook @param {string} path @param {() => Promise<void>} changed */
async function rotate(webhook, path, changed) {
  const text = "What is sent is signed with both secrets for 24 hours, so that the receiver can change.";
  if (!await confirmed({ title: "Replace the secret?", text, yes: "Replace" })) return;
  await attempt(async () => {
    const { body } = await send("POST", `${path}/rotate`);
    await changed();
    showSecret("The new secret", SECRET_TEXT, body.secret);
  });
}

/** @param {any} webhook @param {string} path @param {() => Promise<void>} changed */
async function remove(webhook, path, changed) {
  const text = `Nothing more is sent to ${webhook.url}.`;
  if (!await confirmed({ title: "Delete the webhook?", text, yes: "Delete", isDangerous: true })) return;
  await attempt(async () => {
    await send("DELETE", path);
    await changed();
  });
}

/** @param {() => Promise<void>} changed */
function askForWebhook(changed) {
  const address = element("input", { attributes: {
    id: "webhook-url", type: "url", required: true, placeholder: "https://", spellcheck: "false",
  } });
  const types = checkboxes("type", TYPES, () => true, "What it is sent");
  const folder = element("input", { attributes: { id: "webhook-folder", spellcheck: "false" } });
  const description = element("input", { attributes: { id: "webhook-description", maxlength: 200 } });
  const fields = [
    labelled("Address", address, "It begins with https://."),
    types,
    labelled("Folder", folder, "Only recordings of this folder. Empty: all that your key sees."),
    labelled("Description", description),
  ];
  formDialog("New webhook", fields, "Make the webhook", async () => {
    const chosen = checkedIn(types);
    const asked = {
      url: address.value.trim(),
      types: chosen.length === TYPES.length ? [] : chosen,
      folder: folder.value.trim() || null,
      description: description.value.trim(),
    };
    const { body } = await send("POST", "api/v1/webhooks", asked);
    await changed();
    setTimeout(() => showSecret("The webhook's secret", SECRET_TEXT, body.secret));
  });
}

// Deliveries

/** @param {any} webhook */
function showDeliveries(webhook) {
  const path = `api/v1/webhooks/${encodeURIComponent(webhook.id)}/deliveries`;
  const list = element("div", { class: "deliveries" });
  const draw = () => fill(list, async () => {
    const { deliveries } = await getJson(path);
    if (deliveries.length === 0) return [element("p", { class: "quiet-text", text: "Nothing was sent yet." })];
    const rows = deliveries.map((/** @type {any} */ delivery) => deliveryRow(delivery, path, draw));
    return [element("ul", { class: "entries" }, rows)];
  });
  const buttons = element("div", { class: "buttons" }, [
    button("Look again", draw), button("Close", () => dialog.close(), { class: "primary" }),
  ]);
  const dialog = openDialog("Deliveries", [element("p", { class: "quiet-text", text: webhook.url }), list, buttons]);
  draw();
}

/** @param {any} delivery @param {string} path @param {() => Promise<void>} changed */
function deliveryRow(delivery, path, changed) {
  const last = delivery.attempts.at(-1);
  const answer = last ? (last.status ? `answered ${last.status}` : last.error ?? "") : "";
  const outcome = OUTCOMES[/** @type {keyof typeof OUTCOMES} */ (delivery.state)] ?? delivery.state;
  const tries = delivery.attempts.length > 1 ? `${delivery.attempts.length} attempts` : "";
  const facts = [momentText(delivery.created), outcome, answer, tries].filter((text) => text);
  const text = element("div", { class: "entry-text" }, [
    element("p", { class: "entry-name" }, [element("span", { text: textOfType(delivery.type) })]),
    element("p", { class: "facts-line" }, facts.map((fact) => element("span", { text: fact }))),
  ]);
  const again = button("Send again", () => attempt(async () => {
    await send("POST", `${path}/${encodeURIComponent(delivery.event_id)}/replay`);
    await changed();
  }), { class: "quiet" });
  return element("li", { class: "entry" }, [text, again]);
}

/** @param {string} type */
function textOfType(type) {
  if (type === "dropscribe.webhook.test") return "Test";
  return TYPES.find(([name]) => name === type)?.[1] ?? type;
}
