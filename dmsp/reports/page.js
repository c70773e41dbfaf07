document.querySelectorAll("table.runs th button").forEach(function (button) {
  button.addEventListener("click", function () {
    var head = button.parentNode, body = head.closest("table").tBodies[0];
    var column = Array.prototype.indexOf.call(head.parentNode.children, head);
    var down = head.getAttribute("aria-sort") === "ascending";
    head.parentNode.querySelectorAll("th").forEach(function (th) { th.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    var numeric = head.classList.contains("n");
    Array.prototype.slice.call(body.rows).map(function (row) {
      var value = row.cells[column].dataset.v;
      return [numeric ? (value === "" ? Infinity : Number(value)) : value, row];
    }).sort(function (a, b) {
      var order = a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
      return down ? -order : order;
    }).forEach(function (pair) { pair[1].classList.remove("first"); body.appendChild(pair[1]); });
  });
});
