"use strict";
(() => {
  const SHOWN = {{ shown }};

  // Numbers are written with narrow spaces between thousands, and with ° and % after them; a dash is not known.
  const number = (text) => parseFloat(text.replace(/[\s<]/g, ""));

  function keys(cells, kind, classes) {
    return cells.map((text) => {
      if (kind === "text") return text;
      const value = kind === "class" ? classes.indexOf(text) : number(text);
      return value >= 0 ? value : null;
    });
  }

  function compared(a, b) {
    if (a === null || b === null) return 0;
    return typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b;
  }

  function prepare(table) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const filters = document.querySelector(`.filters[data-for="${table.id}"]`);
    const more = document.querySelector(`.more[data-for="${table.id}"]`);
    const classes = [...filters.querySelectorAll("option")].slice(1).map((option) => option.textContent);
    const rows = [...body.rows].map((row) => ({ row, texts: [...row.cells].map((cell) => cell.textContent.trim()) }));
    const column = (name) => heads.findIndex((head) => head.dataset.filter === name);
    let all = false;
    let order = rows;

    function show() {
      const wanted = Object.fromEntries(
        [...filters.querySelectorAll("[data-filter]")].map((field) => [field.dataset.filter, field.value])
      );
      const least = parseFloat(wanted.width);
      const name = (wanted.name || "").toLowerCase();
      const fits = ({ texts }) =>
        (!name || texts[column("name")].toLowerCase().includes(name)) &&
        (!wanted.class || texts[column("class")] === wanted.class) &&
        (Number.isNaN(least) || number(texts[column("width")]) >= least);
      let fitting = 0;
      for (const entry of order) {
        const fit = fits(entry);
        if (fit) fitting += 1;
        entry.row.hidden = !fit || (!all && fitting > SHOWN);
      }
      const shown = all ? fitting : Math.min(fitting, SHOWN);
      filters.querySelector("output").textContent =
        fitting === rows.length ? `${rows.length} rows` : `${fitting} of ${rows.length} rows`;
      more.hidden = shown === fitting;
      more.querySelector("span").textContent = `${shown} of ${fitting} shown.`;
    }

    function sort(index) {
      const head = heads[index];
      const kind = head.dataset.kind;
      const first = kind === "text" || head.textContent === "No." ? "ascending" : "descending";
      const other = first === "ascending" ? "descending" : "ascending";
      const direction = head.getAttribute("aria-sort") === first ? other : first;
      const sign = direction === "ascending" ? 1 : -1;
      const sorted = keys(rows.map(({ texts }) => texts[index]), kind, classes);
      const places = rows.map((_, place) => place);
      // what is not known comes last, whichever way
      places.sort((a, b) => (sorted[a] === null) - (sorted[b] === null) || sign * compared(sorted[a], sorted[b]) || a - b);
      order = places.map((place) => rows[place]);
      body.append(...order.map(({ row }) => row));
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", direction);
      show();
    }

    heads.forEach((head, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.addEventListener("click", () => sort(index));
      head.replaceChildren(button);
    });
    filters.addEventListener("input", show);
    more.querySelector("button").addEventListener("click", () => {
      all = true;
      show();
    });
    filters.hidden = false;
    show();
  }

  document.querySelectorAll("table.listed").forEach(prepare);
  document.querySelectorAll(".compare input").forEach((slider) => {
    slider.addEventListener("input", () => slider.parentElement.style.setProperty("--at", `${slider.value}%`));
  });
})();
