// Says how far a job is, and shows its page again when it has ended. Without this module, "Look again" does so.

const bar = document.querySelector("[data-job]");

async function look() {
  try {
    const answer = await fetch(bar.dataset.job, { credentials: "same-origin", headers: { Accept: "application/json" } });
    const job = await answer.json();
    if (!answer.ok || job.state !== "running") {
      window.location.reload();
      return;
    }
    bar.value = job.share;
    bar.textContent = `${Math.floor(job.share * 100)} %`;
  } catch {
    return; // whoever looks can look again
  }
  setTimeout(look, 1000);
}

if (bar) setTimeout(look, 500);
