/* Starts the player of a page of its own. */
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const film = document.getElementById("film");
  vfibenchPlayer(document.getElementById("player"), data, vfibenchFilms.video(data, film.textContent, data.tiles, data.counter));
  film.remove();
})();
