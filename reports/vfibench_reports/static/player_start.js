/* Starts the players of a page: <div data-player="ID"> with its data in the element of that id. */
document.querySelectorAll("[data-player]").forEach(function (root) {
  const data = JSON.parse(document.getElementById(root.dataset.player).textContent);
  root.closest("section").hidden = false;
  vfibenchPlayer(root, data, vfibenchFilms.images(data, data.uris, data.frames));
});
