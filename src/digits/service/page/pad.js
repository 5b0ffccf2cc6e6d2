// The drawing area: strokes of mouse, finger or pen on white paper.

const INK = "#1b2340", PAPER = "#ffffff";
const WIDE = [640, 480], NARROW = [560, 560]; // pixels: fine enough for the thinnest pen, quick to read

/**
 * Makes a canvas a drawing area.
 *
 * `changed(ended)` is called after each change; `ended` says that no stroke is under way. Gives
 * { undo, clear, setWidth, fit, isEmpty, canUndo, pixels }. Widths are shares of the shorter side.
 */
export function createPad(canvas, changed) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let strokes = [], history = [], width = 0.025, pen = null;

  const side = () => Math.min(canvas.width, canvas.height);
  function replace(next) {
    history = [...history, strokes];
    strokes = next;
  }
  function redraw() {
    context.fillStyle = PAPER;
    context.fillRect(0, 0, canvas.width, canvas.height);
    for (const stroke of strokes) {
      stroke.forEach((_, k) => drawPoint(context, stroke, k));
      drawTip(context, stroke);
    }
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || (pen && pen.type === "pen")) return; // a palm beside the pen
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    pen = { id: event.pointerId, type: event.pointerType, box: canvas.getBoundingClientRect() };
    replace([...strokes, []]);
    extend([event]);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (pen?.id !== event.pointerId) return;
    const between = event.getCoalescedEvents?.() ?? [];
    extend(between.length ? between : [event]);
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, (event) => {
      if (pen?.id !== event.pointerId) return;
      pen = null;
      drawTip(context, strokes.at(-1));
      changed(true);
    });

  function extend(events) {
    const stroke = strokes.at(-1), scale = canvas.width / pen.box.width;
    for (const event of events) {
      const pressed = event.pointerType === "pen" && event.pressure > 0 ? 0.4 + 1.2 * event.pressure : 1;
      stroke.push({
        x: (event.clientX - pen.box.left) * scale,
        y: (event.clientY - pen.box.top) * scale,
        width: Math.max(width * side() * pressed, 1),
      });
      drawPoint(context, stroke, stroke.length - 1);
    }
    changed(false);
  }

  const pad = {
    isEmpty: () => strokes.length === 0,
    canUndo: () => history.length > 0,
    undo() {
      if (!history.length) return;
      strokes = history.at(-1);
      history = history.slice(0, -1);
      redraw();
      changed(true);
    },
    clear() {
      if (strokes.length) replace([]);
      redraw();
      changed(true);
    },
    setWidth: (share) => (width = share),
    /** Takes the form of the paper; only while nothing is drawn. */
    fit(narrow) {
      if (strokes.length) return;
      [canvas.width, canvas.height] = narrow ? NARROW : WIDE;
      history = [];
      redraw();
    },
    /** The whole drawing as it is: an ImageData. */
    pixels: () => context.getImageData(0, 0, canvas.width, canvas.height),
  };
  return pad;
}

/** Draws what the k-th point adds to its stroke: a dot first, then a smooth curve up to half way. */
function drawPoint(context, stroke, k) {
  const point = stroke[k], before = stroke[k - 1], first = stroke[k - 2] ?? before;
  context.strokeStyle = context.fillStyle = INK;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  if (k === 0) {
    context.arc(point.x, point.y, point.width / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.lineWidth = (before.width + point.width) / 2;
  context.moveTo((first.x + before.x) / 2, (first.y + before.y) / 2);
  context.quadraticCurveTo(before.x, before.y, (before.x + point.x) / 2, (before.y + point.y) / 2);
  context.stroke();
}

/** Draws the end of a stroke that is complete. */
function drawTip(context, stroke) {
  const point = stroke.at(-1), before = stroke.at(-2) ?? point;
  context.lineWidth = point.width;
  context.beginPath();
  context.moveTo((before.x + point.x) / 2, (before.y + point.y) / 2);
  context.lineTo(point.x, point.y);
  context.stroke();
}
