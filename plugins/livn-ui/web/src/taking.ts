// What somebody takes along from the page: a link, a picture.

import { h } from "./dom";

/** Copy the page's address; gives what to say about it. */
export async function copyLink(): Promise<string> {
  await navigator.clipboard.writeText(location.href).catch(() => {
    throw new Error(`This browser does not let the page copy; the link is in the address line: ${location.href}`);
  });
  return "The link is copied; it restores this view.";
}

/** Save something as a file. */
export function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
