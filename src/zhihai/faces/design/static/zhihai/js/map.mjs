// Maps over MapLibre GL: a quiet base from our own tiles in the tokens' colours, points and clusters with counts, one
// selection shared with a list. No outside fonts: text is drawn with the page's own.
import { say } from "./words.mjs";

const VENDOR = new URL("../../vendor/maplibre-gl/dist/", import.meta.url);
const TONES = { sea: "--sea", jade: "--jade-2", amber: "--amber-2", cinnabar: "--cinnabar-2", plum: "--plum-2", quiet: "--ink-3" };
const CLUSTER_TO = 15;
const NEAREST = 19;
const PLAIN = 12; // size of map text in px at which circles have their plain radius
const NAME = document.documentElement.lang === "en" ? "name_en" : "name_zh";
const NONE = { type: "FeatureCollection", features: [] };

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const seconds = () => (still() ? 0 : 400);

/** Layers of the base by the name of their tiles, quietest first. `c` gives a token's colour, `font` the text's. */
const BASE = {
  areas: (c) => [
    { id: "areas", type: "fill", paint: { "fill-color": c("--map-area") } },
    { id: "areas-line", type: "line", paint: { "line-color": c("--map-bound"), "line-width": ["interpolate", ["linear"], ["zoom"], 9, 0.8, 15, 2] } },
  ],
  water: (c) => [{ id: "water", type: "fill", paint: { "fill-color": c("--map-water") } }],
  green: (c) => [{ id: "green", type: "fill", paint: { "fill-color": c("--map-green") } }],
  cells: (c) => [{ id: "cells", type: "line", minzoom: 14, paint: { "line-color": c("--map-bound"), "line-width": 0.6, "line-dasharray": [3, 3] } }],
  buildings: (c) => [{ id: "buildings", type: "fill", minzoom: 13, paint: { "fill-color": c("--map-building"), "fill-outline-color": c("--map-road-line") } }],
  roads: (c, font, size) => [
    { id: "roads-line", type: "line", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": c("--map-road-line"), "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 10, 0.8, 18, 16] } },
    { id: "roads", type: "line", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": c("--map-road"), "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 10, 0.3, 18, 13] } },
    {
      id: "roads-named", type: "symbol", minzoom: 14, filter: ["has", "name"],
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-font": font, "text-size": 0.88 * size, "text-max-angle": 30 },
      paint: { "text-color": c("--map-text"), "text-halo-color": c("--map-halo"), "text-halo-width": 1.4 },
    },
  ],
  labels: (c, font, size) => [{
    id: "labels", type: "symbol", layout: { "text-field": ["get", NAME], "text-font": font, "text-size": 0.92 * size, "text-padding": 6, "text-max-width": 8 },
    paint: { "text-color": c("--map-text"), "text-opacity": 0.85, "text-halo-color": c("--map-halo"), "text-halo-width": 1.2 },
  }],
};
const ORDER = Object.keys(BASE);

/** How big the ring of a tile is that stands for several: rings are as near to each other as eight pixels. */
const heap = (count, k) => ["step", count, 2.5 * k, 10, 3.2 * k, 100, 4.5 * k, 1000, 7 * k];
const radii = (count, k) => ["step", count, 14 * k, 10, 17 * k, 100, 21 * k, 1000, 26 * k];

function points(c, font, size) {
  const tone = ["match", ["get", "tone"], ...Object.entries(TONES).flatMap(([name, token]) => [name, c(token)]), c("--sea")];
  const ring = { "circle-stroke-color": c("--paper"), "circle-stroke-width": 2.5 };
  const cluster = ["has", "point_count"];
  const k = size / PLAIN;
  return [
    { id: "clusters", type: "circle", filter: cluster, paint: { ...ring, "circle-color": ["case", [">", ["get", "late"], 0], c("--cinnabar"), c("--sea")], "circle-radius": radii(["get", "point_count"], k) } },
    { id: "counts", type: "symbol", filter: cluster, layout: { "text-field": ["to-string", ["get", "point_count"]], "text-font": font, "text-size": size, "text-allow-overlap": true }, paint: { "text-color": c("--on-sea") } },
    { id: "points", type: "circle", filter: ["!", cluster], paint: { ...ring, "circle-color": tone, "circle-radius": ["match", ["get", "tone"], "cinnabar", 9 * k, "quiet", 6 * k, 7.5 * k] } },
    {
      id: "names", type: "symbol", filter: ["!", cluster],
      layout: {
        "text-field": ["coalesce", ["get", "label"], ["format", ["get", "name"], {}, " ", {}, ["get", "value"], { "font-scale": 1.15 }]], "text-font": font, "text-size": size,
        "text-variable-anchor": ["left", "right", "bottom", "top"], "text-radial-offset": 1, "text-justify": "auto", "text-optional": true,
      },
      paint: { "text-color": c("--ink"), "text-halo-color": c("--map-halo"), "text-halo-width": 1.6 },
    },
  ];
}

