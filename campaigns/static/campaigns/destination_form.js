"use strict";
// Ticks "Is default" of a new destination where the chosen kind has no default yet, until somebody decides otherwise.
{
  const box = document.getElementById("id_is_default");
  const kind = document.getElementById("id_kind");
  if (box && kind && "taken" in box.dataset) {
    const taken = box.dataset.taken.split(" ");
    let isDecided = false;
    box.addEventListener("change", () => {
      isDecided = true;
    });
    kind.addEventListener("change", () => {
      box.checked = isDecided ? box.checked : kind.value !== "" && !taken.includes(kind.value);
    });
  }
}
