// The page of `mockcloud dashboard`. All that comes of the lab is put in as text (textContent), never as HTML.
"use strict";

const byId = (id) => document.getElementById(id);
const STATES = { True: "good", Running: "good", Succeeded: "good", Completed: "good", ready: "good", done: "good",
  False: "bad", Failed: "bad", Warning: "bad", Unknown: "bad" };
const HEALTH = { active: "good", healthy: "good", failed: "bad", unhealthy: "bad" };
const MOST_SPOKEN = 10;
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const lab = { hosts: [], daemons: [], faults: [], known: {}, services: [], pods: [] };

// ---- elements, by what they are to be -----------------------------------------------------------------------------

// An element to be: its name, what it says or has in it, its attributes.
const made = (name, inside = "", attributes = {}) => ({ name, inside, attributes });
const state = (text, kind = STATES[text] ?? "waiting") => made("span", text, { class: "state", "data-state": kind });
const faint = (text) => made("span", text, { class: "faint" });
const address = (text) => made("span", text, { class: "address" });

// Make `parent` have just these, changing only what differs: focus, and what a screen reader reads, stay where they are.
function fill(parent, wanted) {
  const keys = wanted.map((each, at) => `${each.name} ${each.attributes.key ?? at}`);
  const old = new Map([...parent.children].map((each) => [each.dataset.key, each]));
  for (const [key, element] of old) if (!keys.includes(key)) leave(element);
  wanted.forEach((each, at) => {
    const element = old.get(keys[at]) ?? document.createElement(each.name);
    element.dataset.key = keys[at];
    if (parent.children[at] !== element) parent.insertBefore(element, parent.children[at] ?? null);
    become(element, each);
  });
}

// Who was on it, or in it, is then at the part of the page where it was.
function leave(element) {
  const part = element.contains(document.activeElement) && element.closest("section");
  element.remove();
  if (part) part.focus();
}

function become(element, { inside, attributes }) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "key") continue;
    if (name === "press") element.onclick = value;
    else if (value === null) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
  }
  if (Array.isArray(inside) && element.firstChild?.nodeType === Node.TEXT_NODE) element.textContent = "";
  if (Array.isArray(inside)) fill(element, inside.filter(Boolean));
  else if (element.textContent !== String(inside)) element.textContent = inside;
}

function when(text) {
  const time = new Date(text);
  if (!text || Number.isNaN(time.getTime())) return null;
  const today = time.toDateString() === new Date().toDateString();
  return made("time", today ? time.toLocaleTimeString([], CLOCK) : time.toLocaleString([], { ...CLOCK, day: "numeric", month: "short" }), { datetime: text });
}

function rows(body, items, cells) {
  const heads = [...body.closest("table").querySelectorAll("thead th")].map((each) => each.textContent);
  fill(body, items.map((item) => made("tr", cells(item).map((inside, at) =>
    made(at ? "td" : "th", inside, { "data-head": heads[at], ...(at ? {} : { scope: "row" }) })), { key: item.key })));
}

const named = (item) => (item.namespace ? `${item.namespace}/${item.name}` : item.name);

// ---- the parts of the picture -------------------------------------------------------------------------------------

