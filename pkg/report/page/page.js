
"use strict";
// The list of all items: found, sorted and, in a plan, decided about. Only rows
// in sight are in the page. Texts come from #data and go into the page as text.
(() => {
  const $ = (id) => document.getElementById(id);
  const documents = $("data").textContent.trim().split("\n").map((line) => JSON.parse(line));
  const head = documents[0], total = head.rows, decides = Boolean(head.header);
  const number = (n) => n.toLocaleString("en-US");
  const node = (name, className, text) => {
    const e = document.createElement(name);
    if (className) e.className = className;
    if (text !== undefined) e.textContent = text;
    return e;
  };

  // --- columns, in the order of the list of decisions

  const plainly = /^[\x00-\x7f]*$/;
  const folded = (s) => (plainly.test(s) ? s : s.normalize("NFKD").replace(/\p{M}/gu, "")).toLowerCase();

  class Column {
    constructor({ texts, at, shared, guarded }) {
      if (shared) {
        let last = "";
        texts = texts.map((rest, i) => (last = last.slice(0, shared[i]) + rest));
      }
      this.texts = texts;
      this.at = at ? Int32Array.from(at) : null;
      this.guarded = new Set(guarded);
    }
    place(i) { return this.at ? this.at[i] : i; }
    text(i) { return this.texts[this.place(i)]; }
    cell(i) { return (this.guarded.has(this.place(i)) ? "'" : "") + this.text(i); }
    get folded() { return (this.foldedTexts ??= this.texts.map(folded)); }
    // hits says for each text whether the word is in it.
    hits(word) { return Uint8Array.from(this.folded, (s) => s.includes(word)); }
    // ranks says for each text where it stands among all.
    get ranks() {
      if (!this.rankedTexts) {
        const f = this.folded, order = Int32Array.from(f, (_, i) => i);
        order.sort((a, b) => (f[a] < f[b] ? -1 : f[a] > f[b] ? 1 : a - b));
        this.rankedTexts = new Int32Array(order.length);
        order.forEach((at, rank) => (this.rankedTexts[at] = rank));
      }
      return this.rankedTexts;
    }
  }

  const columns = documents.slice(1).map((c) => new Column(c));
  const [mailbox, , kind, folder, action, state, title, before, after, hazard, reason] = columns;

  // what an item has in the column "Step", and in a run under "Result".
  const verbs = { delete: "delete", "delete-permanently": "delete for good", "set-categories": "tag", create: "make again" };
  const untag = (i) => action.text(i) === "set-categories" && after.text(i).length < before.text(i).length;
  const step = (i) => (untag(i) ? "set categories back" : verbs[action.text(i)] || state.text(i));
  const derived = (of) => {
    const texts = [], places = new Map(), at = new Int32Array(total);
    for (let i = 0; i < total; i++) {
      const text = of(i);
      if (!places.has(text)) places.set(text, texts.push(text) - 1);
      at[i] = places.get(text);
    }
    return new Column({ texts, at });
  };
  const steps = derived(step);
  const shownAs = { Title: title, Mailbox: mailbox, Kind: kind, Folder: folder, Step: steps, Categories: before, Result: state, Why: reason };
  const tellsWhat = decides ? steps : state;
  const searched = [title, mailbox, kind, folder, steps, before, after, hazard, reason];
  const change = (i) => (before.text(i) || "(none)") + (after.text(i) ? " → " + after.text(i) : "");
  const isHeld = (i) => state.text(i) === "held";
  // again has what somebody had decided to keep: that alone of what is held can be decided about.
  const again = new Uint8Array(total);
  for (const i of head.again || []) again[i] = 1;
  const isFixed = (i) => isHeld(i) && !again[i];
  const answer = (i) => (isHeld(i) && head.answers?.[hazard.text(i)]) || "";

  // --- what is chosen, and in which order

  const keep = again.slice();
  let view = Int32Array.from({ length: total }, (_, i) => i);
  const ticked = "\u0000ticked"; // no text has such a character
  let sorting = null, unsaved = false, wholly = false, picked = -1;

  // choices fill a select with a column's texts, or with the parts of them, and
  // say which texts have the chosen one.
  const choices = [["by-mailbox", mailbox], ["by-kind", kind], ["by-step", tellsWhat], ["by-category", before]]
    .filter(([id]) => $(id))
    .map(([id, column]) => {
      const select = $(id), parts = (s) => (column === before ? s.split("; ") : [s]);
      const all = [...new Set(column.texts.flatMap(parts))].filter(Boolean).sort();
      select.append(...all.map((s) => { const o = node("option", "", s); o.value = s; return o; }));
      if (decides && column === steps) select.append(Object.assign(node("option", "", "ticked"), { value: ticked }));
      return { select, column, has: (s) => Uint8Array.from(column.texts, (text) => parts(text).includes(s)) };
    });

  // marked says of each item whether its text in one of the columns is marked.
  const marked = (pairs) => {
    const any = new Uint8Array(total);
    for (const [{ at }, marks] of pairs) if (marks.includes(1)) for (let i = 0; i < total; i++) any[i] |= marks[at[i]];
    return any;
  };

  const find = () => {
    const tests = folded($("search").value).split(/\s+/).filter(Boolean).map((word) => marked(searched.map((c) => [c, c.hits(word)])));
    for (const { select, column, has } of choices) {
      if (select.value === ticked) tests.push(keep);
      else if (select.value) tests.push(marked([[column, has(select.value)]]));
    }
    const found = new Int32Array(total);
    let n = 0;
    for (let i = 0; i < total; i++) if (tests.every((test) => test[i])) found[n++] = i;
    view = found.subarray(0, n);
    order();
  };

  const order = () => {
    if (sorting) {
      const { column, down } = sorting, ranks = column.ranks, last = ranks.length;
      const keys = Float64Array.from(view, (i) => (down ? last - ranks[column.place(i)] : ranks[column.place(i)]) * total + i);
      keys.sort();
      view = Int32Array.from(keys, (key) => key % total);
    }
    box.scrollTop = 0;
    draw();
    tell();
  };

  const tell = () => {
    const counts = new Map();
    let kept = 0, back = 0;
    for (const i of view) counts.set(tellsWhat.place(i), (counts.get(tellsWhat.place(i)) || 0) + 1);
    for (let i = 0; i < total; i++) again[i] ? (back += 1 - keep[i]) : (kept += keep[i]);
    const parts = [...counts].map(([at, n]) => number(n) + " " + tellsWhat.texts[at]);
    $("summary").textContent = "Showing " + number(view.length) + " of " + number(total) + (parts.length ? ": " + parts.join(", ") : "") +
      (decides ? ". " + number(kept) + " ticked to be kept" + (back ? ", " + number(back) + " to be done after all." : ".") : ".");
  };

  // --- rows in sight

  const box = $("rows"), body = $("body"), drawn = new Map();
  const printed = 2000, margin = 8, tallest = 640; // the style lets the list grow to less
  const spacer = () => { const tr = node("tr", "space"); tr.setAttribute("aria-hidden", "true"); tr.append(node("td")); return tr; };
  const above = spacer(), below = spacer();
  body.append(above, below);
  let height = 34;
  const heads = [...box.querySelectorAll("th")];
  const table = box.querySelector("table");

  const cell = (i, name) => {
    const column = shownAs[name];
    const td = node(name === "Title" ? "th" : "td", "c-" + name);
    td.setAttribute("role", name === "Title" ? "rowheader" : "cell");
    const text = name === "Categories" ? change(i) : column.text(i);
    if (name === "Title") {
      const b = node("button", "title", text || "(no title)");
      b.type = "button";
      b.dir = "auto";
      b.addEventListener("click", () => pick(i));
      td.append(b);
    } else if (name === "Step" || name === "Result") {
      td.append(node("span", "status " + (isHeld(i) ? "held" : name === "Step" ? action.text(i) : state.text(i)), text));
    } else {
      td.dir = "auto";
      td.textContent = text;
      if (name === "Why" && hazard.text(i)) td.append(" ", node("small", "", hazard.text(i)));
    }
    td.title = text;
    return td;
  };

  const tick = (i) => {
    const td = node("td", "keep"), input = node("input");
    td.setAttribute("role", "cell");
    input.type = "checkbox";
    input.checked = Boolean(keep[i]);
    input.disabled = isFixed(i);
    input.setAttribute("aria-label", "Keep " + (title.text(i) || "(no title)"));
    if (input.disabled) td.title = "held back, and no decision can change that: " + reason.text(i) + (answer(i) && "; what can be done: " + answer(i));
    input.addEventListener("change", () => { decide([i], input.checked, isFixed); });
    td.append(input);
    return td;
  };

  const makeRow = (i) => {
    const tr = node("tr", (keep[i] ? "kept" : "") + (i === picked ? " picked" : ""));
    tr.setAttribute("role", "row");
    tr.item = i;
    tr.append(...heads.map((th) => (th.className === "keep" ? tick(i) : cell(i, th.className.slice(2)))));
    return tr;
  };

  const draw = () => {
    let first = Math.max(0, Math.floor(box.scrollTop / height) - margin);
    let last = Math.min(view.length, first + Math.ceil(Math.max(box.clientHeight, tallest) / height) + 2 * margin);
    if (wholly) [first, last] = [0, Math.min(view.length, printed)];
    const wanted = new Set(view.subarray(first, last));
    for (const [i, tr] of drawn) if (!wanted.has(i)) { tr.remove(); drawn.delete(i); }
    let next = above.nextSibling;
    for (let at = first; at < last; at++) {
      const i = view[at];
      let tr = drawn.get(i);
      if (!tr) drawn.set(i, (tr = makeRow(i)));
      if (tr === next) next = next.nextSibling;
      else body.insertBefore(tr, next);
      tr.setAttribute("aria-rowindex", at + 2);
    }
    above.firstChild.style.height = first * height + "px";
    below.firstChild.style.height = (wholly ? 0 : (view.length - last) * height) + "px";
    table.setAttribute("aria-rowcount", view.length + 1);
  };

  const redraw = () => {
    drawn.forEach((tr) => tr.remove());
    drawn.clear();
    draw();
  };

  // measure looks how high a row is, which depends on the screen.
  const measure = () => {
    const row = drawn.values().next().value;
    const now = row ? row.getBoundingClientRect().height : 0;
    if (now > 0 && Math.abs(now - height) > 0.01) { height = now; draw(); }
  };

  // --- one item whole

  const pick = (i) => {
    picked = i;
    const names = ["Title", "Mailbox", "Kind", "Folder", decides ? "Step" : "Result", "Categories", "Why"];
    const dl = node("dl", "facts");
    for (const name of names) {
      const dd = node("dd", "", name === "Categories" ? change(i) : shownAs[name].text(i));
      dd.dir = "auto";
      dl.append(node("dt", "", name), dd);
    }
    if (hazard.text(i)) dl.append(node("dt", "", isHeld(i) ? "Held because" : "Hazard"), node("dd", "", hazard.text(i)));
    if (decides && answer(i)) dl.append(node("dt", "", "What can be done"), node("dd", "", answer(i)));
    $("detail").replaceChildren(dl);
    drawn.forEach((tr) => tr.classList.toggle("picked", tr.item === i));
  };

  // --- decisions

  // decide leaves alone what is fixed; of many at once, also what others had decided.
  const decide = (items, kept, fixed = isHeld) => {
    for (const i of items) if (!fixed(i)) keep[i] = kept ? 1 : 0;
    unsaved = keep.some((k, i) => k !== again[i]);
    drawn.forEach((tr, i) => {
      tr.classList.toggle("kept", Boolean(keep[i]));
      const input = tr.querySelector("input");
      if (input) input.checked = Boolean(keep[i]);
    });
    tell();
  };

  const quoted = (s) => (/[",\r\n]/.test(s) ? '"' + s.replaceAll('"', '""') + '"' : s);
  const line = (cells) => cells.map(quoted).join(",") + "\r\n";
  const csv = () => {
    const lines = ["\ufeff", line(head.header)];
    for (let i = 0; i < total; i++) {
      const decision = isHeld(i) && again[i] === keep[i] ? "held" : keep[i] ? "keep" : "do";
      lines.push(line([...columns.map((c) => c.cell(i)), decision, head.label]));
    }
    return lines;
  };

  const save = () => {
    const link = node("a");
    link.href = URL.createObjectURL(new Blob(csv(), { type: "text/csv;charset=utf-8" }));
    link.download = head.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    unsaved = false;
    tell();
    $("summary").append(" Saved as " + head.file + ".");
  };

  // --- what people do

  const wait = (then) => { let t; return () => { clearTimeout(t); t = setTimeout(then, 40); }; };
  $("search").addEventListener("input", wait(find));
  for (const { select } of choices) select.addEventListener("change", find);
  for (const th of heads) {
    const name = th.className.slice(2), column = shownAs[name];
    if (th.className === "keep" || !column) continue;
    th.firstChild.addEventListener("click", () => {
      sorting = { column, down: sorting?.column === column && !sorting.down };
      heads.forEach((other) => { if (other.className !== "keep") other.setAttribute("aria-sort", "none"); });
      th.setAttribute("aria-sort", sorting.down ? "descending" : "ascending");
      order();
    });
  }
  if (decides) {
    $("keep-all").addEventListener("click", () => decide(view, true));
    $("keep-none").addEventListener("click", () => decide(view, false));
    $("save").addEventListener("click", save);
    addEventListener("beforeunload", (e) => { if (unsaved) e.preventDefault(); });
  }
  // Up and down lead from tick to tick and from title to title.
  body.addEventListener("keydown", (e) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[e.key], tr = e.target.closest("tr");
    if (!by || tr?.item === undefined) return;
    e.preventDefault();
    const to = Number(tr.getAttribute("aria-rowindex")) - 2 + by;
    if (to < 0 || to >= view.length) return;
    draw();
    const next = drawn.get(view[to]);
    const focused = next.querySelector(e.target.tagName === "INPUT" ? "input:enabled" : "button") || next.querySelector("button");
    focused.focus({ preventScroll: true });
    const top = next.offsetTop - heads[0].offsetHeight;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (next.offsetTop + height > box.scrollTop + box.clientHeight) box.scrollTop = next.offsetTop + height - box.clientHeight;
  });
  box.addEventListener("scroll", () => requestAnimationFrame(draw));
  addEventListener("resize", () => { redraw(); measure(); });
  addEventListener("beforeprint", () => {
    wholly = true;
    redraw();
    if (view.length > printed) $("summary").append(" On paper are the first " + number(printed) + "; search or filter to print others.");
  });
  addEventListener("afterprint", () => { wholly = false; redraw(); tell(); });

  $("list").hidden = false;
  find();
  measure();
  // A page that is looked at has time to get ready for sorting by title.
  setTimeout(() => title.ranks, 500);
})();
