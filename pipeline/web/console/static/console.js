// Countdowns, live lists and keys. Every page works without this file.
"use strict";

(() => {
  const root = document.documentElement;
  const offset = Number(root.dataset.now || Date.now()) - Date.now();
  const now = () => Date.now() + offset;

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (/^[A-Za-z0-9_+/-]{1,64}$/.test(zone || "")) document.cookie = `saqshy_zone=${zone}; Path=/; SameSite=Lax; Max-Age=31536000`;

  function clock(left) {
    const seconds = Math.floor(Math.abs(left) / 1000);
    const two = (number) => String(number).padStart(2, "0");
    const days = Math.floor(seconds / 86400);
    const rest = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    return days ? `${days} ${root.dataset.day} ${rest}` : rest;
  }

  function count() {
    for (const one of document.querySelectorAll("[data-due]")) {
      const left = Number(one.dataset.due) - now();
      const late = left < 0;
      const state = late ? "late" : left < Number(one.dataset.soon || 3600000) ? "soon" : "calm";
      one.classList.remove("late", "soon", "calm");
      one.classList.add(state);
      one.textContent = (late ? root.dataset.late : root.dataset.left).replace("{span}", clock(left));
    }
  }
  count();
  setInterval(count, 1000);

  // Live lists: the server says that something changed, the page is asked for again, and only the
  // list is put in place, never while somebody works inside of it.
  const live = document.querySelector("[data-live]");
  if (live && "EventSource" in window) {
    const said = document.querySelector("[data-live-said]");
    const button = document.querySelector("[data-live-pause]");
    let paused = false, asking = false, again = false;
    const busy = () => live.contains(document.activeElement) || String(getSelection()).length > 0;
    async function renew() {
      if (paused || asking || busy()) { again = true; return; }
      asking = true;
      again = false;
      try {
        const answer = await fetch(location.href, { credentials: "same-origin" });
        if (answer.ok) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const fresh = page.querySelector("[data-live]");
          if (fresh && fresh.innerHTML !== live.innerHTML) {
            live.replaceChildren(...fresh.childNodes);
            live.classList.remove("fresh");
            void live.offsetWidth;
            live.classList.add("fresh");
            if (said) said.textContent = said.dataset.liveSaid;
            count();
          }
        }
      } finally {
        asking = false;
      }
    }
    const stream = new EventSource(live.dataset.live);
    stream.addEventListener("change", renew);
    setInterval(() => { if (again) renew(); }, 2000);
    if (button) {
      button.hidden = false;
      button.addEventListener("click", () => {
        paused = !paused;
        button.setAttribute("aria-pressed", String(paused));
        if (!paused) renew();
      });
    }
  }

  // Keys: j and k go through rows, Enter opens one, / goes to the search, ? to the list of keys,
  // g with a letter to a page. They can be turned off (the list of keys says where).
  if (root.dataset.keys === "on") {
    let row = -1, before = "";
    const rows = () => [...document.querySelectorAll("tbody tr[data-row]")].filter((one) => one.checkVisibility());
    const go = (step) => {
      const all = rows();
      if (!all.length) return;
      all.forEach((one) => one.classList.remove("on"));
      row = Math.max(0, Math.min(all.length - 1, row + step));
      all[row].classList.add("on");
      const link = all[row].querySelector("a");
      if (link) link.focus();
    };
    document.addEventListener("keydown", (event) => {
      const field = event.target.closest("input, textarea, select, [contenteditable]");
      if (field || event.ctrlKey || event.metaKey || event.altKey) return;
      const key = event.key;
      if (before === "g") {
        const link = document.querySelector(`.way a[data-key="${CSS.escape(key)}"]`);
        before = "";
        if (link) { event.preventDefault(); link.click(); }
        return;
      }
      before = key === "g" ? "g" : "";
      if (key === "j") go(1);
      else if (key === "k") go(-1);
      else if (key === "/") {
        const search = document.querySelector("[data-search]");
        if (search) { event.preventDefault(); search.focus(); }
      } else if (key === "?") location.assign("/help");
    });
  }

  for (const one of document.querySelectorAll("[data-copy]")) {
    one.hidden = false;
    one.addEventListener("click", () => navigator.clipboard?.writeText(location.origin + one.dataset.copy));
  }
})();