const show = {
  lab(told) {
    byId("lab-name").textContent = told.name;
    lab.daemons = told.daemons;
    fill(byId("daemons"), told.daemons.map(daemon));
    choices();
    document.title = `${told.name} · mockcloud`;
    connection(told.connected ? told.phase === "running" ? "live" : told.phase : "its API does not answer",
      told.connected && told.phase === "running" ? "good" : "waiting");
  },
  hosts(told) {
    lab.hosts = told;
    cards();
    choices();
    ends();
    speak("node", told.filter((each) => each.ready), (each) => `${each.name} is ${each.ready === "True" ? "ready" : "not ready"}`);
  },
  faults(told) {
    lab.faults = told;
    cards();
    fill(byId("fault-list"), told.map((each) => made("li", [
      made("span", each.what, { class: "bad" }), faint(`fault ${each.id}, since `), when(each.since),
      made("button", "Mend", { key: "mend", type: "button", "aria-label": `Mend fault ${each.id}: ${each.what}`, press: () => ask("DELETE", `faults/${each.id}`) }),
    ], { key: each.id })));
    byId("mend-all").hidden = told.length < 2;
    speak("fault", told.map((each) => ({ ...each, name: each.id })), (each) => each.what, (id) => `fault ${id} is mended`);
  },
  services(told) {
    lab.services = told;
    ends();
    rows(byId("service-rows"), told, (each) => [named(each), each.type, [address(each.cluster_ip)],
      each.external.map(address), each.ports.join(", "),
      each.announced ? [state(each.announced === "True" ? `by ${each.announcers.join(", ") || "?"}` : "no", STATES[each.announced]), faint(` ${each.said}`)] : "",
      [when(each.since)]]);
    speak("service", told.filter((each) => each.announced).map((each) => ({ ...each, name: named(each) })),
      (each) => `${each.name}: ${each.announced === "True" ? `announced by ${each.announcers.join(", ")}` : "announced by nobody"}`);
  },
  pods(told) {
    lab.pods = told;
    ends();
    rows(byId("pod-rows"), told, (each) => [named(each), [state(each.phase)], each.ready, each.restarts, each.node, [address(each.ip)], [when(each.since)]]);
  },
  pools(told) {
    const verdict = byId("verdict");
    verdict.textContent = told.said;
    verdict.className = told.wrong ? "bad" : "faint";
    fill(byId("pool-list"), told.pools.map((each, at) => made("li", [
      made("strong", each.name),
      made("meter", "", { min: 0, max: 1, value: each.share, high: 0.9, optimum: 0, "aria-label": `use of pool ${each.name}` }),
      made("span", `${each.used} of ${each.size} in use`), address(each.addresses.join(", ")),
      faint(each.automatic ? "" : "only for Services that ask for it"), made("span", each.note, { class: "bad" }),
    ], { key: at })));
  },
  probe(told) {
    byId("probe-stop").hidden = !told.running;
    if (!told.target) return;
    const end = told.running ? "" : `; ${told.said}`;
    byId("probe-said").textContent = `${told.target}: ${told.tried} connections, ${told.lost} lost; longest time without one: ${told.longest.toFixed(2)} s${end}`;
    fill(byId("bars"), told.bars.map((kind) => made("span", "", { class: kind })));
    byId("bars").setAttribute("aria-label", `The last minute: ${told.bars.filter((kind) => kind === "bad" || kind === "mixed").length} of 120 half seconds with lost connections`);
    fill(byId("gaps"), told.gaps.map((each) => made("li", [made("span", `${each.seconds.toFixed(2)} s without a connection`, { class: "bad" }),
      faint("from"), when(new Date(each.began * 1000).toISOString()), faint(each.over ? "" : "until now")], { key: each.began })));
  },
  cloud(told) {
    for (const part of document.querySelectorAll("[data-cloud]")) part.hidden = false;
    byId("cloud-said").textContent = told.said;
    rows(byId("target-rows"), told.targets, (each) => [each.balancer, each.kind, [state(each.state, HEALTH[each.state])],
      each.addresses.flatMap((text, at) => (at ? [made("span", " "), address(text)] : [address(text)])), each.port, each.target,
      each.health ? [state(each.health, HEALTH[each.health]), faint(each.why && ` ${each.why}`)] : ""]);
    rows(byId("call-rows"), told.calls, (each) => [[when(each.time)], each.dialect, each.asked,
      [state(each.status, each.status < 400 ? "" : "bad")], each.fault ? `${each.code} (fault: ${each.fault})` : each.code]);
    byId("bill").textContent = told.total;
    rows(byId("cost-rows"), told.costs, (each) => [each.what, each.name, each.hourly, each.so_far]);
    speak("target", told.targets.filter((each) => each.target).map((each) => ({ ...each, name: each.key })),
      (each) => `${each.balancer}: ${each.target} is ${each.health}`, (key) => `${key} is no target any more`);
  },
  events(told) {
    rows(byId("event-rows"), told, (each) => [[when(each.time)], [state(each.type, each.type === "Normal" ? "" : STATES[each.type])],
      each.reason, each.about, each.count > 1 ? `${each.message} (${each.count} times)` : each.message]);
  },
};

