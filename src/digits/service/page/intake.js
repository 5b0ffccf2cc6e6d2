// Pictures from outside: chosen, dropped, pasted, photographed.

import { $ } from "./dom.js";

/** Calls `take(files)` whenever the user gives pictures, in whichever way. */
export function watchForPictures(take) {
  for (const input of [$("files"), $("capture")])
    input.addEventListener("change", () => {
      if (input.files.length) take([...input.files]);
      input.value = "";
    });
  document.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
  watchForDrops(take);
  $("photograph").addEventListener("click", async () => {
    const photo = await photograph();
    if (photo) take([photo]);
  });
}

function watchForDrops(take) {
  const sheet = $("drop");
  const holdsFiles = (event) => event.dataTransfer.types.includes("Files");
  document.addEventListener("dragenter", (event) => (sheet.hidden = !holdsFiles(event)));
  document.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) sheet.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    sheet.hidden = true;
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
}

/** A photo as a File; null if there was none, or if the phone's own camera was opened instead. */
async function photograph() {
  const wish = { video: { facingMode: "environment", width: { ideal: 1920 } } };
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia(wish);
  } catch { // no camera, not allowed, or a page that may not ask: http from another computer
    $("capture").click();
    return null;
  }
  const dialog = $("camera"), video = dialog.querySelector("video");
  try {
    video.srcObject = stream;
    await video.play();
    dialog.showModal();
    return await takenIn(dialog) ? await frameOf(video) : null;
  } finally {
    dialog.close();
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}

/** Whether the dialog ends with a photo. */
function takenIn(dialog) {
  return new Promise((done) => {
    for (const button of dialog.querySelectorAll("button"))
      button.onclick = () => done(button.value === "take");
    dialog.onclose = () => done(false);
  });
}

async function frameOf(video) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));
  const time = new Date().toTimeString().slice(0, 8).replaceAll(":", "-");
  return new File([blob], `photo ${time}.jpg`, { type: "image/jpeg" });
}
