// Follows a job with `eventsource`, as a browser's EventSource does, and prints each event as a line of JSON. It does not
// close the stream: it is the server that says when there is nothing more to come.

import { EventSource } from "eventsource";

const [address, key] = process.argv.slice(2);
const print = (line) => console.log(JSON.stringify(line));
const events = new EventSource(address, {
  fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, "X-API-Key": key } }),
});

for (const name of ["job.state", "job.progress", "job.segment", "job.done", "job.failed", "job.cancelled"]) {
  events.addEventListener(name, (event) => print({ name, id: event.lastEventId, data: JSON.parse(event.data) }));
}
events.addEventListener("error", (error) => {
  print({ name: "error", code: error.code ?? null, closed: events.readyState === EventSource.CLOSED });
});