function cards() {
  fill(byId("host-cards"), lab.hosts.map((host) => {
    const cut = lab.faults.find((each) => each.kind === "link" && each.hosts.includes(host.name));
    const ready = { True: "ready", False: "not ready", Unknown: "not heard" }[host.ready];
    return made("li", [
      made("div", [made("h3", host.name), ready && state(ready, STATES[host.ready])], { class: "top" }),
      host.ready && made("span", [faint("since "), when(host.since), faint(` · ${host.pods} pods`)]),
      host.why && faint(host.why),
      made("div", host.addresses.map((each, at) => address(at ? `, ${each}` : each))),
      made("span", host.announces.length ? `announces ${host.announces.join(", ")}` : "", { class: "good" }),
      host.daemons.length && made("ul", host.daemons.map(daemon)),
      ...host.faults.map((text) => made("span", `✗ ${text}`, { class: "bad" })),
      host.addresses.length && made("button", cut ? "Mend the cable" : "Cut the cable", {
        key: "cable", type: "button", class: cut ? "on" : null, "aria-label": `${cut ? "Mend" : "Cut"} the cable of ${host.name}`,
        press: () => (cut ? ask("DELETE", `faults/${cut.id}`) : ask("POST", "faults", { kind: "link", hosts: [host.name] })),
      }),
    ], { key: host.name, class: "card", "data-broken": host.faults.length ? "" : null });
  }));
}

function daemon(told) {
  const restarts = told.restarts ? `, ${told.restarts} restarts` : "";
  const text = `${told.name}: ${told.state}${restarts}${told.note ? ` (${told.note})` : ""}`;
  return made("li", text, { key: told.name, class: STATES[told.state] === "good" ? "faint" : "waiting" });
}

function choices() {
  const option = (name) => made("option", name, { value: name, key: name });
  const form = byId("fault-form").elements;
  const own = lab.hosts.filter((each) => each.addresses.length).map((each) => each.name);
  const had = form.other.options.length;
  fill(form.host, own.map(option));
  fill(form.other, own.map(option));
  if (!had && own.length > 1) form.other.value = own[1];
  fill(form.daemon, [...lab.hosts.flatMap((each) => each.daemons), ...lab.daemons].map((each) => option(each.name)));
}

// Where a connection may begin and end.
function ends() {
  const form = byId("trace-form").elements;
  const own = lab.hosts.filter((each) => each.addresses.length).map((each) => each.name);
  const first = own.includes("client") ? ["client", ...own.filter((each) => each !== "client")] : own;
  const option = (value) => made("option", value, { value, key: value });
  fill(form.source, [...first, ...lab.pods.filter((each) => each.phase === "Running").map(named)].map(option));
  const tcp = lab.services.flatMap((each) => each.external.flatMap((text) =>
    each.ports.filter((port) => port.endsWith("/TCP")).map((port) => [text, port.split(/[:/]/)[0]])));
  fill(byId("probe-form").elements.place, tcp.map(([text, number]) => made("option", `${text}, port ${number}`, { value: `${text} ${number}`, key: `${text} ${number}` })));
  const host = (text) => (text.includes(":") ? `[${text}]` : text);
  fill(byId("targets"), lab.services.flatMap((each) => each.external.flatMap((text) => each.ports.map((port) => {
    const [number] = port.split(/[:/]/);
    return option(port.endsWith("/UDP") ? `udp://${host(text)}:${number}` : number === "80" ? `http://${host(text)}/` : `${host(text)}:${number}`);
  }))));
}

