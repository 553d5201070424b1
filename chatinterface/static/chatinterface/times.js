// Times as strftime() writes them, in the reader's zone and language. It is loaded where a chat declares a format.

const PARTS = {
  H: { hour: "2-digit", hourCycle: "h23" },
  I: { hour: "2-digit", hourCycle: "h12" },
  M: { minute: "2-digit" },
  S: { second: "2-digit" },
  p: { hour: "numeric", hourCycle: "h12" },
  d: { day: "2-digit" },
  m: { month: "2-digit" },
  b: { month: "short" },
  B: { month: "long" },
  y: { year: "2-digit" },
  Y: { year: "numeric" },
  a: { weekday: "short" },
  A: { weekday: "long" },
  Z: { hour: "numeric", timeZoneName: "short" },
};
const WHOLE = {
  c: { dateStyle: "medium", timeStyle: "medium" },
  x: { dateStyle: "medium" },
  X: { timeStyle: "medium" },
};
const NAMES = { p: "dayPeriod", Z: "timeZoneName" };

function part(moment, directive, { language, timeZone }) {
  const options = { timeZone, ...PARTS[directive] };
  const [name] = Object.keys(PARTS[directive]);
  const found = new Intl.DateTimeFormat(language, options)
    .formatToParts(moment)
    .find(({ type }) => type === (NAMES[directive] ?? name));
  return found.value.padStart(options[name] === "2-digit" ? 2 : 0, "0");
}

export function format(pattern, moment, reader) {
  return pattern.replace(/%([-#]?)([%a-z])/gi, (written, bare, directive) => {
    if (directive === "%") return "%";
    if (WHOLE[directive]) {
      return new Intl.DateTimeFormat(reader.language, { timeZone: reader.timeZone, ...WHOLE[directive] }).format(moment);
    }
    if (!PARTS[directive]) return written;
    const text = part(moment, directive, reader);
    return bare ? text.replace(/^0+(?=\d)/, "") : text;
  });
}
