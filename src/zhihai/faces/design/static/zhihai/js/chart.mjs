// Line charts over ECharts: gaps stay gaps, norms are dashed and named, lines are named at their end, a table stands behind.
import { local, tell } from "./clock.mjs";
import { say } from "./words.mjs";

const LIBRARY = new URL("../../vendor/echarts/dist/echarts.esm.min.mjs", import.meta.url);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BESIDE = 0.3; // the share of a chart's width that names beside its plot may take; longer ones are broken
const tones = { sea: "--sea-2", jade: "--jade-2", amber: "--amber-2", cinnabar: "--cinnabar-2", plum: "--plum-2", quiet: "--ink-3" };
const texts = { sea: "--sea", jade: "--jade", amber: "--amber", cinnabar: "--cinnabar", plum: "--plum", quiet: "--ink-2" };

/** About how many sizes of its text a text is wide: Chinese signs are square. */
function wide(text) {
  return [...text].reduce((sum, sign) => sum + (sign > "\u2e80" ? 1 : 0.58), 0);
}

function element(name, text = "", look = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = look;
  return made;
}

// The axis counts in the district's wall time, dressed as UTC, so that its ticks fall on the district's midnights.
function onAxis(instant) {
  const { year, month, day, hour, minute, second } = local(instant);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Put a hole into a line wherever the next reading is later than expected; name the holes and the lone points. */
function withGaps(points, step) {
  const drawn = [];
  const gaps = [];
  let last = null;
  for (const [at, value] of points) {
    if (value === null) continue;
    const instant = Date.parse(at);
    if (last !== null && instant - last > 1.5 * step * 1000) {
      gaps.push([onAxis(last), onAxis(instant)]);
      drawn.push([onAxis(last) + 1, null]);
    }
    last = instant;
    drawn.push([onAxis(instant), value, instant]);
  }
  const lone = new Set(drawn.flatMap(([, value], i) => (value !== null && (drawn[i - 1]?.[1] ?? null) === null && (drawn[i + 1]?.[1] ?? null) === null ? [i] : [])));
  return { drawn, gaps, lone };
}

class ChartElement extends HTMLElement {
  connectedCallback() {
    this.plot = this.querySelector(".plot[role=img]");
    if (!this.plot) return;
    this.near = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && this.begin(), { rootMargin: "300px" });
    this.near.observe(this.plot);
  }

  disconnectedCallback() {
    this.near?.disconnect();
    this.sized?.disconnect();
    this.chart?.dispose();
  }

  async begin() {
    this.near.disconnect();
    const data = await this.data().catch((fault) => this.lose(fault, "chart.lost"));
    const library = data && (await import(LIBRARY).catch((fault) => this.lose(fault, "chart.failed")));
    if (library && this.isConnected) this.draw(library, data);
  }

  lose(fault, key) {
    console.error(fault);
    this.hold(say(key));
    if (key === "chart.lost") this.querySelector(".behind").hidden = true;
  }

  async data() {
    const block = this.querySelector("script[data-chart]");
    if (block) return JSON.parse(block.textContent);
    const answer = await fetch(this.dataset.src, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(`${this.dataset.src}: ${answer.status}`);
    const data = await answer.json();
    this.querySelector("[data-table]").replaceChildren(this.table(data));
    return data;
  }

  hold(text) {
    this.plot.replaceChildren(element("p", text, "hold"));
  }

  table(data) {
    const values = data.lines.map((line) => new Map(line.points));
    const instants = [...new Set(data.lines.flatMap((line) => line.points.map(([at]) => at)))].sort().reverse();
    const frame = Object.assign(element("div", "", "scroll tall"), { tabIndex: 0 });
    const table = frame.appendChild(element("table", "", "rows figures"));
    const head = table.createTHead().insertRow();
    for (const name of [say("chart.time"), ...data.lines.map((line) => (data.unit ? `${line.name} (${data.unit})` : line.name))]) {
      const cell = head.appendChild(element("th", name, head.cells.length ? "end" : ""));
      cell.scope = "col";
    }
    const body = table.createTBody();
    for (const at of instants) {
      const row = body.insertRow();
      row.appendChild(element("th", tell(Date.parse(at), data.daily ? "day" : "minute"))).scope = "row";
      for (const of of values) row.appendChild(element("td", this.figure(of.get(at), data), "end"));
    }
    return frame;
  }

  figure(value, { digits }) {
    return value === null || value === undefined ? "—" : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  }

  draw(library, data) {
    const lines = data.lines.map((line) => ({ ...line, ...withGaps(line.points, data.step) }));
    if (!lines.some((line) => line.drawn.length)) return this.hold(say("chart.empty"));
    this.plot.replaceChildren();
    this.chart?.dispose();
    this.chart = library.init(this.plot, null, { renderer: "svg" });
    this.chart.setOption(this.option(data, lines));
    this.part(data.levels);
    this.sized ??= new ResizeObserver(() => {
      this.chart.resize();
      this.part(data.levels);
    });
    this.sized.observe(this.plot);
  }

  /** Leave out the name of a level that would stand upon another's, from the highest down; its line stays. */
  part(levels) {
    if (!levels.length) return;
    const [{ markLine }] = this.chart.getOption().series;
    let above = -Infinity;
    const named = new Set();
    for (const level of [...levels].sort((a, b) => b.value - a.value)) {
      const { label } = markLine.data.find((one) => one.yAxis === level.value);
      const lines = label.width ? Math.ceil((wide(level.name) * label.fontSize) / label.width) : 1;
      const [at, half] = [this.chart.convertToPixel({ yAxisIndex: 0 }, level.value), (lines * label.fontSize * 1.25) / 2];
      if (at - half < above) continue;
      above = at + half;
      named.add(level.value);
    }
    const data = markLine.data.map((one) => ({ ...one, label: { ...one.label, show: named.has(one.yAxis) } }));
    this.chart.setOption({ series: [{ markLine: { data } }] });
  }

  option(data, lines) {
    const css = getComputedStyle(this);
    const colour = (name) => css.getPropertyValue(name).trim();
    const size = parseFloat(css.getPropertyValue("--s0")) * parseFloat(getComputedStyle(document.documentElement).fontSize);
    const text = { color: colour("--ink-2"), fontSize: size, fontFamily: css.fontFamily };
    const top = Math.max(...data.levels.map((level) => level.value), 0);
    const many = lines.length > 1;
    const room = this.plot.clientWidth / size;
    const beside = data.levels.length > 0 && !many;
    const named = beside ? data.levels : many ? lines : [];
    const longest = Math.max(0, ...named.map(({ name }) => wide(name)));
    const margin = Math.min(size * longest + 18, BESIDE * this.plot.clientWidth);
    return {
      animation: false, useUTC: true, textStyle: text,
      grid: { left: 4, right: named.length ? margin : size * 1.6, top: size * 1.9, bottom: 2, containLabel: true },
      xAxis: {
        type: "time", axisLine: { lineStyle: { color: colour("--edge") } }, axisTick: { lineStyle: { color: colour("--edge") } },
        axisLabel: { ...text, padding: [0, 0.5 * size], hideOverlap: true, formatter: (at) => this.mark(at) }, minInterval: HOUR,
      },
      yAxis: {
        type: "value", name: data.unit, nameTextStyle: { ...text, align: "left" }, nameGap: size * 0.9, splitNumber: 4,
        max: ({ max }) => (max >= top ? null : Math.ceil(top * 1.1)),
        axisLabel: text, splitLine: { lineStyle: { color: colour("--line") } },
      },
      tooltip: {
        trigger: "axis", confine: true, padding: 0, borderWidth: 0, className: "tip", backgroundColor: colour("--paper"),
        axisPointer: { lineStyle: { color: colour("--ink-3") }, animation: false }, transitionDuration: 0,
        formatter: (seen) => this.tip(seen, data),
      },
      series: lines.map((line, i) => this.series(line, i === 0 ? data.levels : [], { many, beside, room, margin }, colour, text)),
    };
  }

  series(line, levels, { many, beside, room, margin }, colour, text) {
    const tone = colour(tones[line.tone]);
    const extent = line.drawn.length ? line.drawn.at(-1)[0] - line.drawn[0][0] : 0;
    return {
      type: "line", name: line.name, data: line.drawn, color: tone, connectNulls: false, symbol: "circle", showSymbol: line.lone.size > 0,
      symbolSize: (_, { dataIndex }) => (line.lone.has(dataIndex) ? 6 : 0), lineStyle: { width: 0.18 * text.fontSize, color: tone },
      emphasis: { disabled: true },
      endLabel: { show: many, formatter: line.name, ...text, color: colour(texts[line.tone]), distance: 6 }, labelLayout: { moveOverlap: "shiftY" },
      markLine: {
        silent: true, symbol: "none", animation: false,
        data: levels.map((level) => ({
          yAxis: level.value, name: level.name, lineStyle: { type: [6, 4], width: 1.75, color: colour(tones[level.tone]) },
          label: { position: beside ? "end" : "insideStartTop", distance: 6, formatter: level.name, ...text, ...(beside && { width: margin - 12, overflow: "break" }), color: colour(texts[level.tone]) },
        })),
      },
      markArea: {
        silent: true, animation: false, itemStyle: { color: colour("--track"), opacity: 0.55 },
        data: line.gaps.map(([from, to]) => [
          { xAxis: from, label: { show: (to - from) * room > extent * (wide(say("chart.gap")) + 2), position: "insideBottom", formatter: say("chart.gap"), ...text } },
          { xAxis: to },
        ]),
      },
    };
  }

  mark(at) {
    const shown = new Date(at);
    if (at % DAY) return shown.toISOString().slice(11, 16);
    const month = shown.getUTCMonth() + 1;
    return say("time.tick", { month, month_name: say(`month.${month}`), day: shown.getUTCDate() });
  }

  tip(seen, data) {
    const frame = element("div", "", "in");
    const read = seen.filter(({ value }) => value[1] !== null);
    if (!read.length) return element("div", say("chart.gap"), "in");
    frame.append(element("b", tell(read[0].value[2], data.daily ? "day" : "full")));
    for (const { seriesName, value } of read) {
      const row = frame.appendChild(element("span", seriesName));
      row.append(element("span", `${this.figure(value[1], data)} ${data.unit}`.trim()));
    }
    return frame;
  }
}

customElements.define("zh-chart", ChartElement);
