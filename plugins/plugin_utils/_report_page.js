// Copyright (c) 2026 operator_nexus contributors. GNU General Public License v3.0+, see LICENSE.
// Everything here becomes visible as the text of a node; no text is ever read as HTML.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const order = Object.keys(data.statuses);
  const table = document.getElementById("table");
  const body = table.tBodies[0];
  // `listed` are the lines of a cluster in the list of what is not in order, which is for paper.
  const rows = Array.from(body.rows, (row) =>
    ({ row, cluster: data.clusters[Number(row.dataset.place)], detail: null, listed: [] }));
  for (const line of document.querySelectorAll("#problems [data-of]")) rows[Number(line.dataset.of)].listed.push(line);
  const form = document.getElementById("filters");
  const tiles = Array.from(document.querySelectorAll("button.tile"));

  const make = (name, className, ...children) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...children.map((child) => child ?? ""));
    return element;
  };
  const badge = (status) => {
    const [word, sign] = data.statuses[status];
    const shape = make("span", "sign", sign);
    shape.setAttribute("aria-hidden", "true");
    return make("span", "badge " + status, shape, word);
  };
  const statusWord = (status) => data.statuses[status][0];
  const tally = (numbers) =>
    Object.entries(numbers).map(([name, number]) => `${number} ${statusWord(name).toLowerCase()}`).join(", ");
  const inFull = (time) => (time ? time.replace("T", " ").replace("Z", " UTC") : "");

  const has = (cluster, status) => (status === "ok" ? cluster.statuses.ok : cluster.faults[status]) > 0;

  // Sorting. What is not known comes last, whichever way the rest goes.
  const keys = {
    status: (cluster) => order.indexOf(cluster.status),
    faults: (cluster) => cluster.count - (cluster.statuses.ok ?? 0),
  };
  const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const compare = (one, other, sign) => {
    if (typeof one === "number") return sign * (one - other);
    if (!one || !other) return !one - !other;
    return sign * words.compare(one, other);
  };
  const sort = (head, key) => {
    const now = head.getAttribute("aria-sort");
    // Of these, the most are asked for.
    const descending = now ? now === "ascending" : key === "faults";
    const value = keys[key] ?? ((cluster) => cluster[key]);
    rows.sort((one, other) => compare(value(one.cluster), value(other.cluster), descending ? -1 : 1)
      || words.compare(one.cluster.name ?? "", other.cluster.name ?? ""));
    for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const sorted = document.createDocumentFragment();
    for (const { row, detail } of rows) {
      sorted.append(row);
      if (detail) sorted.append(detail);
    }
    body.append(sorted);
  };

  // What is opened below a cluster.
  const named = (names, values) => Object.fromEntries(names.map((name, at) => [name, values[at]]));
  const credentialOf = (cluster, [device, vault, ...own]) => ({
    ...named(data.members.device, cluster.devices[device]), ...named(data.members.vault, cluster.vaults[vault]),
    ...named(data.members.credential, own) });
  const list = (...told) => {
    const found = make("dl");
    for (const [name, value] of told) if (value) found.append(make("dt", "", name), make("dd", "", String(value)));
    return found;
  };
  const titles = ["Device", "Credential", "Status", "Rotated", "Next due", "Expires", "Vault and secret"];
  const days = (number) => (number === 1 ? "1 day" : `${number} days`);
  const date = (title, time, more) => {
    const cell = make("td", "date", time ? time.slice(0, 10) : "–");
    if (time) cell.append(make("small", "", time.slice(11)));
    if (more) cell.append(make("small", "", more));
    cell.dataset.label = title; // shown where there is no room for a head
    return cell;
  };
  const secretInVault = (one) => {
    const { secret_found: found, secret_enabled: enabled, secret_expires: expires, secret_problem: problem } = one;
    const told = [];
    if (problem) told.push(`not told (${problem})`);
    if (found !== null) told.push(found ? "found" : "not found");
    if (enabled !== null) told.push(enabled ? "enabled" : "disabled");
    if (expires) told.push(`expires ${inFull(expires)}`);
    return told.join(", ");
  };
  const place = (one) => {
    const cell = make("td", "", one.vault || "–");
    if (one.in_expected_vault !== null)
      cell.append(make("small", "", one.in_expected_vault ? "the expected vault" : "not the expected vault"));
    if (one.secret_name || one.secret_version)
      cell.append(make("div", "secret", [one.secret_name, one.secret_version].filter(Boolean).join(" / ")));
    const held = secretInVault(one);
    if (held) cell.append(make("div", "secret", "In the vault: " + held));
    const ids = list(["Device", one.device_id], ["Vault", one.key_vault_id], ["Vault URI", one.key_vault_uri]);
    cell.append(make("details", "", make("summary", "", "Ids"), ids));
    return cell;
  };
  const credentialRow = (one) => {
    const { rotation_period_days: every, expire_period_days: valid, age_days: age } = one;
    const kind = data.kinds[one.device_kind] ?? one.device_kind;
    return make("tr", "", make("td", "device", one.device_name, make("small", "", kind)),
      make("td", "", one.credential || "(not told)"),
      make("td", "", ...(one.faults.length ? one.faults : [one.status]).map(badge),
        one.message ? make("small", "", one.message) : ""),
      date("Rotated", one.last_rotation, age === null ? "" : `${days(age)} ago`),
      date("Next due", one.next_rotation, every ? `every ${days(every)}` : ""),
      date("Expires", one.expiry, valid ? `valid ${days(valid)}` : ""), place(one));
  };
  const facts = (cluster) => list(["Problem", cluster.problem], ["Id", cluster.id], ["State", cluster.state], ["Location", cluster.location],
    ["Method", cluster.method],
    ["Expected vault", cluster.vaultInFull && `${cluster.vaultInFull} (${cluster.vaultSource})`],
    ["Devices", cluster.deviceCount], ["Credentials", cluster.count], ["By worst fault", tally(cluster.statuses)],
    ["By fault", tally(cluster.faults)], ["Oldest rotation", inFull(cluster.oldest)],
    ["Next due", inFull(cluster.next)], ["Next expiry", inFull(cluster.expiry)]);
  const credentialTable = (cluster) => {
    if (!cluster.credentials.length) return make("p", "quiet", "No credential is listed.");
    const heads = titles.map((title) => {
      const head = make("th", "", title);
      head.scope = "col";
      return head;
    });
    const lines = cluster.credentials.map((item) => credentialRow(credentialOf(cluster, item)));
    return make("div", "scroll", make("table", "", make("thead", "", make("tr", "", ...heads)), make("tbody", "", ...lines)));
  };
  const toggle = (entry, button) => {
    if (!entry.detail) {
      const cell = make("td", "", facts(entry.cluster), credentialTable(entry.cluster));
      cell.colSpan = table.tHead.rows[0].cells.length;
      entry.detail = make("tr", "detail", cell);
      entry.detail.id = "detail-" + entry.row.dataset.place;
      entry.detail.hidden = true;
      entry.row.after(entry.detail);
      button.setAttribute("aria-controls", entry.detail.id);
    }
    const open = entry.detail.hidden;
    entry.detail.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  };

  // Filtering.
  const haystack = (cluster) => {
    const texts = cluster.credentials.map((item) => credentialOf(cluster, item)).flatMap((one) =>
      [one.device_name, one.credential, one.message, one.vault, one.secret_name, one.secret_version]);
    return [cluster.name, cluster.id, cluster.location, cluster.vaultInFull, cluster.problem, cluster.state, ...texts]
      .join("\n").toLowerCase();
  };
  const fits = (entry, wanted) => {
    const { cluster } = entry;
    if (wanted.status && cluster.status !== wanted.status) return false;
    if (wanted.has && !has(cluster, wanted.has)) return false;
    for (const name of ["location", "method", "vault"])
      if (wanted[name] && (cluster[name] || "none") !== wanted[name]) return false;
    if (!wanted.text) return true;
    entry.haystack ??= haystack(cluster);
    return wanted.text.toLowerCase().split(/\s+/).every((word) => entry.haystack.includes(word));
  };
  const filter = () => {
    const wanted = Object.fromEntries(new FormData(form));
    wanted.text = wanted.text.trim();
    let count = 0;
    for (const entry of rows) {
      const shown = fits(entry, wanted);
      const open = entry.row.querySelector("button.name").getAttribute("aria-expanded") === "true";
      entry.row.hidden = !shown;
      if (entry.detail) entry.detail.hidden = !shown || !open;
      for (const line of entry.listed) line.hidden = !shown;
      count += shown;
    }
    const chosen = Array.from(form.elements).filter((field) => field.name && wanted[field.name]).map((field) =>
      `${field.labels[0].firstChild.data.trim()}: ${field.selectedOptions?.[0].text ?? wanted.text}`);
    document.getElementById("count").textContent = [`${count} of ${rows.length} clusters`, ...chosen].join(" · ");
    for (const tile of tiles) tile.setAttribute("aria-pressed", String(tile.dataset.status === (wanted.status || wanted.has)));
  };
  const choices = (name, values, word = (value) => value) => {
    const select = form.elements[name];
    for (const value of values) {
      const option = make("option", "", word(value));
      option.value = value;
      select.append(option);
    }
  };

  const distinct = (name) => [...new Set(data.clusters.map((cluster) => cluster[name] || "none"))].sort(words.compare);
  choices("status", order.filter((name) => data.clusters.some((cluster) => cluster.status === name)), statusWord);
  choices("has", order.filter((name) => data.clusters.some((cluster) => has(cluster, name))), statusWord);
  for (const name of ["location", "method", "vault"]) choices(name, distinct(name));
  for (const entry of rows) {
    const plain = entry.row.querySelector(".name");
    const button = make("button", "name", plain.textContent);
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => toggle(entry, button));
    plain.replaceWith(button);
  }
  for (const head of table.tHead.querySelectorAll("th")) {
    const button = make("button", "", head.textContent);
    button.type = "button";
    button.addEventListener("click", () => sort(head, head.dataset.key));
    head.replaceChildren(button);
  }
  table.tHead.querySelector('[data-key="status"]').setAttribute("aria-sort", "ascending");
  for (const tile of tiles) {
    tile.disabled = false;
    tile.addEventListener("click", () => {
      // Where no cluster has it as its worst fault, those that have it at all.
      const known = Array.from(form.elements.status.options, (option) => option.value).includes(tile.dataset.status);
      const select = form.elements[known ? "status" : "has"];
      const again = select.value === tile.dataset.status;
      form.reset();
      select.value = again ? "" : tile.dataset.status;
      filter();
    });
  }
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  document.documentElement.classList.add("scripted");
  filter();
  const drawing = document.getElementById("days");
  if (drawing) drawing.scrollLeft = (drawing.scrollWidth - drawing.clientWidth) / 2;
})();
