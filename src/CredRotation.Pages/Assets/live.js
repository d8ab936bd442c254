// Reads the page again every two seconds and swaps <main>, unless somebody is about to answer in it. Stops when the rotation ended.
"use strict";

(() => {
  const period = 2000;

  const isBusy = (main) => {
    const focused = document.activeElement;
    const isTyped = [...main.querySelectorAll("input")].some((field) => field.value !== field.defaultValue);
    return document.hidden || isTyped || (focused && main.contains(focused) && focused.closest("form"));
  };

  const swap = (main, fresh) => {
    const open = new Set([...main.querySelectorAll("details[open][id]")].map((element) => element.id));
    const focused = main.contains(document.activeElement) ? document.activeElement : null;
    const href = focused?.getAttribute("href");

    main.replaceChildren(...fresh.childNodes);
    for (const id of open) main.querySelector(`details#${CSS.escape(id)}`)?.setAttribute("open", "");
    if (href) main.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true });
    else if (focused?.tagName === "SUMMARY") main.querySelector(focused.parentElement.id ? `details#${CSS.escape(focused.parentElement.id)} > summary` : "summary")?.focus({ preventScroll: true });
  };

  const readAgain = async () => {
    const main = document.getElementById("main");
    if (main.dataset.live !== "yes") return;

    if (!isBusy(main)) {
      try {
        const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
        if (answer.ok) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const fresh = page.getElementById("main");
          // Asked again: somebody may have started to answer while the page was on its way.
          if (fresh && !isBusy(main)) {
            const open = main.cloneNode(true);
            open.querySelectorAll("details").forEach((element) => element.removeAttribute("open"));
            if (fresh.innerHTML !== open.innerHTML) swap(main, fresh);
            main.dataset.live = fresh.dataset.live;
            document.title = page.title;
            const readAt = page.getElementById("read-at");
            if (readAt) document.getElementById("read-at")?.replaceChildren(...readAt.childNodes);
          }
        }
      } catch {
        // Not reachable now. What is shown says when it was read; the next round tries again.
      }
    }

    setTimeout(readAgain, period);
  };

  setTimeout(readAgain, period);
})();
