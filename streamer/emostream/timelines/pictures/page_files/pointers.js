// What pointers and wheels do on the pictures.

function listenToPointers(page) {
  const part = (event) => (event.clientX - event.currentTarget.getBoundingClientRect().left) / event.currentTarget.clientWidth;
  const dragged = (canvas, act) => {
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      canvas.setPointerCapture(event.pointerId);
      act(part(event));
    });
    canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && act(part(event)));
  };
  const at = (share) => page.viewport.start + share * page.viewport.width;
  dragged(element("detail"), (share) => page.seek(at(Math.min(1, Math.max(0, share)))));
  dragged(element("overview"), (share) => {
    page.look((viewport) => viewport.centreOn(share * viewport.lengthMs));
  });
  element("detail").addEventListener(
    "wheel",
    (event) => {
      const sideways = event.shiftKey ? event.deltaY : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
      if (event.ctrlKey || event.metaKey) page.zoom(2 ** (-Math.sign(event.deltaY) * Math.min(1, Math.abs(event.deltaY) / 100)), at(part(event)));
      else if (sideways) {
        page.look((viewport) => viewport.moveBy((sideways / element("detail").clientWidth) * viewport.width));
      } else return; // the page scrolls
      event.preventDefault();
    },
    { passive: false },
  );
}
