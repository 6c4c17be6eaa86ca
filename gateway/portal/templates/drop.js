// A file that is chosen, or dropped anywhere on the page, is checked at once. Without this script the form works too.
"use strict";
const form = document.querySelector("form.drop");
const field = form.querySelector("input[type=file]");
field.addEventListener("change", () => field.files.length && form.requestSubmit());
addEventListener("dragover", (event) => {
  event.preventDefault();
  form.classList.add("over");
});
addEventListener("dragleave", () => form.classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  if (event.dataTransfer.files.length) {
    field.files = event.dataTransfer.files;
    form.requestSubmit();
  }
});
