// What a contract's text is made of: coloured pieces, and where in the tree of keys a place stands. Pure functions.

const WORDS = /^(?:shadow|draft|approval|constrained|expanded|none|allow|ask|deny|redact|read|reversible|irreversible|true|false|any|hard|never|only|with|within|owned|by|cap|after|and|or|not|per|at|of|in|once|fall|back|to)$/;

/** A line as [kind, text] pieces that join to the line; kinds are the classes `y-...` of the style sheet. */
export function coloured(line) {
  const pieces = [];
  let rest = line;
  const take = (kind, text) => {
    if (text) pieces.push([kind, text]);
    rest = rest.slice(text.length);
  };
  take("", /^\s*/.exec(rest)[0]);
  for (let dash; (dash = /^- +/.exec(rest)); ) take("sign", dash[0]);
  const key = /^[A-Za-z_][\w.@+-]*(?=\s*:(?:\s|$))/.exec(rest);
  if (key) {
    take("key", key[0]);
    take("sign", /^\s*:\s*/.exec(rest)[0]);
  }
  while (rest) take(...next(rest, pieces));
  return pieces;
}

function next(rest, before) {
  const spaces = /^\s+/.exec(rest);
  if (spaces) return ["", spaces[0]];
  const last = before.length ? before[before.length - 1] : ["", " "];
  if (rest[0] === "#" && /\s$/.test(last[1])) return ["comment", rest];
  const quoted = /^"(?:[^"\\]|\\.)*"?|^'(?:[^']|'')*'?/.exec(rest);
  if (quoted && !/[\w]$/.test(last[1])) return ["quoted", quoted[0]];
  const inner = /^[A-Za-z_]\w*(?=\s*:\s)/.exec(rest);
  if (inner) return ["key", inner[0]];
  const number = /^-?\d[\d.:]*(?![A-Za-z_])/.exec(rest);
  if (number) return ["number", number[0]];
  const sign = /^(?:->|[<>=]=?|[[\]{},:%?&*|>-])/.exec(rest);
  if (sign) return ["sign", sign[0]];
  const word = /^[\p{L}_][\p{L}\w@.+-]*/u.exec(rest);
  if (word) return [WORDS.test(word[0]) ? "word" : "text", word[0]];
  return ["text", rest[0]];
}

/**
 * Where the caret stands: `path` are the keys above it, `key` the one whose value is written, or null where a key is
 * written; `prefix` is what stands before the caret of it, `from` where that begins in the text, `taken` the keys that
 * the same block has already.
 */
export function placeOf(text, caret) {
  const lines = text.slice(0, caret).split("\n");
  const line = lines[lines.length - 1];
  const whole = text.split("\n");
  const number = lines.length - 1;
  const value = /^(\s*(?:- +)*)([A-Za-z_][\w.@+-]*)\s*:\s+(.*)$/.exec(line);
  if (value) {
    const own = [...above(whole, number, value[1].length), value[2]];
    const flow = flowPlace(value[3]);
    if (flow) return { path: [...own, ...flow.path], key: flow.key, prefix: flow.prefix, from: caret - flow.prefix.length, taken: flow.taken };
    const prefix = piece(value[3]);
    return { path: own.slice(0, -1), key: value[2], prefix, from: caret - prefix.length, taken: [] };
  }
  const item = /^(\s*)- +(.*)$/.exec(line);
  if (item) {
    const path = above(whole, number, item[1].length + 1);
    const prefix = item[2].replace(/^["']/, "");
    return { path: path.slice(0, -1), key: path[path.length - 1] ?? null, prefix, from: caret - prefix.length, taken: [] };
  }
  const indent = /^\s*/.exec(line)[0].length;
  const prefix = line.slice(indent);
  return { path: above(whole, number, indent), key: null, prefix, from: caret - prefix.length, taken: siblings(whole, number, indent) };
}

/** What stands before the caret of one value: behind the last comma of a list in brackets, without a quote. */
function piece(value) {
  const last = value.startsWith("[") ? value.slice(1).split(/,\s*/).pop() : value;
  return last.replace(/^\s*["']?/, "");
}

/** The keys above a line, by their indents. */
function above(lines, number, indent) {
  const path = [];
  let left = indent;
  for (let at = number - 1; at >= 0 && left > 0; at -= 1) {
    const found = /^(\s*)([A-Za-z_][\w.@+-]*)\s*:/.exec(lines[at]);
    if (found && found[1].length < left) {
      path.unshift(found[2]);
      left = found[1].length;
    }
  }
  return path;
}

/** The keys of the block that a line stands in. */
function siblings(lines, number, indent) {
  const found = [];
  const look = (from, step) => {
    for (let at = from; at >= 0 && at < lines.length; at += step) {
      if (!lines[at].trim() || /^\s*#/.test(lines[at])) continue;
      const own = /^\s*/.exec(lines[at])[0].length;
      if (own < indent) return;
      const key = /^\s*([A-Za-z_][\w.@+-]*)\s*:/.exec(lines[at]);
      if (own === indent && key) found.push(key[1]);
    }
  };
  look(number - 1, -1);
  look(number + 1, 1);
  return found;
}

/** Inside braces: `{effect: read, und` stands at the key `und`. */
function flowPlace(value) {
  if (!value.startsWith("{")) return null;
  let depth = 0;
  let start = 0;
  const outer = [];
  const taken = [[]];
  for (let at = 0; at < value.length; at += 1) {
    const sign = value[at];
    if (sign === "{") {
      const key = /([A-Za-z_]\w*)\s*:\s*$/.exec(value.slice(start, at));
      if (depth > 0) outer.push(key ? key[1] : "");
      depth += 1;
      taken[depth] = [];
      start = at + 1;
    } else if (sign === "}") {
      depth -= 1;
      if (depth > 0) outer.pop();
      start = at + 1;
    } else if (sign === "," && depth > 0) {
      start = at + 1;
    } else if (sign === ":" && depth > 0) {
      taken[depth].push(value.slice(start, at).trim());
    }
  }
  if (depth === 0) return null;
  const piece = value.slice(start).replace(/^\s+/, "");
  const pair = /^([A-Za-z_]\w*)\s*:\s*(?:\[\s*)?(.*)$/.exec(piece);
  if (pair) return { path: outer, key: pair[1], prefix: pair[2], taken: [] };
  return { path: outer, key: null, prefix: piece, taken: taken[depth] };
}
