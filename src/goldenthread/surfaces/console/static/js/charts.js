// A chart says what lies under the pointer, or under the arrow keys, in the words that its picture is described with.

const LEFT = 0.075, WIDE = 0.835; // Where the axes lie in the picture (views/pictures.py).

function tell(frame) {
  const points = (frame.dataset.points || "").split("|").filter(Boolean);
  if (!points.length) return;
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "status");
  frame.append(tip);
  let here = -1;

  function show(place) {
    here = Math.min(Math.max(place, 0), points.length - 1);
    const image = frame.querySelector("img");
    const at = image.clientWidth * (LEFT + (WIDE * (here + 0.6)) / (points.length + 0.2));
    tip.textContent = points[here];
    tip.hidden = false;
    const room = Math.max(0, image.clientWidth - tip.offsetWidth);
    tip.style.setProperty("left", `${Math.min(Math.max(0, at - tip.offsetWidth / 2), room)}px`);
    tip.style.setProperty("top", "4px");
  }

  frame.addEventListener("pointermove", (event) => {
    const image = frame.querySelector("img").getBoundingClientRect();
    const share = ((event.clientX - image.left) / image.width - LEFT) / WIDE;
    show(Math.round(share * (points.length + 0.2) - 0.6));
  });
  frame.addEventListener("pointerleave", () => { tip.hidden = true; });
  frame.addEventListener("blur", () => { tip.hidden = true; });
  frame.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    if (event.key in steps) show(here + steps[event.key]);
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(points.length - 1);
    else if (event.key === "Escape") tip.hidden = true;
    else return;
    event.preventDefault();
  });
}

document.querySelectorAll(".chart-frame").forEach(tell);