function tilePoints(name, c, font, size) {
  const [clusters, counts, single, names] = points(c, font, size);
  const many = [">", ["coalesce", ["get", "count"], 1], 1];
  const count = ["coalesce", ["get", "count"], 1];
  const own = (layer, more) => ({ ...layer, id: `${name}-${layer.id}`, source: name, "source-layer": name, ...more });
  return [
    own(clusters, { filter: many, paint: { "circle-color": c("--sea"), "circle-opacity": 0.3, "circle-stroke-color": c("--sea"), "circle-stroke-width": 1, "circle-radius": heap(count, size / PLAIN) } }),
    own(counts, {
      filter: many, layout: { ...counts.layout, "text-field": ["to-string", count], "text-allow-overlap": false, "text-padding": 4, "symbol-sort-key": ["-", 0, count] },
      paint: { "text-color": c("--ink"), "text-halo-color": c("--map-halo"), "text-halo-width": 1.6 },
    }),
    own(single, { filter: ["!", many], paint: { ...single.paint, "circle-stroke-width": 1, "circle-radius": (4 * size) / PLAIN } }),
    own(names, { filter: ["!", many], minzoom: 14 }),
  ];
}

/** Places with a value (a station's reading) are never hidden in a cluster; the others gather. */
function part({ features }, valued) {
  return { type: "FeatureCollection", features: features.filter(({ properties }) => Boolean(properties.value) === valued) };
}

/** Where several places share a point the first bears all their names, one to a line: a label under another is lost. */
function joined({ type, features }) {
  const at = new Map();
  for (const feature of features) {
    const point = String(feature.geometry.coordinates);
    at.set(point, [...(at.get(point) ?? []), feature]);
  }
  const labels = new Map();
  for (const shared of [...at.values()].filter((some) => some.length > 1)) {
    const names = shared.map(({ properties: { name, value } }) => [name, value].filter(Boolean).join(" "));
    shared.forEach(({ properties }, i) => labels.set(properties.id, i === 0 ? names.join("\n") : ""));
  }
  const labelled = (properties) => (labels.has(properties.id) ? { ...properties, label: labels.get(properties.id) } : properties);
  return { type, features: features.map((feature) => ({ ...feature, properties: labelled(feature.properties) })) };
}

/** Load a style sheet once: in the page itself it would hold up all that stands below the map on a slow line. */
function sheet(href) {
  if (document.querySelector(`link[href="${href}"]`)) return null;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  return new Promise((done) => {
    link.onload = link.onerror = done;
    document.head.append(link);
  });
}

