// The program of a form, run in the browser: what is asked, what follows, what is wrong, as the server finds it.
const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const FORMS = {
  citizen_number: /^[0-9]{17}[0-9X]$/,
  credit_code: /^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/,
  phone: /^(?:1[3-9][0-9]{9}|0[0-9]{9,11}|\+[1-9][0-9]{6,14})$/,
  email: /^[^@\s]{1,64}@[A-Za-z0-9\u4e00-\u9fff-]+(\.[A-Za-z0-9\u4e00-\u9fff-]+)+$/,
};
const CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const MOST_NUMBER = 10n ** 15n;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string";
const characters = (text) => [...text].length;
const unprintable = (text, long) => (long ? /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/ : /[\u0000-\u001f\u007f-\u009f]/).test(text);

/** Say whether this is no answer. */
export function isEmpty(value) {
  if (value === undefined || value === null || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && !Object.values(value).some((one) => one && (typeof one !== "object" || Object.keys(one).length > 0));
}

function dayOf(value) {
  if (!isText(value) || !DAY.test(value)) return null;
  const found = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(found.getTime()) && found.getUTCFullYear() > 0 && found.toISOString().slice(0, 10) === value ? found : null;
}

function later(text, days) {
  const found = dayOf(text);
  const moved = found.getTime() + days * 86_400_000;
  const [first, last] = [Date.parse("0001-01-01T00:00:00Z"), Date.parse("9999-12-31T00:00:00Z")];
  return new Date(Math.min(Math.max(moved, first), last)).toISOString().slice(0, 10);
}

export function shownNumber(value, places) {
  if (!places) return String(value);
  const digits = String(value).replace("-", "").padStart(places + 1, "0");
  return `${value < 0 ? "-" : ""}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

function citizenFits(number) {
  const sum = [...number.slice(0, 17)].reduce((all, digit, place) => all + Number(digit) * (2 ** (17 - place) % 11), 0);
  return "10X98765432"[sum % 11] === number[17];
}

function creditFits(code) {
  const sum = [...code.slice(0, 17)].reduce((all, one, place) => all + CREDIT.indexOf(one) * (3 ** place % 31), 0);
  return CREDIT[(31 - (sum % 31)) % 31] === code[17];
}

const several = (field, value) =>
  new Set(value).size !== value.length || value.length < field.least || value.length > (field.most ?? field.options?.length);

const JUDGES = {
  text: (field, value) => {
    if (!isText(value) || unprintable(value, field.long)) return ["text", {}];
    const n = characters(value);
    return n < field.least || n > field.most ? ["length", { least: field.least, most: field.most, n }] : null;
  },
  number: (field, value, form, code = "number", places = field.places) => {
    if (!Number.isInteger(value)) return [code, { places }];
    const bounds = { least: shownNumber(field.least, places), most: shownNumber(field.most, places) };
    return value < field.least || value > field.most ? ["range", bounds] : null;
  },
  money: (field, value, form) => JUDGES.number(field, value, form, "money", 2),
  day: (field, value, form) => {
    if (dayOf(value) === null) return ["day", {}];
    const first = field.least === null ? null : later(form.today, field.least);
    const last = field.most === null ? null : later(form.today, field.most);
    if (first !== null && value < first) return ["day_before", { day: first }];
    return last !== null && value > last ? ["day_after", { day: last }] : null;
  },
  choice: (field, value) => (field.options.includes(value) ? null : ["option", {}]),
  choices: (field, value) => {
    if (!Array.isArray(value) || !value.every((one) => field.options.includes(one))) return ["option", {}];
    return several(field, value) ? ["options", { least: field.least, most: field.most ?? field.options.length }] : null;
  },
  files: (field, value) => {
    if (!Array.isArray(value) || !value.every((one) => isText(one) && /^[A-Za-z0-9_-]{1,64}$/.test(one))) return ["file", {}];
    return several(field, value) ? ["files", { least: field.least, most: field.most }] : null;
  },
  yes_no: (field, value) => (typeof value === "boolean" ? null : ["yes", {}]),
  declaration: (field, value) => (value === true ? null : ["agree", {}]),
  citizen_number: (field, value) => formed("citizen_number", value, "citizen") ?? (citizenFits(value) ? null : ["citizen_digit", {}]),
  credit_code: (field, value) => formed("credit_code", value, "credit") ?? (creditFits(value) ? null : ["credit_digit", {}]),
  phone: (field, value) => formed("phone", value, "phone"),
  email: (field, value) => formed("email", value, "email") ?? (characters(value) > 254 ? ["email", {}] : null),
  address: (field, value) => {
    if (!isObject(value) || !Object.keys(value).every((one) => one === "area" || one === "detail")) return ["address", {}];
    const { area = "", detail = "" } = value;
    if (!isText(area) || !isText(detail) || (area && !/^[0-9A-Za-z-]{1,20}$/.test(area))) return ["address", {}];
    const n = characters(detail);
    return n < 2 || n > field.most || unprintable(detail, false) ? ["address_detail", { least: 2, most: field.most }] : null;
  },
};

const formed = (sort, value, code) => (isText(value) && FORMS[sort].test(value) ? null : [code, {}]);

/** A form made ready to be run: `form` is what the server sent. */
export class Program {
  constructor(form) {
    this.form = form;
    this.fields = new Map();
    this.groupOf = new Map();
    this.sectionOf = new Map();
    for (const section of form.sections) {
      for (const field of section.fields) {
        this.fields.set(field.id, field);
        this.sectionOf.set(field.id, section);
        for (const inner of field.fields ?? []) {
          this.fields.set(inner.id, inner);
          this.groupOf.set(inner.id, field.id);
        }
      }
    }
    this.places = new Map([...this.fields.keys()].map((id, place) => [id, place]));
  }

  // Three truth values: true, false, and null for what is not known.
  holds(term, top, row) {
    if (term.sort === "all" || term.sort === "any") {
      const ends = term.sort === "any";
      let found = !ends;
      for (const one of term.of) {
        const held = this.holds(one, top, row);
        if (held === ends) return ends;
        if (held === null) found = null;
      }
      return found;
    }
    if (term.sort === "not") {
      const held = this.holds(term.of, top, row);
      return held === null ? null : !held;
    }
    if (term.sort === "compare") return this.compares(term, top, row);
    const place = this.groupOf.has(term.field) ? row : top;
    if (term.sort === "filled") return place.filled.has(term.field);
    const value = place.sound[term.field] ?? null;
    if (value === null) return null;
    const values = term.sort === "is" ? [term.value] : term.values;
    return Array.isArray(value) ? value.some((one) => values.includes(one)) : values.includes(value);
  }

  compares(term, top, row) {
    let [left, right] = [term.left, term.right].map((one) => this.quantity(one, top, row));
    if (left === null || right === null) return null;
    if (!isText(left)) {
      const [one, other] = [term.left, term.right].map((side) => this.scale(side));
      const both = Math.max(one, other);
      [left, right] = [left * 10n ** BigInt(both - one), right * 10n ** BigInt(both - other)];
    }
    const order = left < right ? -1 : left > right ? 1 : 0;
    return { "<": order < 0, "<=": order <= 0, "=": order === 0, "!=": order !== 0, ">=": order >= 0, ">": order > 0 }[term.by];
  }

  scale(term) {
    if (term.sort === "constant") return term.places;
    if (term.sort === "answer" || term.sort === "total") {
      const field = this.fields.get(term.field);
      return field.sort === "money" ? 2 : (field.places ?? 0);
    }
    if (term.sort === "minus") return Math.max(this.scale(term.left), this.scale(term.right));
    if (term.sort === "sum") return Math.max(...term.of.map((one) => this.scale(one)));
    return term.sort === "product" ? term.of.reduce((all, one) => all + this.scale(one), 0) : 0;
  }

  quantity(term, top, row) {
    const place = this.groupOf.has(term.field ?? term.since) ? row : top;
    switch (term.sort) {
      case "constant":
        return BigInt(term.value);
      case "answer": {
        const value = place.sound[term.field] ?? null;
        return typeof value === "number" ? BigInt(value) : value;
      }
      case "day":
        return later(term.date ?? this.form.today, term.after);
      case "total":
        return this.total(term.field, top);
      case "count": {
        const value = place.sound[term.field] ?? null;
        return value === null ? (place.filled.has(term.field) ? null : 0n) : BigInt(value.length);
      }
      case "years": {
        const since = place.sound[term.since] ?? null;
        if (since === null) return null;
        const [today, day] = [this.form.today, since];
        return BigInt(Number(today.slice(0, 4)) - Number(day.slice(0, 4)) - (today.slice(5) < day.slice(5) ? 1 : 0));
      }
      default:
        return this.together(term, top, row);
    }
  }

  total(id, top) {
    const group = this.groupOf.get(id);
    const rows = top.sound[group] ?? null;
    if (rows === null) return top.filled.has(group) ? null : 0n;
    if (rows.some((row) => row.filled.has(id) && (row.sound[id] ?? null) === null)) return null;
    return rows.reduce((all, row) => all + BigInt(row.sound[id] ?? 0), 0n);
  }

  together(term, top, row) {
    const parts = term.sort === "minus" ? [term.left, term.right] : term.of;
    const values = parts.map((one) => this.quantity(one, top, row));
    if (values.includes(null)) return null;
    if (term.sort === "product") return values.reduce((all, one) => all * one, 1n);
    const both = this.scale(term);
    const finer = values.map((one, place) => one * 10n ** BigInt(both - this.scale(parts[place])));
    return term.sort === "minus" ? finer[0] - finer[1] : finer.reduce((all, one) => all + one, 0n);
  }

  computed(field, top, row) {
    const value = this.quantity(field.value, top, row);
    if (value === null) return { kept: null, sound: null, faults: [] };
    const apart = this.scale(field.value) - field.places;
    let rounded = value;
    if (apart <= 0) rounded = value * 10n ** BigInt(-apart);
    else {
      const step = 10n ** BigInt(apart);
      const whole = (2n * (value < 0n ? -value : value) + step) / (2n * step);
      rounded = value < 0n ? -whole : whole;
    }
    if (rounded > MOST_NUMBER || rounded < -MOST_NUMBER) {
      return { kept: null, sound: null, faults: [{ field: field.id, code: "too_large", row: null, facts: {} }] };
    }
    return { kept: Number(rounded), sound: Number(rounded), faults: [] };
  }

  answered(field, value, held) {
    const fault = (code, facts = {}) => ({ field: field.id, code, row: null, facts });
    if (isEmpty(value)) {
      const code = field.sort === "declaration" ? "agree" : "required";
      return { kept: null, sound: null, faults: field.required ? [fault(code)] : [] };
    }
    const wrong = held ? null : JUDGES[field.sort](field, value, this.form);
    return wrong ? { kept: value, sound: null, faults: [fault(...wrong)] } : { kept: value, sound: value, faults: [] };
  }

  /** Check answers: what is kept of them, what is asked, and what is wrong, in the order of the form. */
  check(answers, held = []) {
    const top = { sound: {}, filled: new Set() };
    const found = new Map();
    for (const id of this.form.order) {
      const [field, section] = [this.fields.get(id), this.sectionOf.get(id)];
      const asked = [section.asked, field.asked].every((test) => test === null || this.holds(test, top, top) === true);
      const one = { asked, kept: null, sound: null, faults: [], rows: [] };
      if (asked) {
        if (field.sort === "group") Object.assign(one, this.rows(field, answers[id], top));
        else if (field.sort === "computed") Object.assign(one, this.computed(field, top, top));
        else Object.assign(one, this.answered(field, answers[id], held.includes(id)));
      }
      found.set(id, one);
      top.sound[id] = one.sound;
      if (asked && !isEmpty(one.kept)) top.filled.add(id);
    }
    return this.outcome(answers, found, top);
  }

  rows(group, given, top) {
    const wrong = { field: group.id, code: "rows", row: null, facts: { least: group.least, most: group.most } };
    const bad = (kept, faults) => ({ kept, sound: null, faults, rows: [] });
    if (isEmpty(given)) return bad(null, group.required && group.least ? [wrong] : []);
    if (!Array.isArray(given) || !given.every(isObject)) return bad(null, [wrong]);
    if (given.length < group.least || given.length > group.most) return bad(given.slice(0, group.most), [wrong]);
    const done = given.map((row, place) => this.row(group, row, place, top));
    return {
      kept: done.map((row) => row.kept), sound: done.map((row) => row.place),
      faults: done.flatMap((row) => row.faults), rows: done.map((row) => row.asked),
    };
  }

  row(group, given, number, top) {
    const place = { sound: {}, filled: new Set() };
    const [kept, wrong, asked] = [{}, {}, []];
    for (const id of this.form.rows[group.id]) {
      const field = this.fields.get(id);
      if (field.asked !== null && this.holds(field.asked, top, place) !== true) continue;
      asked.push(id);
      const one = field.sort === "computed" ? this.computed(field, top, place) : this.answered(field, given[id], false);
      place.sound[id] = one.sound;
      if (!isEmpty(one.kept)) {
        kept[id] = one.kept;
        place.filled.add(id);
      }
      for (const fault of one.faults) wrong[id] = { ...fault, row: number };
    }
    const known = new Set(group.fields.map((one) => one.id));
    const strangers = Object.keys(given).filter((id) => !known.has(id));
    const faults = strangers.map(() => ({ field: group.id, code: "unknown_field", row: number, facts: {} }));
    faults.push(...group.fields.filter((one) => one.id in wrong).map((one) => wrong[one.id]));
    return { kept, place, faults, asked };
  }

  broken(top) {
    const faults = [];
    for (const check of this.form.checks) {
      const group = [check.holds, check.when].map((root) => this.groupIn(root)).find((one) => one !== null) ?? null;
      const rows = group === null ? [top] : (top.sound[group] ?? []);
      rows.forEach((row, place) => {
        const looked = check.when === null || this.holds(check.when, top, row) === true;
        if (!looked || this.holds(check.holds, top, row) !== false) return;
        const number = group !== null && this.groupOf.has(check.at) ? place : null;
        faults.push({ field: check.at, code: "check", row: number, facts: { check: check.id } });
      });
    }
    return faults;
  }

  groupIn(term) {
    if (!isObject(term)) return null;
    if (term.sort !== "total" && this.groupOf.has(term.field ?? term.since)) return this.groupOf.get(term.field ?? term.since);
    const within = [term.of, term.left, term.right].flat().filter((one) => one !== undefined);
    return within.map((one) => this.groupIn(one)).find((one) => one !== null) ?? null;
  }

  outcome(answers, found, top) {
    const faults = [...found.values()].flatMap((one) => one.faults);
    const wrong = new Set(faults.map((one) => `${one.field} ${one.row}`));
    const asked = new Set([...found].filter(([, one]) => one.asked).map(([id]) => id));
    const isAsked = (id) => asked.has(this.groupOf.get(id) ?? id);
    faults.push(...this.broken(top).filter((one) => isAsked(one.field) && !wrong.has(`${one.field} ${one.row}`)));
    const strangers = Object.keys(answers).filter((id) => !found.has(id));
    faults.push(...strangers.map((id) => ({ field: id.slice(0, 48), code: "unknown_field", row: null, facts: {} })));
    const place = ({ field, row }) => {
      const own = this.places.get(field) ?? this.places.size;
      const group = this.groupOf.get(field);
      return group === undefined ? [own, 0, row ?? 0] : [this.places.get(group), own, row ?? 0];
    };
    const order = (one, other) => place(one).reduce((less, part, at) => less || part - place(other)[at], 0);
    const kept = {};
    for (const [id, one] of found) if (one.asked && !isEmpty(one.kept)) kept[id] = one.kept;
    for (const section of this.form.sections) {
      if (section.asked === null || section.fields.some((one) => asked.has(one.id))) asked.add(section.id);
    }
    const rows = Object.fromEntries([...found].filter(([, one]) => one.rows.length).map(([id, one]) => [id, one.rows]));
    return { answers: kept, faults: faults.sort(order), asked, rows };
  }
}

const plain = (text) => text.normalize("NFKC").replace(/[\s\-\u2010-\u2015\u2212]+/g, "").toUpperCase();

/** Return the answer that texts of a page stand for, undefined for none; what can not be read stays the text it is. */
export function readAnswer(field, written) {
  const long = field.sort === "text" && field.long;
  const lined = written.map((one) => one.replaceAll("\r\n", "\n").replaceAll("\r", "\n").trim());
  const texts = lined.map((one) => (long ? one : one.split(/\s+/).join(" ")));
  const first = texts[0] ?? "";
  if (field.sort === "choices") {
    const chosen = new Set(texts);
    const found = field.options.filter((one) => chosen.has(one));
    found.push(...[...chosen].filter((one) => one && !field.options.includes(one)).sort());
    return found.length ? found : undefined;
  }
  if (field.sort === "files") return texts.filter(Boolean).length ? texts.filter(Boolean) : undefined;
  if (field.sort === "yes_no") return { yes: true, no: false }[first] ?? (first || undefined);
  if (field.sort === "declaration") return first === "1" ? true : undefined;
  if (field.sort === "address") {
    const [area = "", detail = ""] = texts;
    return area || detail ? { ...(area && { area }), ...(detail && { detail }) } : undefined;
  }
  if (!first) return undefined;
  if (field.sort === "citizen_number" || field.sort === "credit_code") return plain(first);
  if (field.sort === "phone") return first.normalize("NFKC").replace(/[\s()\uff08\uff09-]/g, "").replace(/^\+86/, "");
  if (field.sort === "email") return first.normalize("NFKC");
  return field.sort === "number" || field.sort === "money" ? readNumber(first, field.places ?? 2) : first;
}

function readNumber(text, places) {
  const found = /^(-?)([0-9]{1,15})(?:\.([0-9]{1,6}))?$/.exec(text.normalize("NFKC").replace(/(?<=[0-9]),(?=[0-9]{3})/g, ""));
  if (!found || (found[3] ?? "").replace(/0+$/, "").length > places) return text;
  const number = Number(`${found[1]}${found[2]}${(found[3] ?? "").slice(0, places).padEnd(places, "0")}`);
  return Number.isSafeInteger(number) ? number + 0 : text;
}
