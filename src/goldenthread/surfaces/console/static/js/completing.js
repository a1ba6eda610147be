// What can be written at a place: keys, choices, lines, metrics and people, out of what the server says of contracts.

import { placeOf } from "./yaml.js";

const WITH_METRIC = /^(?:draft|approval|constrained|expanded|shadow|business|customer|adoption)$/;
const WITH_PEOPLE = /^(?:owner|expert|escalate|people)$/;
const MOST = 40;

/** Offers at the caret: {from, offers: [{text, about, kind}]}; none where nothing is known. */
export function offersAt(words, text, caret) {
  const place = placeOf(text, caret);
  const node = follow(words.keys, place.path);
  const found = place.key === null ? keysOf(node, place) : valuesOf(words, node, place);
  const wanted = place.prefix.toLowerCase();
  const offers = found.filter((one) => one.text.toLowerCase().startsWith(wanted) && one.text !== place.prefix);
  if (!offers.length && wanted.length > 1 && place.key === null) {
    offers.push(...found.filter((one) => one.text.toLowerCase().includes(wanted)));
  }
  return { from: place.from, offers: offers.slice(0, MOST) };
}

/** The node at a path: the root's keys, or what stands under a key. */
function follow(keys, path) {
  let node = { keys };
  for (const name of path) {
    node = node?.keys?.[name] ?? node?.each ?? null;
    if (node === null) return null;
  }
  return node;
}

function keysOf(node, place) {
  if (!node?.keys) return [];
  return Object.entries(node.keys)
    .filter(([name]) => !place.taken.includes(name))
    .map(([name, one]) => ({ text: one.keys || one.each ? `${name}:` : `${name}: `, about: one.about, kind: "key" }));
}

function valuesOf(words, node, place) {
  const one = node?.keys?.[place.key] ?? node?.each ?? null;
  const offers = (one?.choices ?? []).map((text) => ({ text, about: one.about, kind: "choice" }));
  offers.push(...(one?.lines ?? []).map((text) => ({ text, about: `For example. ${one.about}`.trim(), kind: "line" })));
  if (one?.keys && !one.lines) offers.push(...keysOf(one, place));
  if (WITH_METRIC.test(place.key)) {
    offers.push(...Object.entries(words.metrics).map(([name, about]) => ({ text: name, about, kind: "metric" })));
  }
  if (WITH_PEOPLE.test(place.key) || /owned by $|owned by \S*$/.test(place.prefix)) offers.push(...people(words, place));
  return unique(offers);
}

/** Names, behind what stands before them in the line. */
function people(words, place) {
  const before = /^(.*owned by )\S*$/.exec(place.prefix)?.[1] ?? "";
  return words.people.map((name) => ({ text: before + name, about: "A name on record.", kind: "person" }));
}

function unique(offers) {
  const seen = new Set();
  return offers.filter((one) => !seen.has(one.text) && seen.add(one.text));
}
