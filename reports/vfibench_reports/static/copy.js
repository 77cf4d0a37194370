/* Copies texts: a button of class "copy" that of the element whose id is in its data-copies. Without it they are
   text to be selected.

   A page opened from disk may have no clipboard, or may not use it: then the text is selected, for the keys. */
(function () {
  const buttons = document.querySelectorAll("button.copy");
  const labels = new Map(Array.from(buttons).map(function (button) { return [button, button.textContent]; }));

  /* What is folded cannot be selected. */
  function select(element) {
    const folded = element.closest("details");
    if (folded) {
      folded.open = true;
    }
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  /* One button at a time says so: what it names is what the clipboard, or the selection, holds. */
  function tell(button, text) {
    buttons.forEach(function (other) { other.textContent = other === button ? text : labels.get(other); });
  }

  function fallBack(button, element) {
    select(element);
    let copied = false;
    try {
      copied = document.execCommand("copy");
    } catch (error) {
      copied = false;
    }
    tell(button, copied ? "Copied" : "Selected");
  }

  function copy(button) {
    const element = document.getElementById(button.dataset.copies);
    if (!navigator.clipboard) {
      fallBack(button, element);
      return;
    }
    navigator.clipboard.writeText(element.textContent).then(
      function () { tell(button, "Copied"); },
      function () { fallBack(button, element); }
    );
  }

  /* "Copied" is said of a text as long as it stays that. */
  function forget(button) {
    const kept = document.getElementById(button.dataset.copies);
    const observer = new MutationObserver(function () { button.textContent = labels.get(button); });
    observer.observe(kept, { childList: true, characterData: true, subtree: true });
  }

  buttons.forEach(function (button) {
    forget(button);
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", function () { copy(button); });
  });
})();
