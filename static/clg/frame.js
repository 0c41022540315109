/* The admin's keys (/ searches, ? shows them, g and a letter goes places that the sidebar offers), and names for the
   theme's combo boxes, which borrow theirs from an empty placeholder. */
(() => {
  "use strict";
  const PLACES = { t: "/admin/", c: "/admin/advocacy/champion/", o: "/admin/accounts/opportunity/", a: "/admin/accounts/account/" };
  const WAIT_MS = 1500;
  let wentAt = 0;

  const isTyping = (target) => target.isContentEditable || target.closest("input, textarea, select, dialog, [role=combobox]");

  const go = (letter) => {
    const link = document.querySelector(`#nav-sidebar a[href="${PLACES[letter]}"]`);
    if (link) location.assign(link.href);
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (Date.now() - wentAt < WAIT_MS && event.key in PLACES) {
      go(event.key);
    } else if (event.key === "?") {
      document.getElementById("keys").showModal();
    } else if (event.key === "/" && !document.getElementById("searchbar")) {
      event.preventDefault();
      document.getElementById("open-search").click();
    }
    wentAt = event.key === "g" ? Date.now() : 0;
  });

  const nameComboBoxes = () => {
    for (const box of document.querySelectorAll(".select2-container")) {
      const label = box.previousElementSibling?.labels?.[0];
      if (!label) continue;
      for (const part of box.querySelectorAll("[role=combobox], [role=textbox]")) {
        part.removeAttribute("aria-labelledby");
        part.setAttribute("aria-label", label.innerText.trim());
      }
    }
  };

  // Each scrolling part would be a landmark of the same name.
  const quietScrollers = () => {
    for (const part of document.querySelectorAll(".simplebar-content-wrapper")) part.setAttribute("role", "group");
  };

  // The theme's signs are letters of a font: without this "groups Champions" is read out.
  const silenceSigns = () => {
    for (const sign of document.querySelectorAll(".material-symbols-outlined")) sign.setAttribute("aria-hidden", "true");
    document.getElementById("searchbar-submit")?.setAttribute("aria-label", "Search");
  };

  document.addEventListener("DOMContentLoaded", () => {
    silenceSigns();
    // The theme makes its boxes some time after the page is read, and again for rows added to a form.
    const content = document.getElementById("content");
    if (content) new MutationObserver(nameComboBoxes).observe(content, { childList: true, subtree: true });
  });
  window.addEventListener("load", quietScrollers);
})();
