// The phrases of the page in the reader's language, given by the server: nothing a person reads is written in script.
const phrases = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

/** Say the phrase `key` with its `{places}` filled from `facts`. */
export function say(key, facts = {}) {
  const phrase = phrases[key];
  if (phrase === undefined) throw new Error(`words: no phrase ${key}`);
  return phrase.replace(/\{(\w+)\}/g, (whole, name) => (name in facts ? String(facts[name]) : whole));
}

/** Say `key.one` or `key.many` about `n` things. */
export function plural(key, n, facts = {}) {
  return say(`${key}.${n === 1 ? "one" : "many"}`, { n, ...facts });
}
