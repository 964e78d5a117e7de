import { mkdirSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildConsole } from "../../scripts/build-console.ts";
import type { Project, RunningCommand } from "../cli/project.ts";
import { findChromium, startChromium } from "../parts/chromium.ts";
import { createShop } from "./console/console-project.ts";

/** Screenshots are kept there; they are no part of the repository. */
const SHOTS = process.env.FIVEFOLD_SCREENSHOTS ?? join(import.meta.dirname, "../../coverage/console");
const SIZES = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
  { width: 2560, height: 1440 },
] as const;

/** What a step may take on a machine that is busy. */
const STEP_MS = 15_000;

let browser: Browser;

/** `npm run parts` installs one where it may. */
const hasBrowser = findChromium() !== undefined;

beforeAll(async () => {
  if (!hasBrowser) return;
  await buildConsole();
  browser = await startChromium();
  mkdirSync(SHOTS, { recursive: true });
});
afterAll(() => browser?.close());

async function startShop(): Promise<{ shop: Project; dev: RunningCommand; address: string }> {
  const shop = await createShop();
  const dev = shop.start(["dev", "--console-port", "0", "--gateway-port", "0"]);
  await dev.prints("console: http://127.0.0.1:");
  const [address = ""] = /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(dev.printed.stdout) ?? [];
  return { shop, dev, address };
}

async function enqueue(shop: Project, useCase: string, event: object, ...more: readonly string[]): Promise<string> {
  const ended = await shop.start(["enqueue", useCase, JSON.stringify(event), "--json", ...more]).ended();
  expect(ended).toMatchObject({ code: 0 });
  return JSON.parse(ended.stdout).receipts[0].id;
}

/** What axe finds by the rules of WCAG 2.2 A and AA. */
async function axeFinds(page: Page): Promise<string[]> {
  return (await page.evaluate(`(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const { violations } = await axe.run(document, { runOnly: { type: "tag", values: tags } });
    return violations.map(({ id, nodes }) => id + ": " + nodes.map((node) => node.html + " " + node.failureSummary).join("; "));
  })()`)) as string[];
}