// The hops of each place together: a connection goes from place to place.
function draw(story) {
  const places = [];
  for (const hop of story.hops) {
    if (places.at(-1)?.where !== hop.where) places.push({ where: hop.where, hops: [] });
    places.at(-1).hops.push(made("li", hop.text, { class: hop.stage }));
  }
  const list = places.map((each) => made("li", [made("strong", each.where), made("ul", each.hops)], { "data-broken": null }));
  const { broken } = story;
  if (broken) list.push(made("li", [made("strong", broken.where), made("ul", [made("li", `${broken.why}: ${broken.text}`, { class: "bad" })])], { "data-broken": "" }));
  fill(byId("hops"), list);
  const way = `${story.source} to ${story.target}`;
  byId("trace-said").textContent = broken ? `${way}: broken at ${broken.where}` : `${way}: connected, by ${story.hops.length} steps`;
}

async function follow(event) {
  event.preventDefault();
  const { source, target } = event.target.elements;
  const button = event.target.querySelector("button");
  byId("trace-said").textContent = "A connection is made, and followed …";
  button.setAttribute("aria-disabled", "true");
  fill(byId("hops"), []);
  const story = await ask("POST", "trace", { source: source.value, target: target.value }, byId("trace-said"));
  button.removeAttribute("aria-disabled");
  if (story) draw(story);
}

// ---- what is said aloud -------------------------------------------------------------------------------------------

// Tell a screen reader what has changed since it was last told; nothing of the first picture.
function speak(about, items, text, gone) {
  const before = lab.known[about];
  const now = new Map(items.map((each) => [String(each.name), text(each)]));
  lab.known[about] = now;
  if (!before) return;
  const news = [...now].filter(([name, said]) => before.get(name) !== said).map(([, said]) => said);
  if (gone) news.push(...[...before.keys()].filter((name) => !now.has(name)).map(gone));
  if (!news.length) return;
  const place = byId("spoken");
  place.append(Object.assign(document.createElement("p"), { textContent: news.join("; ") }));
  while (place.childElementCount > MOST_SPOKEN) place.firstElementChild.remove();
}

function connection(text, kind) {
  const place = byId("connection");
  if (place.textContent !== text) place.textContent = text;
  place.dataset.state = kind;
}

// ---- what is asked ------------------------------------------------------------------------------------------------

// The answer; nothing where it was refused, which is said at `refused`.
async function ask(method, path, body, refused = byId("refused")) {
  try {
    const answer = await fetch(path, { method, ...(body && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }) });
    const told = await answer.json();
    refused.textContent = answer.ok ? "" : told.error;
    return answer.ok ? told : null;
  } catch {
    refused.textContent = "mockcloud dashboard does not answer: is it still running?";
    return null;
  }
}

function start() {
  const form = byId("fault-form");
  const fit = () => {
    for (const label of form.querySelectorAll("[data-for]")) {
      label.hidden = !label.dataset.for.split(" ").includes(form.elements.kind.value);
      for (const field of label.querySelectorAll("input, select")) field.disabled = label.hidden;
    }
  };
  form.addEventListener("change", fit);
  fit();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { kind, host, other, percent, milliseconds, daemon: who } = form.elements;
    if (kind.value === "kill") return ask("POST", "kill", { daemon: who.value });
    return ask("POST", "faults", { kind: kind.value, hosts: [host.value], others: [other.value], percent: Number(percent.value), milliseconds: Number(milliseconds.value), daemon: who.value });
  });
  byId("mend-all").addEventListener("click", () => ask("DELETE", "faults"));
  byId("probe-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const [where, port] = event.target.elements.place.value.split(" ");
    ask("POST", "probe", { address: where, port: Number(port) }, byId("probe-refused"));
  });
  byId("probe-stop").addEventListener("click", () => ask("DELETE", "probe", null, byId("probe-refused")));
  byId("trace-form").addEventListener("submit", follow);

  const source = new EventSource("live");
  for (const [name, draw] of Object.entries(show)) source.addEventListener(name, (event) => draw(JSON.parse(event.data)));
  source.addEventListener("over", () => { source.close(); connection("it has ended", "bad"); });
  source.onerror = () => connection("mockcloud dashboard does not answer", "bad");
}

start();