class MapElement extends HTMLElement {
  connectedCallback() {
    this.box = this.querySelector(".mapbox");
    this.over = new AbortController();
    this.near = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && this.begin(), { rootMargin: "200px" });
    this.near.observe(this.box);
    this.listen();
  }

  disconnectedCallback() {
    this.near.disconnect();
    this.over.abort();
    this.map?.remove();
  }

  async begin() {
    this.near.disconnect();
    try {
      const [library, places] = await Promise.all([import(new URL("maplibre-gl.mjs", VENDOR)), this.places(), sheet(this.dataset.sheet)]);
      if (this.isConnected) this.draw(library, places);
    } catch (fault) {
      console.error(fault);
      this.hold(say("map.failed"));
      this.querySelector(".behind")?.setAttribute("open", "");
    }
  }

  hold(text) {
    const told = this.querySelector(".hold") ?? this.box.appendChild(Object.assign(document.createElement("p"), { className: "hold" }));
    told.textContent = text;
  }

  async places() {
    const block = this.querySelector("script[data-places]");
    if (block) return JSON.parse(block.textContent);
    if (!this.dataset.src) return NONE;
    const answer = await fetch(this.dataset.src, { headers: { accept: "application/geo+json, application/json" } });
    if (!answer.ok) throw new Error(`${this.dataset.src}: ${answer.status}`);
    return answer.json();
  }

  style(places) {
    const css = getComputedStyle(this);
    const c = (name) => css.getPropertyValue(name).trim();
    const font = [css.fontFamily];
    const size = parseFloat(getComputedStyle(this.querySelector(".canvas")).fontSize);
    const named = (list) => (this.dataset[list] ?? "").split(" ").filter(Boolean);
    const base = ORDER.filter((name) => named("layers").includes(name));
    const tiles = (name, maxzoom) => ({ type: "vector", tiles: [`${location.origin}/tiles/${name}/{z}/{x}/{y}.mvt`], maxzoom });
    const late = ["+", ["case", ["==", ["get", "tone"], "cinnabar"], 1, 0]];
    return {
      version: 8,
      sources: {
        ...Object.fromEntries(base.map((name) => [name, tiles(name, 16)])),
        ...Object.fromEntries(named("tiles").map((name) => [name, tiles(name, NEAREST)])), // what stands for several comes apart
        picked: { type: "geojson", data: NONE },
        fixed: { type: "geojson", data: joined(part(places, true)) },
        places: { type: "geojson", data: part(places, false), cluster: true, clusterRadius: 3.2 * size, clusterMaxZoom: CLUSTER_TO, clusterProperties: { late } },
      },
      layers: [
        { id: "land", type: "background", paint: { "background-color": c("--map-land") } },
        ...base.flatMap((name) => BASE[name](c, font, size).map((layer) => ({ ...layer, source: name, "source-layer": name }))),
        { id: "picked", type: "circle", source: "picked", paint: { "circle-radius": (17 * size) / PLAIN, "circle-color": c("--focus"), "circle-opacity": 0.25, "circle-stroke-color": c("--focus"), "circle-stroke-width": 3 } },
        ...named("tiles").flatMap((name) => tilePoints(name, c, font, size)),
        ...points(c, font, size).map((layer) => ({ ...layer, source: "places" })),
        ...points(c, font, size).filter(({ id }) => !/^c(lusters|ounts)$/.test(id)).map((layer) => ({ ...layer, id: `fixed-${layer.id}`, source: "fixed" })),
      ],
    };
  }

  locale() {
    return {
      "Map.Title": this.box.getAttribute("aria-label"), "NavigationControl.ZoomIn": say("map.zoom_in"), "NavigationControl.ZoomOut": say("map.zoom_out"),
      "Popup.Close": say("map.close"), "AttributionControl.ToggleAttribution": say("map.attribution"),
      "CooperativeGesturesHandler.WindowsHelpText": say("map.gestures_wide"), "CooperativeGesturesHandler.MacHelpText": say("map.gestures_wide"),
      "CooperativeGesturesHandler.MobileHelpText": say("map.gestures"),
    };
  }

  draw({ Map, NavigationControl, AttributionControl, Popup }, places) {
    this.features = new globalThis.Map(places.features.map((feature) => [String(feature.properties.id), feature]));
    this.Popup = Popup;
    const map = new Map({
      container: this.querySelector(".canvas"), style: this.style(places), ...this.view(places), locale: this.locale(),
      attributionControl: false, dragRotate: false, pitchWithRotate: false, maxZoom: NEAREST, fadeDuration: 0, reduceMotion: still(),
      cooperativeGestures: !this.box.classList.contains("fill"),
    });
    this.map = map;
    map.touchZoomRotate.disableRotation();
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    if (this.dataset.attribution) map.addControl(new AttributionControl({ compact: false, customAttribution: this.dataset.attribution }));
    map.on("error", ({ error }) => error?.status === undefined && console.error(error));
    map.once("load", () => this.ready());
  }

  ready() {
    this.querySelector(".hold")?.remove();
    this.dataset.ready = "";
    const layers = this.map.getStyle().layers.map((layer) => layer.id);
    for (const id of layers.filter((name) => /(^|-)(points|names)$/.test(name))) {
      this.map.on("click", id, ({ features: [feature] }) => this.choose(String(feature.properties.id ?? feature.id), feature));
      this.point(id);
    }
    for (const id of layers.filter((name) => /(^|-)clusters$/.test(name))) {
      this.map.on("click", id, (event) => this.enter(event.features[0]));
      this.point(id);
    }
    if (this.asked) this.choose(this.asked);
  }

  point(id) {
    this.map.on("mouseenter", id, () => this.map.getCanvas().classList.add("leads"));
    this.map.on("mouseleave", id, () => this.map.getCanvas().classList.remove("leads"));
  }

  async enter({ properties, geometry: { coordinates } }) {
    const own = "cluster_id" in properties;
    const zoom = own ? await this.map.getSource("places").getClusterExpansionZoom(properties.cluster_id) : Math.min(this.map.getZoom() + 2, NEAREST);
    if (!own) this.tell(coordinates, { name: say("map.several", { n: properties.count }) });
    this.map.easeTo({ center: coordinates, zoom, duration: seconds() });
  }

  tell(at, facts) {
    this.popup?.remove();
    this.popup = new this.Popup({ offset: 12, focusAfterOpen: false }).setLngLat(at).setDOMContent(this.card(facts)).addTo(this.map);
  }

  view({ features }) {
    const text = parseFloat(getComputedStyle(this.querySelector(".canvas")).fontSize);
    const beside = Math.min(9.5 * text, 0.36 * this.clientWidth); // room for the names of the outermost points
    const wide = { padding: { top: 72, bottom: 48, left: beside, right: beside }, maxZoom: 14 };
    if (this.dataset.bounds) {
      const [west, south, east, north] = this.dataset.bounds.split(",").map(Number);
      const named = features.length ? 7 * parseFloat(getComputedStyle(this.querySelector(".canvas")).fontSize) : 14; // room for names at the edge
      return { bounds: [[west, south], [east, north]], fitBoundsOptions: { padding: { top: 14, bottom: 14, left: 14, right: named } } };
    }
    const at = features.map((feature) => feature.geometry.coordinates);
    if (!at.length) return { center: [0, 0], zoom: 1 };
    if (at.length === 1) return { center: at[0], zoom: Number(this.dataset.zoom ?? 14) };
    const side = (n, pick) => pick(...at.map((place) => place[n]));
    return { bounds: [[side(0, Math.min), side(1, Math.min)], [side(0, Math.max), side(1, Math.max)]], fitBoundsOptions: wide };
  }

  // One selection: whoever chooses, list and map show it.
  listen() {
    const { signal } = this.over;
    const rows = this.rows = () => (document.getElementById(this.dataset.list) ?? this).querySelectorAll("[data-id]");
    const heard = (event) => {
      const row = event.target.closest?.("[data-id]");
      if (row && [...rows()].includes(row)) this.choose(row.dataset.id, null, true);
    };
    const list = document.getElementById(this.dataset.list) ?? this;
    list.addEventListener("focusin", heard, { signal });
    list.addEventListener("mouseover", heard, { signal });
  }

  choose(id, drawn = null, fromList = false) {
    for (const row of this.rows()) {
      const same = row.dataset.id === id;
      row.classList.toggle("is-chosen", same);
      if (same && !fromList) row.scrollIntoView({ block: "nearest" });
    }
    this.asked = id;
    if (this.dataset.ready === undefined) return;
    const feature = drawn ?? this.features.get(id);
    this.map.getSource("picked").setData({ ...NONE, features: feature ? [{ type: "Feature", properties: {}, geometry: feature.geometry }] : [] });
    if (!feature) return;
    const at = feature.geometry.coordinates;
    if (!this.map.getBounds().contains(at)) this.map.easeTo({ center: at, duration: seconds() });
    if (fromList) this.popup?.remove();
    else this.tell(at, feature.properties);
  }

  card({ name, kind, note, value, href }) {
    const card = document.createElement("div");
    const title = card.appendChild(document.createElement(href ? "a" : "b"));
    title.textContent = [name ?? kind, value].filter(Boolean).join(" ");
    if (href) title.href = href;
    if (note) card.appendChild(document.createElement("div")).textContent = note;
    return card;
  }
}

customElements.define("zh-map", MapElement);