test.skipIf(!hasBrowser)("people see and change what a real dev runs", { timeout: 100_000 }, async () => {
  const { shop, address } = await startShop();
  const page = await browser.newPage({ viewport: SIZES[1] });
  page.setDefaultTimeout(STEP_MS);
  const pages = page.getByRole("navigation", { name: "Pages" });
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));

  await page.goto(address);
  expect(page.url()).not.toContain("token");
  await page.getByRole("heading", { name: "All is done: nothing waits." }).waitFor();

  // Orders that go well, those that a bank refuses, and a name that is a script.
  const lines = [{ sku: "A", quantity: 1 }];
  const order = (orderId: string) => ({
    orderId,
    buyer: { email: "ada@example.com" },
    lines,
    country: "DE",
    gift: false,
  });
  await enqueue(shop, "place-order", order("<img src=x onerror=globalThis.broken=1>"));
  await enqueue(shop, "place-order", order("bank-1"));
  await enqueue(shop, "place-order", order("bank-2"));
  const reminder = await enqueue(shop, "send-reminder", { customerId: "c1", text: "a basket" }, "--delay", "1h");

  await page.getByText("3 dead letters").waitFor();
  await page.locator(`a.node[aria-description="enqueues to charge-payment"]`).waitFor();

  // Dead letters: open a group, see payload and error as text, redrive and discard after a dry run.
  await page.keyboard.press("d");
  await page.getByRole("heading", { name: "Dead letters", level: 1 }).waitFor();
  const hostile = page.getByRole("button", { name: /has no account/ });
  await hostile.click();
  await page.getByText('"orderId": "<img src=x onerror=globalThis.broken=1>"').waitFor();
  expect(await page.evaluate("globalThis.broken")).toBeUndefined();

  const bank = page.locator(".group", { hasText: "the bank does not answer" });
  await bank.getByRole("button", { name: "Redrive" }).click();
  await page.getByRole("heading", { name: "Redrive 2 dead letters?" }).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Redrive" }).click();
  await page.getByText("2 dead letters of charge-payment handed on again.").waitFor();

  await page.getByLabel("Payload").fill("orderId=bank-2");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByRole("button", { name: /1 × .*the bank does not answer/ }).waitFor();
  await page.getByRole("button", { name: "Discard" }).click();
  await page.getByRole("heading", { name: "Discard 1 dead letter?" }).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Discard" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
  await page.getByText("1 dead letter of charge-payment forgotten.").waitFor();
  await page.getByText("No dead letter is like that").waitFor();

  // A use case: pause with a reason, resume.
  await page.getByRole("navigation", { name: "Use cases" }).getByRole("link", { name: "charge-payment" }).click();
  await page.getByRole("heading", { name: "charge-payment", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByLabel("Why").fill("the bank is down");
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await page.getByText("It is paused").waitFor();
  await page.getByText("the bank is down").waitFor();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.getByRole("button", { name: "Limit" }).click();
  await page.getByLabel("In flight").fill("3");
  await page.getByRole("dialog").getByRole("button", { name: "Limit" }).click();
  await page.getByText("At most 3 in a process").waitFor();
  await page.getByRole("button", { name: "Clear limits" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Go" }).click();
  await page.getByText("At most 3 in a process").waitFor({ state: "detached" });

  // A task that waits: found by its id, then cancelled.
  await page.keyboard.press("/");
  await page.getByLabel("Task id").fill(reminder);
  await page.keyboard.press("Enter");
  await page.getByText("It is not due").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("It is cancelled.").waitFor();

  // Sending: a form of the event's type, which says what is wrong as one types.
  await pages.getByRole("link", { name: "Send" }).click();
  await page.getByRole("combobox", { name: "Use case" }).selectOption("place-order");
  await page.getByLabel("orderId").fill("x".repeat(41));
  await page.getByText("orderId takes at most 40 characters.").waitFor();
  expect(await page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
  await page.getByLabel("orderId").fill("from-the-console");
  await page.getByLabel("email").fill("ada@example.com");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Enqueued as").waitFor();

  // Who did what.
  await pages.getByRole("link", { name: "Operations" }).click();
  for (const action of ["enqueue", "cancel", "limit", "resume", "pause", "discard", "redrive"]) {
    await page.getByRole("cell", { name: action, exact: true }).first().waitFor();
  }
  expect(faults).toEqual([]);
  await page.close();
});

test.skipIf(!hasBrowser)(
  "every page is accessible, at three sizes and in both themes",
  { timeout: 100_000 },
  async () => {
    const { shop, address } = await startShop();
    await enqueue(shop, "charge-payment", { orderId: "bank-1", cents: 100 });
    await enqueue(shop, "charge-payment", { orderId: "<b>", cents: 100 });
    await enqueue(shop, "send-reminder", { customerId: "c1", text: "a basket" }, "--delay", "1h");
    await shop.start(["pause", "place-order", "--why", "stocktaking"]).ended();
    const found: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      for (const viewport of SIZES) {
        const page = await browser.newPage({ viewport, colorScheme });
        page.setDefaultTimeout(STEP_MS);
        // Not by a script of the page's: its policy lets none in.
        await page.addInitScript(axe.source);
        await page.goto(address);
        await page.getByText("2 dead letters").first().waitFor();
        for (const path of [
          "overview",
          "use-case/charge-payment",
          "dead-letters",
          "task",
          "send/place-order",
          "operations",
        ]) {
          await page.goto(`${new URL(address).origin}/#/${path}`);
          await page.locator("h1").waitFor();
          if (path === "dead-letters") await page.getByRole("button", { name: /does not answer/ }).click();
          if (path === "dead-letters") await page.locator(".letters li").first().waitFor();
          if (path === "send/place-order") await page.getByLabel("orderId").waitFor();
          // Nothing may be wider than the screen.
          const width = await page.evaluate("document.documentElement.scrollWidth");
          if ((width as number) > viewport.width) found.push(`${path} is ${width} px wide at ${viewport.width}`);
          // What is wide has nothing that is not seen before.
          const faults = viewport.width > 2_000 ? [] : await axeFinds(page);
          found.push(...faults.map((fault) => `${path} ${colorScheme} ${viewport.width}: ${fault}`));
          const name = `${path.replaceAll("/", "-")}-${viewport.width}-${colorScheme}.png`;
          await page.screenshot({ path: join(SHOTS, name) });
        }
        await page.close();
      }
    }
    expect(found).toEqual([]);
  },
);
