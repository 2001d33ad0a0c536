// Copyright (c) 2026 operator_nexus contributors. GNU General Public License v3.0+, see LICENSE.
// Everything here becomes visible as the text of a node; no text is ever read as HTML.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const order = Object.keys(data.statuses);
  const table = document.getElementById("table");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, (row) => ({ row, cluster: data.clusters[Number(row.dataset.place)], detail: null }));
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
  const day = (text) => (text ? text.slice(0, 10) : "–");
  const faults = (cluster) => cluster.count - (cluster.faults.ok ?? 0);

  // Sorting. No date comes after all dates.
  const keys = {
    status: (cluster) => order.indexOf(cluster.status),
    faults: (cluster) => -faults(cluster),
    oldest: (cluster) => cluster.oldest || "9999",
    next: (cluster) => cluster.next || "9999",
    expiry: (cluster) => cluster.expiry || "9999",
  };
  const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const compare = (one, other) =>
    typeof one === "number" ? one - other : words.compare(one ?? "", other ?? "");
  const sort = (head, key) => {
    const descending = head.getAttribute("aria-sort") === "ascending";
    const value = keys[key] ?? ((cluster) => cluster[key]);
    const sign = descending ? -1 : 1;
    rows.sort((one, other) => sign * compare(value(one.cluster), value(other.cluster))
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
  const titles = ["Device", "Credential", "Status", "Rotated", "Next due", "Expires", "Vault and secret"];
  const date = (title, text) => {
    const cell = make("td", "date", day(text));
    cell.dataset.label = title; // shown where there is no room for a head
    return cell;
  };
  const credentialRow = (cluster, item) => {
    const [at, credential, status, message, rotated, next, expiry, vault, secret, version] = item;
    const [name, kind, id] = cluster.devices[at];
    const device = make("td", "device", name, make("small", "", kind));
    if (id) device.title = id;
    const place = make("td", "", vault || "–");
    if (secret) place.append(make("div", "secret", secret + (version ? " / " + version : "")));
    return make("tr", "", device, make("td", "", credential || "(not told)"),
      make("td", "", badge(status), message ? make("small", "", message) : ""), date("Rotated", rotated),
      date("Next due", next), date("Expires", expiry), place);
  };
  const facts = (cluster) => {
    const list = make("dl");
    const told = [["Id", cluster.id], ["State", cluster.state], ["Location", cluster.location], ["Method", cluster.method],
      ["Expected vault", cluster.vaultInFull], ["Problem", cluster.problem]];
    for (const [name, value] of told) if (value) list.append(make("dt", "", name), make("dd", "", value));
    return list;
  };
  const credentialTable = (cluster) => {
    if (!cluster.credentials.length) return make("p", "quiet", "No credential is listed.");
    const heads = titles.map((title) => {
      const head = make("th", "", title);
      head.scope = "col";
      return head;
    });
    const lines = cluster.credentials.map((item) => credentialRow(cluster, item));
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
  const haystack = (cluster) =>
    [cluster.name, cluster.id, cluster.location, cluster.vaultInFull, cluster.problem, cluster.state,
      ...cluster.devices.flatMap(([name]) => name), ...cluster.credentials.flatMap((item) => [item[1], item[3], item[8]])]
      .join("\n").toLowerCase();
  const fits = (entry, wanted) => {
    const { cluster } = entry;
    if (wanted.status && cluster.status !== wanted.status) return false;
    if (wanted.has && !cluster.faults[wanted.has]) return false;
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
      count += shown;
    }
    document.getElementById("count").textContent = `${count} of ${rows.length} clusters`;
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

  const statusWord = (status) => data.statuses[status][0];
  const distinct = (name) => [...new Set(data.clusters.map((cluster) => cluster[name] || "none"))].sort(words.compare);
  choices("status", order.filter((name) => data.clusters.some((cluster) => cluster.status === name)), statusWord);
  choices("has", order.filter((name) => data.clusters.some((cluster) => cluster.faults[name])), statusWord);
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
      // Where no cluster has it as its worst, those that have such a credential at all.
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
  filter();
  const days = document.getElementById("days");
  if (days) days.scrollLeft = (days.scrollWidth - days.clientWidth) / 2;
})();
