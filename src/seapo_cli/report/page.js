"use strict";
(() => {
  const [KEY, ID, TYPE, STAGE, SOURCE, VERDICT, PROMPT, PIECES, SNIPPET, CHECKS, FACTS, PLACES,
    LIKENESS, REVIEW] = Array(14).keys();
  const HEIGHT = 76;  // of an item, as in the style
  const FAR = 0.5;  // less alike sides are read beside each other
  const VERDICTS = ["pass", "fail", "not applicable", "no checks"];
  const NO_CHECKS = 3;
  const NOT_REVIEWED = 3;
  const stored = document.getElementById("data");
  const data = stored && JSON.parse(stored.textContent);
  const rows = data ? data.rows : [];

  /** An element; strings become text, never markup. */
  function make(tag, name, ...children) {
    const found = document.createElement(tag);
    if (name) found.className = name;
    found.append(...children.filter((child) => child !== null));
    return found;
  }

  // ---- pages: one section at a time, by the address ----

  const pages = [...document.querySelectorAll(".page")];

  function go() {
    const name = location.hash.slice(1);
    const wanted = name.startsWith("row-") ? "rows" : name;
    const page = pages.find((one) => one.id === wanted) || pages[0];
    for (const one of pages) one.hidden = one !== page;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.hash === `#${page.id}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (page.id === "rows" && reader) reader.open(name.startsWith("row-") ? name.slice(4) : null);
    else window.scrollTo(0, 0);
  }

  // ---- rows: a list that draws only what is in sight, filters, and one row in full ----

  function makeReader(section) {
    const picked = { type: -1, stage: -1, check: -1, verdict: -1, review: -1, source: -1 };
    const names = {
      type: data.types, stage: data.stages, check: data.checks, verdict: VERDICTS,
      review: data.reviews, source: data.sources,
    };
    const plain = [["type", TYPE], ["stage", STAGE], ["review", REVIEW], ["source", SOURCE]];
    const selects = {};
    const texts = new Array(rows.length);
    const places = new Map(rows.map((row, place) => [row[KEY], place]));
    const every = rows.map((_, place) => place);
    let shown = every;
    let at = 0;  // in `shown`
    let beside = null;  // whether sides stand beside each other; null: where they are unlike
    let mark = -1;

    const search = make("input");
    search.type = "search";
    search.placeholder = "Search";
    search.setAttribute("aria-label", "Search prompts, answers, ids and reasons");
    const count = make("span", "count");
    count.setAttribute("role", "status");
    const filters = make("div", "filters", search);
    for (const name of Object.keys(names)) {
      const select = selects[name] = make("select");
      select.setAttribute("aria-label", name);
      select.append(new Option("any", "-1"));
      names[name].forEach((text, place) => select.append(new Option(text, String(place))));
      select.addEventListener("change", () => {
        picked[name] = Number(select.value);
        apply();
      });
      filters.append(make("label", "", name, select));
    }
    const clear = make("button", "", "Clear");
    clear.type = "button";
    clear.addEventListener("click", reset);
    filters.append(clear, count);
    const height = make("div");
    const list = make("div", "list", height);
    list.tabIndex = 0;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Rows");
    const detail = make("article", "row");
    detail.tabIndex = -1;
    section.append(make("div", "reader", filters, list, detail));

    search.addEventListener("input", apply);
    list.addEventListener("scroll", () => requestAnimationFrame(draw));
    window.addEventListener("resize", () => requestAnimationFrame(draw));
    list.addEventListener("click", (event) => {
      const item = event.target.closest(".item");
      if (item) select(Number(item.dataset.place));
    });
    document.addEventListener("keydown", press);
    offer();
    prepare(0);

    /** Leave out choices that no row has, and filters without a choice. */
    function offer() {
      for (const [name, counts] of Object.entries(sift(every)[1])) {
        const there = counts.filter((number) => number > 0).length;
        selects[name].parentElement.hidden = there < 2;
        counts.forEach((number, place) => {
          selects[name].options[place + 1].hidden = number === 0;
        });
      }
    }

    /** All that is searched of a row, in small letters; kept. */
    function text(place) {
      if (texts[place] === undefined) {
        const row = rows[place];
        const [good, bad] = sides(row[PIECES]);
        const parts = [row[ID], ...row[PROMPT].map((turn) => turn[1]), good];
        if (bad !== good) parts.push(bad);
        for (const [, value] of row[FACTS]) parts.push(value);
        for (const check of row[CHECKS]) if (check[3]) parts.push(check[3]);
        texts[place] = parts.join("\n").toLowerCase();
      }
      return texts[place];
    }

    /** Work texts out while nothing else is to do, so that the first search need not. */
    function prepare(from) {
      const later = window.requestIdleCallback || ((call) => setTimeout(() => call(null), 50));
      later((idle) => {
        let place = from;
        do {
          for (const end = Math.min(place + 50, rows.length); place < end; place++) text(place);
        } while (place < rows.length && idle && idle.timeRemaining() > 2);
        if (place < rows.length) prepare(place);
      });
    }

    function sides(pieces) {
      let good = "", bad = "";
      pieces.forEach((piece, place) => {
        if (place % 3 !== 2) good += piece;
        if (place % 3 !== 1) bad += piece;
      });
      return [good, bad];
    }

    /** Those of some rows that all filters let pass, and how many each choice would leave. */
    function sift(hits) {
      const found = [];
      const counts = {};
      for (const name of Object.keys(names)) counts[name] = new Array(names[name].length).fill(0);
      for (const place of hits) {
        const row = rows[place];
        const against = plain.filter(
          ([name, column]) => picked[name] >= 0 && row[column] !== picked[name],
        );
        const checked = passes(row);
        if (against.length === 0) {
          if (checked) found.push(place);
          for (const [check, verdict] of row[CHECKS]) {
            if (picked.verdict < 0 || verdict === picked.verdict) counts.check[check]++;
          }
          counts.verdict[verdictOf(row)]++;
        }
        if (checked) {
          for (const one of plain) {
            const [name, column] = one;
            if (against.length === 0 || (against.length === 1 && against[0] === one)) {
              counts[name][row[column]]++;
            }
          }
        }
      }
      return [found, counts];
    }

    /** A row's verdict: of the check that is picked, else of all together. */
    function verdictOf(row) {
      if (picked.check < 0) return row[VERDICT];
      const found = row[CHECKS].find((one) => one[0] === picked.check);
      return found ? found[1] : NO_CHECKS;
    }

    function passes(row) {
      const verdict = verdictOf(row);
      if (picked.verdict >= 0) return verdict === picked.verdict;
      return picked.check < 0 || verdict !== NO_CHECKS;
    }

    function apply() {
      const row = rows[shown[at]];
      const wanted = search.value.trim().toLowerCase();
      const hits = wanted ? every.filter((place) => text(place).includes(wanted)) : every;
      const [found, counts] = sift(hits);
      shown = found;
      for (const name of Object.keys(names)) {
        counts[name].forEach((number, place) => {
          const told = `${names[name][place] || "–"} (${number.toLocaleString("en")})`;
          selects[name].options[place + 1].text = told;
        });
        selects[name].classList.toggle("set", picked[name] >= 0);
      }
      at = Math.max(0, row ? shown.indexOf(places.get(row[KEY])) : 0);
      const all = rows.length.toLocaleString("en");
      const some = shown.length.toLocaleString("en");
      count.textContent = shown.length < rows.length ? `${some} of ${all} rows` : `${all} rows`;
      clear.hidden = shown.length === rows.length;
      reveal();
      draw();
      read();
    }

    function reset() {
      search.value = "";
      for (const name of Object.keys(picked)) {
        picked[name] = -1;
        selects[name].value = "-1";
      }
      apply();
    }

    function draw() {
      height.style.height = `${shown.length * HEIGHT}px`;
      const first = Math.max(0, Math.floor(list.scrollTop / HEIGHT) - 4);
      const last = Math.min(shown.length, first + Math.ceil(list.clientHeight / HEIGHT) + 8);
      const items = [];
      for (let place = first; place < last; place++) items.push(item(place));
      if (!shown.length) items.push(make("p", "empty", "No row matches."));
      height.replaceChildren(...items);
    }

    function item(place) {
      const row = rows[shown[place]];
      const [before, after] = row[SNIPPET];
      const last = row[PROMPT].length ? row[PROMPT][row[PROMPT].length - 1][1] : "";
      const kind = make("b", `dot ${VERDICTS[row[VERDICT]]}`, named(row));
      const change = make("div", "change");
      if (before) change.append(make("del", "", before), " ");
      if (after) change.append(make("ins", "", after));
      if (!before && !after) change.append(row[FACTS].length ? row[FACTS][0][1] : "");
      const found = make(
        "div", "item",
        make("div", "top", kind, review(row), make("span", "", row[ID])),
        make("div", "ask", last.slice(0, 160)),
        change,
      );
      found.id = `item-${place}`;
      found.dataset.place = String(place);
      found.setAttribute("role", "option");
      found.setAttribute("aria-selected", String(place === at));
      found.style.top = `${place * HEIGHT}px`;
      return found;
    }

    /** What a row is called: by its type, where it has one. */
    function named(row) {
      const type = data.types[row[TYPE]];
      return type === data.untyped ? data.stages[row[STAGE]] : type;
    }

    /** What people say of it, where they were asked. */
    function review(row) {
      if (row[REVIEW] === NOT_REVIEWED) return null;
      const verdict = data.reviews[row[REVIEW]];
      const found = make("small", `review ${verdict}`, verdict);
      found.title = "by reviewers";
      return found;
    }

    function reveal() {
      const top = at * HEIGHT;
      if (top < list.scrollTop) list.scrollTop = top;
      const bottom = top + HEIGHT - list.clientHeight;
      if (bottom > list.scrollTop) list.scrollTop = bottom;
    }

    function select(place) {
      at = Math.max(0, Math.min(shown.length - 1, place));
      reveal();
      draw();
      read();
    }

    // ---- one row ----

    function read() {
      const row = rows[shown[at]];
      list.setAttribute("aria-activedescendant", row ? `item-${at}` : "");
      mark = -1;
      detail.replaceChildren(...(row ? parts(row) : []));
      detail.scrollTop = 0;
      highlight();
      const address = row ? `#row-${row[KEY]}` : "#rows";
      if (!section.hidden && location.hash !== address) history.replaceState(null, "", address);
    }

    function parts(row) {
      return [
        head(row), make("h3", "", "Prompt"), prompt(row), ...answer(row), ...checks(row),
        ...facts(row), keys(),
      ].filter(Boolean);
    }

    function head(row) {
      const link = make("a", "", "Link");
      link.href = `#row-${row[KEY]}`;
      link.title = "Link to this row";
      const previous = make("button", "", "↑"), next = make("button", "", "↓");
      previous.title = "Previous row (k)";
      next.title = "Next row (j)";
      previous.addEventListener("click", () => select(at - 1));
      next.addEventListener("click", () => select(at + 1));
      const place = `${(at + 1).toLocaleString("en")} of ${shown.length.toLocaleString("en")}`;
      const tools = make("span", "tools", make("span", "quiet", place), previous, next, link);
      const kind = make("b", `dot ${VERDICTS[row[VERDICT]]}`, named(row));
      const stage = make("span", "id", data.stages[row[STAGE]]);
      return make("div", "head", kind, review(row), stage, make("span", "id", row[ID]), tools);
    }

    function prompt(row) {
      const found = make("div", "prose prompt");
      for (const [role, said] of row[PROMPT]) {
        if (row[PROMPT].length > 1) found.append(make("div", "role", role));
        fill(found, [said]);
      }
      return found;
    }

    function answer(row) {
      const pieces = row[PIECES];
      if (!pieces.length) return [];
      if (row[LIKENESS] === null) {
        return [make("h3", "", "Answer"), fill(make("div", "prose"), pieces)];
      }
      const apart = beside === null ? row[LIKENESS] < FAR : beside;
      const toggle = make("button", "", "Side by side");
      toggle.setAttribute("aria-pressed", String(apart));
      toggle.title = "s";
      toggle.addEventListener("click", turn);
      const legend = make("span", "legend", make("del", "", "only in chosen"), " ",
        make("ins", "", "only in rejected"));
      const title = make("h3", "", "Answer", toggle, legend);
      if (!apart) return [title, fill(make("div", "prose answer"), pieces)];
      const good = pieces.map((piece, place) => (place % 3 === 2 ? "" : piece));
      const bad = pieces.map((piece, place) => (place % 3 === 1 ? "" : piece));
      return [title, make(
        "div", "both answer",
        make("div", "", make("h3", "", "Chosen"), fill(make("div", "prose"), good)),
        make("div", "", make("h3", "", "Rejected"), fill(make("div", "prose"), bad)),
      )];
    }

    function turn() {
      beside = !(beside === null ? rows[shown[at]][LIKENESS] < FAR : beside);
      const top = detail.scrollTop;
      read();
      detail.scrollTop = top;
    }

    /** Pieces as text with marks, and what stands between ``` in a font for code. */
    function fill(target, pieces) {
      const single = pieces.every((piece, place) => place % 3 !== 2 || !piece);
      let code = false, begins = true;
      pieces.forEach((piece, place) => {
        const tag = [null, "del", "ins"][place % 3];
        let run = "", coded = code;
        const flush = () => {
          if (!run) return;
          if (tag || coded) target.append(make(tag || "span", coded ? "code" : "", run));
          else target.append(run);
          run = "";
        };
        for (const line of piece.split(/(?<=\n)/)) {
          const fence = begins && (single || tag !== "del") && line.startsWith("```");
          if ((code || fence) !== coded) flush();
          coded = code || fence;
          run += line;
          if (fence) code = !code;
          begins = line.endsWith("\n");
        }
        flush();
      });
      return target;
    }

    function checks(row) {
      const told = row[CHECKS].filter((one) => one[1] === 1 || (one.length > 2 && one[1] === 0));
      const body = make("tbody");
      told.sort((one, other) => other[1] - one[1]);
      for (const [name, verdict, value, reason] of told) {
        body.append(make(
          "tr", "",
          make("td", VERDICTS[verdict], `${verdict === 1 ? "✕ " : ""}${data.checks[name]}`),
          make("td", "", value || ""), make("td", VERDICTS[verdict], reason || ""),
        ));
      }
      const found = row[CHECKS].length ? [make("h3", "", "Checks")] : [];
      if (told.length) found.push(make("table", "checks", body));
      for (const [verdict, lead] of [[0, "Passed: "], [2, "Not applicable: "]]) {
        const names = row[CHECKS].filter((one) => one[1] === verdict && !told.includes(one))
          .map((one) => data.checks[one[0]]);
        if (names.length) found.push(make("p", "quiet", lead + names.join(", ")));
      }
      return found;
    }

    function facts(row) {
      const found = make("dl");
      const source = data.sources[row[SOURCE]];
      const lines = [...row[FACTS], ["in", row[PLACES].join("\n")]];
      if (!row[PLACES].some((one) => one.startsWith(`${source}:`))) lines.unshift(["source", source]);
      for (const [name, value] of lines) {
        if (value) found.append(make("dt", "", name), make("dd", "", value));
      }
      return [make("h3", "", "About"), found];
    }

    function keys() {
      const told = [
        ["j", "k"], " next, previous   ", ["n", "p"], " mistakes   ", ["s"], " side by side   ",
        ["/"], " search   ", ["Esc"], " clear",
      ];
      return make("p", "keys", ...told.flatMap(
        (one) => (Array.isArray(one) ? one.map((key) => make("kbd", "", key)) : [one]),
      ));
    }

    function jump(by) {
      const marks = [...detail.querySelectorAll(".answer ins, .answer del")];
      if (!marks.length) return;
      if (mark >= 0 && marks[mark]) marks[mark].classList.remove("at");
      mark = mark < 0 && by < 0 ? marks.length - 1 : (mark + by + marks.length) % marks.length;
      marks[mark].classList.add("at");
      marks[mark].scrollIntoView({ block: "center" });
    }

    /** Mark what is searched for, without touching the document. */
    function highlight() {
      if (!window.CSS || !CSS.highlights) return;
      const wanted = search.value.trim().toLowerCase();
      const ranges = [];
      const walk = document.createTreeWalker(detail, NodeFilter.SHOW_TEXT);
      while (wanted && walk.nextNode()) {
        const said = walk.currentNode.data.toLowerCase();
        if (said.length !== walk.currentNode.data.length) continue;  // letters of another length
        let from = said.indexOf(wanted);
        while (from >= 0 && ranges.length < 500) {
          const range = new Range();
          range.setStart(walk.currentNode, from);
          range.setEnd(walk.currentNode, from + wanted.length);
          ranges.push(range);
          from = said.indexOf(wanted, from + wanted.length);
        }
      }
      CSS.highlights.set("found", new Highlight(...ranges));
    }

    function press(event) {
      if (section.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
      const typing = event.target === search;
      if (event.target.tagName === "SELECT" && event.key !== "Escape") return;
      const page = Math.max(1, Math.floor(list.clientHeight / HEIGHT) - 1);
      const moves = { ArrowDown: 1, ArrowUp: -1 };
      const inList = {
        ...moves, j: 1, k: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity,
      };
      const reads = detail.contains(event.target);  // there, other keys scroll
      const by = typing ? moves[event.key] : reads ? { j: 1, k: -1 }[event.key] : inList[event.key];
      if (by !== undefined) select(at + by);
      else if (event.key === "Escape") {
        reset();
        list.focus();
      } else if (typing && event.key === "Enter") list.focus();
      else if (typing) return;
      else if (event.key === "/") search.focus();
      else if (event.key === "s" && rows[shown[at]] && rows[shown[at]][LIKENESS] !== null) turn();
      else if (event.key === "n") jump(1);
      else if (event.key === "p") jump(-1);
      else return;
      event.preventDefault();
    }

    /** Show the page, at a row if its key is given. */
    function open(key) {
      if (key !== null && places.has(key)) {
        if (!shown.includes(places.get(key))) reset();
        at = shown.indexOf(places.get(key));
      }
      apply();
      list.focus({ preventScroll: true });
      if (key !== null && !places.has(key)) {
        detail.replaceChildren(make("p", "empty", "This report has no such row."));
      }
    }

    return { open };
  }

  const section = document.getElementById("rows");
  const reader = section ? makeReader(section) : null;
  window.addEventListener("hashchange", go);
  go();
})();
