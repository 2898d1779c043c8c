/* The basket of the demo shop, and what a shop tells the chat (docs/chat.md). */
const basket = JSON.parse(localStorage.getItem("demo-basket") || "[]");
const shown = document.getElementById("basket");
const show = () => { shown.textContent = String(basket.length); };
for (const button of document.querySelectorAll("[data-add]")) {
  button.addEventListener("click", () => {
    basket.push(button.dataset.add);
    localStorage.setItem("demo-basket", JSON.stringify(basket));
    show();
  });
}
show();
