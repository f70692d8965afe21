// The web map's page: themes by question and level, legend, cards, search, table, downloads, print.
// All words and numbers come as data from Python; a text is a string, or a list by language.
"use strict";

const kzMap = (function () {
  const PIN = '<svg viewBox="0 0 24 36" width="24" height="36" aria-hidden="true"><path d="M12 35C9 26 ' +
    '1 20 1 12a11 11 0 1 1 22 0c0 8-8 14-11 23z" fill="COLOUR" stroke="#fff" stroke-width="1.5"/>' +
    '<circle cx="12" cy="12" r="4.5" fill="INNER"/></svg>';
  const PINS = {darkred: "#a23336", lightred: "#ff8e7f", beige: "#ffcb92", lightgreen: "#bbf970",
    darkblue: "#00649f", cadetblue: "#436978", lightblue: "#8adaff", darkpurple: "#5b396b",
    pink: "#ff91ea", gray: "#575757", lightgray: "#a3a3a3", blue: "#2a81cb", green: "#2a8f3c",
    darkgreen: "#1e6b2d", red: "#cb2b3e", orange: "#e07b1a", purple: "#9c2bcb"};
  const SVG = "http://www.w3.org/2000/svg";
  const NAME_PX = 11;

  // ---- what needs no page: tested by itself ------------------------------------------------

  // a text in the language of a place in the list
  const tell = (told, at) => (Array.isArray(told) ? told[at] : told);

  const parseFragment = (text) => {
    const found = {};
    text.replace(/^#/, "").split("&").forEach((pair) => {
      const cut = pair.indexOf("=");
      if (cut > 0) {
        try { found[pair.slice(0, cut)] = decodeURIComponent(pair.slice(cut + 1)); } catch { /* not ours */ }
      }
    });
    return found;
  };

  const makeFragment = (state) => "#" + Object.keys(state)
    .filter((key) => state[key] !== "" && state[key] !== null && state[key] !== undefined)
    .map((key) => key + "=" + encodeURIComponent(state[key])).join("&");

  const csv = (rows) => rows.map((row) => row.map((cell) => {
    let text = String(cell);
    // a sheet would run what begins like a formula
    if (/^[=+@\t\r]/.test(text) || /^-(?![\d.,]+$)/.test(text)) { text = "'" + text; }
    return /[",\n;]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }).join(",")).join("\r\n") + "\r\n";

  // letters alike in case, accents, and spaces: "Астана " finds "Астана"
  const plain = (text) => text.toLocaleLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "")
    .replace(/ё/g, "е").replace(/\s+/g, " ").trim();

  // rings of a polygon or several, each a list of [x, y]
  const ringsOf = (geometry) => {
    if (geometry.type === "Polygon") { return geometry.coordinates; }
    return geometry.type === "MultiPolygon" ? [].concat(...geometry.coordinates) : [];
  };

  // room to the left and right of a point within rings, at one height
  const chord = (rings, x, y) => {
    let left = -Infinity, right = Infinity, inside = false;
    rings.forEach((ring) => {
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
        const [ax, ay] = ring[i], [bx, by] = ring[j];
        if ((ay > y) === (by > y)) { continue; }
        const at = ax + (y - ay) * (bx - ax) / (by - ay);
        if (at > x) { right = Math.min(right, at); inside = !inside; } else { left = Math.max(left, at); }
      }
    });
    return inside ? [x - left, right - x] : [0, 0];
  };

  // half the width that is free around a point, over the height of a line of text
  const roomAt = (rings, x, y, half) => Math.min(...[y - half, y, y + half]
    .map((each) => Math.min(...chord(rings, x, each))));

  // a text cut into lines no wider than asked
  const wrap = (text, width, measure) => {
    const lines = [];
    let line = "";
    text.split(" ").forEach((word) => {
      const longer = line ? line + " " + word : word;
      if (line && measure(longer) > width) { lines.push(line); line = word; } else { line = longer; }
    });
    return line ? lines.concat(line) : lines;
  };

  // ---- small helpers of the page -----------------------------------------------------------

  const el = (tag, settings, ...children) => {
    const made = document.createElement(tag);
    Object.entries(settings || {}).forEach(([key, value]) => {
      if (key in made && key !== "list") { made[key] = value; } else { made.setAttribute(key, value); }
    });
    made.append(...children.filter((each) => each !== null && each !== undefined));
    return made;
  };

  const shape = (tag, settings, text) => {
    const made = document.createElementNS(SVG, tag);
    Object.entries(settings).forEach(([key, value]) => made.setAttribute(key, value));
    if (text !== undefined) { made.textContent = text; }
    return made;
  };

  const pin = (colour, inner) => L.divIcon({
    html: PIN.replace("COLOUR", PINS[colour] || colour || PINS.blue).replace("INNER", inner || "#fff"),
    className: "kz-pin", iconSize: [24, 36], iconAnchor: [12, 36], popupAnchor: [0, -32],
    tooltipAnchor: [12, -24]});

  const dressFolium = () => {
    L.Marker.prototype.options.icon = pin();
    L.AwesomeMarkers = {icon: (options) => pin(options.markerColor, options.iconColor)};
    // popups ask jQuery for nothing but an element made of their text
    window.$ = window.$ || ((html) => {
      const holder = document.createElement("template");
      holder.innerHTML = html.trim();
      return [holder.content.firstChild];
    });
    // geopandas lets its legend be dragged by jQuery UI, which no page carries
    if (window.$.fn && !window.$.fn.draggable) { window.$.fn.draggable = function () { return this; }; }
  };

  // hatches are SVG patterns: lines over a ground
  const pattern = (id, ground, kind) => {
    const made = shape("pattern", {id: id, width: 6, height: 6, patternUnits: "userSpaceOnUse",
      patternTransform: "rotate(45)"});
    made.append(shape("rect", {width: 6, height: 6, fill: ground}));
    const dark = kind === "doubt" ? "rgba(0,0,0,.55)" : "#777";
    made.append(shape("path", {d: "M0 0V6" + (kind === "cross" ? "M0 0H6" : ""), stroke: dark,
      "stroke-width": 1.4}));
    return made;
  };

  // ---- the page -----------------------------------------------------------------------------

  function start(map, data) {
    const words = data.words, codes = data.languages.map((each) => each.code);
    const byId = {}, topics = new Map(), areas = {}, state = {theme: null, region: "", other: ""};
    const get = (id) => document.getElementById(id);
    let at = 0, dots = null, outline = null, under = [], zoomControl = null, scaleControl = null;
    const say = (key) => tell(words[key], at), text = (told) => tell(told, at);
    const frame = map.getContainer(), side = document.querySelector(".kz-side");
    if (frame.parentNode === side.parentNode) { side.after(frame); }  // choices come before the map
    data.themes.forEach((theme) => {
      byId[theme.id] = theme;
      const key = theme.question + "/" + theme.topic;
      if (!topics.has(key)) { topics.set(key, []); }
      topics.get(key).push(theme);
    });
    const topicOf = (theme) => topics.get(theme.question + "/" + theme.topic);
    const sameTopic = (theme, level) => topicOf(theme).filter((each) => each.level === level);
    // of several steps, years open on the last and numbers of groups on the one asked for
    const opening = (themes) => themes.find((each) => each.step === "") ||
      (themes[0].question === "clusters" ? themes[0] : themes.reduce((a, b) => (b.step > a.step ? b : a)));
    const now = () => byId[state.theme];
    const levelsOf = (theme) => [...new Set(topicOf(theme).map((each) => each.level))];
    const unitsOf = (theme) => data.units[theme.shapes];
    const codeAt = (theme, i) => (unitsOf(theme) ? unitsOf(theme).codes[i] : "");
    const nameAt = (theme, i) => (unitsOf(theme) ? text(unitsOf(theme).names[i]) : "");
    const cell = (theme, column, i) => text(data.values[theme.layer][column][i]);
    const lookAt = (theme, i) => theme.looks[theme.features[i]];
    const placeOf = (code) => {
      const key = Object.keys(data.units).find((each) => data.units[each].codes.includes(code));
      return key ? {key: key, i: data.units[key].codes.indexOf(code), units: data.units[key]} : null;
    };
    // every name of every unit, in any language, and its code
    const named = [].concat(...Object.values(data.units).map((units) => [].concat(...units.codes.map(
      (code, i) => [].concat(units.names[i], code).map((name) => [name, code])))));
    const nameOf = (code) => { const found = placeOf(code); return found ? text(found.units.names[found.i]) : code; };

    // ---- patterns, panes, shapes
    const defs = shape("defs", {}), patterns = {};
    const holder = shape("svg", {width: 0, height: 0, "aria-hidden": "true", style: "position:absolute"});
    holder.append(defs);
    document.body.append(holder);
    const hatched = (ground, kind) => {
      const id = "kz-" + kind + "-" + ground.replace("#", "");
      if (!patterns[id]) { patterns[id] = pattern(id, ground, kind); defs.append(patterns[id]); }
      return "url(#" + id + ")";
    };
    const fillOf = (look, doubt) => (look.hatch || doubt ? hatched(look.colour, look.hatch || "doubt") : look.colour);
    const DOUBT = {colour: "#ffffff", hatch: "", letter: "", opacity: 1};
    const styleOf = (theme, i) => ({color: data.outline, weight: theme.weight,
      fillColor: fillOf(lookAt(theme, i), theme.doubtful.includes(i)), fillOpacity: lookAt(theme, i).opacity});
    // what a legend tells: each class, and what hatching over it means
    const legendOf = (theme) => theme.looks.filter((each) => each.kept)
      .map((look) => ({look: look, doubt: false, label: text(look.label)}))
      .concat(theme.doubtful.length ? [{look: DOUBT, doubt: true, label: say("hatched")}] : []);
    map.createPane("ground").style.zIndex = 340;
    map.getPane("ground").style.pointerEvents = "none";
    map.createPane("areas").style.zIndex = 350;
    map.createPane("discs").style.zIndex = 360;
    map.createPane("lines").style.zIndex = 355;
    map.getPane("lines").style.pointerEvents = "none";
    const signs = L.layerGroup().addTo(map);
    Object.keys(data.shapes).forEach((key) => {
      areas[key] = L.geoJSON(data.shapes[key], {pane: "areas",
        pointToLayer: (feature, where) => L.circleMarker(where, {radius: 6})});
    });

    // ---- tooltips: the name and a few figures, one at a time
    const tip = (theme, i) => {
      const rows = theme.columns.slice(0, 3).map(([column, heading]) => el("tr", {},
        el("th", {}, text(heading)), el("td", {}, cell(theme, column, i))));
      return el("div", {}, el("strong", {}, nameAt(theme, i)), el("table", {}, ...rows));
    };
    const spoken = (theme, i) => {
      const first = theme.columns[0], label = text(lookAt(theme, i).label);
      const value = first ? cell(theme, first[0], i) : "";
      return [nameAt(theme, i), value === label ? value : [value, label].filter(Boolean).join(", ")]
        .filter(Boolean).join(": ");
    };
    const bind = (layer, theme, i, focusable) => {
      layer.off().unbindTooltip();
      layer.bindTooltip(() => tip(theme, i), {sticky: true, className: "kz-tip"});
      layer.on("mouseover", () => layer.setStyle({weight: 2.5}));
      layer.on("mouseout", () => layer.setStyle({weight: theme.weight}));
      layer.on("click", () => open(codeAt(theme, i), true));
      const path = layer.getElement();
      if (!path) { return; }
      path.setAttribute("role", "button");
      path.setAttribute("aria-label", spoken(theme, i));
      path.setAttribute("tabindex", focusable && codeAt(theme, i) ? "0" : "-1");
      if (!focusable) { path.setAttribute("aria-hidden", "true"); }
      path.onfocus = () => layer.setStyle({weight: 3.5});
      path.onblur = () => layer.setStyle({weight: theme.weight});
      path.onkeydown = (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          open(codeAt(theme, i), true);
        }
      };
    };

    // ---- names and letters on the map, where they fit
    const measure = (() => {
      const pen = document.createElement("canvas").getContext("2d");
      return (told, px) => { pen.font = "600 " + px + "px system-ui, sans-serif"; return pen.measureText(told).width; };
    })();
    const label = (point, html, size, anchor, css) => L.marker(point, {interactive: false, keyboard: false,
      icon: L.divIcon({className: css, html: html, iconSize: size, iconAnchor: anchor})}).addTo(signs);
    function drawSigns() {
      const theme = now(), units = unitsOf(theme);
      signs.clearLayers();
      let i = -1;
      areas[theme.shapes].eachLayer((layer) => {
        i += 1;
        if (!layer.feature || !units) { return; }
        const point = units.points[i], small = units.small.includes(i), here = map.latLngToLayerPoint(point);
        if (small) {  // a city is a speck at this scale: give it a disc
          const disc = L.circleMarker(point, {pane: "discs", radius: 12, ...styleOf(theme, i)}).addTo(signs);
          bind(disc, theme, i, true);
        }
        const sign = theme.signs[i];
        if (sign) {
          const mark = el("span", {}, sign).outerHTML;
          label(point, mark, [24, 14], small ? [-9, 18] : [12, 14], "kz-letter");
        }
        if (small || theme.question === "density") { return; }
        const rings = ringsOf(layer.feature.geometry).map((ring) => ring.map(([x, y]) => {
          const p = map.latLngToLayerPoint([y, x]);
          return [p.x, p.y];
        }));
        const name = nameAt(theme, i), wide = measure(name, NAME_PX), low = here.y + (sign ? 8 : 0);
        if (roomAt(rings, here.x, low, 7) > wide / 2 + 2) {
          label(point, el("span", {}, name).outerHTML, [wide + 8, 14], [(wide + 8) / 2, sign ? -1 : 7], "kz-name");
        }
      });
    }

    // ---- drawing a theme
    function draw() {
      const theme = now();
      Object.values(areas).forEach((each) => map.removeLayer(each));
      under.concat(outline || []).forEach((each) => map.removeLayer(each));
      outline = null;
      areas[theme.shapes].addTo(map);
      let i = -1;
      areas[theme.shapes].eachLayer((layer) => {
        i += 1;
        layer.setStyle(styleOf(theme, i));
        bind(layer, theme, i, !(unitsOf(theme) && unitsOf(theme).small.includes(i)));
      });
      if (theme.outlined) {
        const key = Object.keys(data.units)[0];
        if (key) {
          outline = L.geoJSON(data.shapes[key], {pane: "lines", interactive: false,
            style: {color: "#444", weight: 0.8, fill: false}}).addTo(map);
          under = [L.geoJSON(data.shapes[key], {pane: "ground", interactive: false,
            style: {stroke: false, fillColor: "#fff", fillOpacity: 1}}).addTo(map)];
        }
      }
      drawSigns();
      drawLegend();
      frame.setAttribute("aria-label", say("map") + ": " + text(theme.title));
    }
    function show(theme, quiet) {
      state.theme = theme.id;
      drawControls();
      draw();
      remember();
      if (!quiet) { get("kz-said").textContent = say("shown") + " " + text(theme.title); }
    }

    // ---- legend, of the theme that is shown
    const swatch = (look, doubt) => {
      const made = shape("svg", {width: 22, height: 15, "aria-hidden": "true", class: "kz-swatch"});
      made.append(shape("rect", {x: 0.5, y: 0.5, width: 21, height: 14, fill: "#fff"}));
      made.append(shape("rect", {x: 0.5, y: 0.5, width: 21, height: 14, fill: fillOf(look, doubt), stroke: "#555",
        "fill-opacity": look.opacity}));
      if (look.letter) {
        made.append(shape("text", {x: 11, y: 11.5, "text-anchor": "middle", class: "kz-swatch-letter"}, look.letter));
      }
      return made;
    };
    function drawLegend() {
      const theme = now(), box = get("kz-legend"), levels = data.levels[theme.level], note = text(theme.note);
      const rows = legendOf(theme).map((each) => el("li", {}, swatch(each.look, each.doubt), each.label));
      box.replaceChildren(el("details", {open: true}, el("summary", {}, text(theme.title)),
        levels ? el("p", {className: "kz-level"}, text(levels)) : null, el("ul", {}, ...rows),
        note ? el("p", {className: "kz-note"}, note) : null));
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", say("legend"));
    }

    // ---- choices
    function drawControls() {
      const theme = now(), box = get("kz-controls"), held = document.activeElement && document.activeElement.id;
      const select = el("select", {id: "kz-theme"});
      let group = null, heading = "";
      topics.forEach((themes) => {
        const first = themes[0];
        if (!group || heading !== first.question) {
          heading = first.question;
          group = el("optgroup", {label: text(first.heading)});
          select.append(group);
        }
        group.append(el("option", {value: first.question + "/" + first.topic,
          selected: themes.includes(theme)}, text(first.entry)));
      });
      select.onchange = () => {
        const themes = topics.get(select.value), same = themes.filter((each) => each.level === theme.level);
        show(opening(same.length ? same : themes.filter((each) => each.level === themes[0].level)));
      };
      const parts = [el("label", {className: "kz-field"}, say("theme"), select)];
      const levels = levelsOf(theme);
      if (levels.length > 1) {
        const choose = el("div", {className: "kz-levels", role: "radiogroup", "aria-label": say("level")});
        levels.forEach((level) => {
          const button = el("input", {type: "radio", name: "kz-level", id: "kz-level-" + level, value: level,
            checked: level === theme.level});
          button.onchange = () => {
            const same = sameTopic(theme, level);
            show(same.find((each) => each.step === theme.step) || opening(same));
          };
          choose.append(el("label", {}, button, text(data.levels[level] || level)));
        });
        parts.push(choose);
      }
      const steps = sameTopic(theme, theme.level);
      if (steps.length > 1) { parts.push(stepper(theme, steps)); }
      const tools = [searchField(), buttons()];
      if (data.dots.length) {
        const tick = el("input", {type: "checkbox", id: "kz-dots", checked: map.hasLayer(dots)});
        tick.onchange = () => { if (tick.checked) { dots.addTo(map); } else { map.removeLayer(dots); } };
        tools.push(el("label", {className: "kz-tick"}, tick, say("settlements")));
      }
      box.replaceChildren(...parts);
      get("kz-tools").replaceChildren(...tools);
      if (held && get(held)) { get(held).focus(); }
    }
    function stepper(theme, steps) {
      const groups = theme.question === "clusters";
      // the groups that were asked for bear no number of their own: they count their classes
      const number = (each) => (groups ? Number(each.step) || each.looks.filter((l) => l.letter).length : each.step);
      const sorted = [...steps].sort((a, b) => (number(a) > number(b) ? 1 : -1));
      const range = el("input", {type: "range", id: "kz-step", min: 0, max: sorted.length - 1,
        value: sorted.indexOf(theme)});
      const told = el("output", {}, String(number(theme)));
      range.setAttribute("aria-valuetext", String(number(theme)));
      range.oninput = () => show(sorted[Number(range.value)]);
      return el("label", {className: "kz-field kz-steps"}, (groups ? say("number_of_groups") : say("step")) + " ", told, range);
    }
    function searchField() {
      const shown = new Map(named.filter(([name, code]) => name !== code));
      const list = el("datalist", {id: "kz-places"}, ...[...shown].map(([name, code]) => el("option",
        {value: name, label: name === nameOf(code) ? "" : nameOf(code)})));
      const input = el("input", {type: "search", id: "kz-search", placeholder: say("search_hint"),
        list: "kz-places", autocomplete: "off"});
      const go = () => {
        const code = find(input.value);
        if (code) { input.value = ""; open(code, true); zoomTo(code); } else if (input.value.trim()) {
          get("kz-said").textContent = say("not_found") + " " + input.value;
          input.setCustomValidity(say("not_found"));
          input.reportValidity();
        }
      };
      input.oninput = () => { input.setCustomValidity(""); };
      input.onchange = go;
      return el("label", {className: "kz-field"}, say("search"), input, list);
    }
    function find(asked) {
      const wanted = plain(asked);
      if (!wanted) { return ""; }
      const every = named.map(([name, code]) => [plain(name), code]);
      const hit = every.find(([name]) => name === wanted) || every.find(([name]) => name.startsWith(wanted)) ||
        every.find(([name]) => name.includes(wanted));
      return hit ? hit[1] : "";
    }
    function zoomTo(code) {
      const found = placeOf(code);
      if (!found) { return; }
      let i = -1;
      areas[found.key].eachLayer((layer) => {
        i += 1;
        if (i === found.i && layer.getBounds) { map.fitBounds(layer.getBounds(), {maxZoom: 8, animate: false}); }
      });
    }
    function buttons() {
      const button = (id, key, act) => { const made = el("button", {type: "button", id: id}, say(key)); made.onclick = act; return made; };
      return el("div", {className: "kz-buttons"}, button("kz-open-table", "table", openTable),
        button("kz-csv", "download_table", () => save(csvOf(now()), "text/csv;charset=utf-8", "csv")),
        button("kz-png", "download_picture", savePicture), button("kz-home", "whole_country", fit));
    }

    // ---- a theme as a table
    function matrix(theme) {
      const titles = theme.columns.map((each) => text(each[1])), hasUnits = Boolean(unitsOf(theme));
      const head = [...(hasUnits ? [say("unit")] : []), ...titles, say("class")];
      const rows = theme.features.map((_, i) => [...(hasUnits ? [nameAt(theme, i)] : []),
        ...theme.columns.map((each) => cell(theme, each[0], i)), text(lookAt(theme, i).label)]);
      return [head, ...rows];
    }
    const csvOf = (theme) => "\ufeff" + csv(matrix(theme));
    function openTable() {
      const theme = now(), [head, ...rows] = matrix(theme), box = get("kz-table");
      const numeric = (told) => /^[\u2212\-\d][\d\s\u00a0\u202f.,]*%?$/.test(told);
      const close = el("button", {type: "button", id: "kz-close-table"}, say("close"));
      close.onclick = () => box.close();
      const body = rows.map((row) => el("tr", {}, ...row.map((each, k) => (k === 0
        ? el("th", {scope: "row"}, each) : el("td", {className: numeric(each) ? "kz-number" : ""}, each)))));
      box.replaceChildren(el("div", {className: "kz-table-head"}, el("h2", {id: "kz-table-title"}, text(theme.title)), close),
        el("div", {className: "kz-scroll", tabIndex: 0, role: "region", "aria-labelledby": "kz-table-title"},
          el("table", {}, el("thead", {}, el("tr", {}, ...head.map((each) => el("th", {scope: "col"}, each)))),
            el("tbody", {}, ...body))));
      box.setAttribute("aria-labelledby", "kz-table-title");
      box.showModal();
    }
    function save(content, type, ending) {
      const link = el("a", {href: content instanceof Blob ? URL.createObjectURL(content)
        : URL.createObjectURL(new Blob([content], {type: type})), download: now().id.replace(/[^\w.-]/g, "_") + "." + ending});
      document.body.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(link.href), 5000);
    }

    // ---- the theme as one drawing: for print, and for a picture
    function drawing(wide) {
      const theme = now(), made = shape("svg", {xmlns: SVG, "font-family": "system-ui, 'DejaVu Sans', sans-serif"});
      const [[south, west], [north, east]] = data.extent, squeeze = Math.cos((south + north) / 2 * Math.PI / 180);
      const aside = wide ? 300 : 0, width = 1000, pad = 24, scale = (width - aside - 2 * pad) / ((east - west) * squeeze);
      const project = (lon, lat) => [pad + (lon - west) * squeeze * scale, top + (north - lat) * scale];
      let top = pad;
      const line = (told, px, more) => { made.append(shape("text", {x: pad, y: top + px, "font-size": px, fill: "#111", ...more}, told)); top += px * 1.35; };
      const lines = (told, px, room, more) => wrap(told, room, (t) => measure(t, px)).forEach((each) => line(each, px, more));
      lines(say("title"), 24, width - 2 * pad, {"font-weight": 700});
      lines(text(theme.title) + (data.levels[theme.level] ? " \u2013 " + text(data.levels[theme.level]) : ""), 17, width - 2 * pad, {});
      lines(say("notice"), 13, width - 2 * pad, {fill: "#8a1c00", "font-weight": 600});
      top += 8;
      const begin = top, tall = (north - south) * scale, group = shape("g", {});
      const used = shape("defs", {});
      made.append(used, group);
      const outlineOf = (geometry) => ringsOf(geometry).map((ring) => "M" + ring.map(([x, y]) => project(x, y)
        .map((v) => v.toFixed(1)).join(" ")).join("L") + "Z").join("");
      const units = unitsOf(theme), over = shape("g", {});
      data.shapes[theme.shapes].features.forEach((feature, i) => {
        const look = styleOf(theme, i);
        group.append(shape("path", {d: outlineOf(feature.geometry), fill: look.fillColor, "fill-opacity": look.fillOpacity,
          "fill-rule": "evenodd", stroke: look.color, "stroke-width": look.weight}));
        if (!units) { return; }
        const [x, y] = project(units.points[i][1], units.points[i][0]), small = units.small.includes(i), sign = theme.signs[i];
        if (small) { over.append(shape("circle", {cx: x, cy: y, r: 8, fill: look.fillColor, "fill-opacity": 1, stroke: "#222"})); }
        if (sign) { over.append(shape("text", {x: small ? x + 11 : x, y: y + 4, "font-size": 12, "font-weight": 700, "text-anchor": small ? "start" : "middle",
          stroke: "#fff", "stroke-width": 3, "paint-order": "stroke", fill: "#222"}, sign)); }
        const rings = ringsOf(feature.geometry).map((ring) => ring.map(([lon, lat]) => project(lon, lat)));
        const name = text(units.names[i]), low = y + (sign ? 17 : 4);
        if (!small && roomAt(rings, x, low - 4, 7) > measure(name, 11) / 2) {
          over.append(shape("text", {x: x, y: low, "font-size": 11, "text-anchor": "middle", stroke: "#fff", "stroke-width": 3, "paint-order": "stroke", fill: "#222"}, name));
        }
      });
      if (theme.outlined && Object.keys(data.units)[0]) {
        data.shapes[Object.keys(data.units)[0]].features.forEach((feature) => group.append(shape("path",
          {d: outlineOf(feature.geometry), fill: "none", stroke: "#444", "stroke-width": 0.8})));
      }
      group.append(over);
      const room = wide ? aside - pad : width - 2 * pad, left = wide ? width - aside : pad;
      let y = wide ? begin + 10 : begin + tall + 12;
      legendOf(theme).forEach(({look, doubt, label: told}) => {
        made.append(shape("rect", {x: left, y: y, width: 26, height: 16, fill: fillOf(look, doubt), stroke: "#555",
          "fill-opacity": look.opacity}));
        if (look.letter) { made.append(shape("text", {x: left + 13, y: y + 12.5, "font-size": 11, "font-weight": 700, "text-anchor": "middle",
          stroke: "#fff", "stroke-width": 2.5, "paint-order": "stroke"}, look.letter)); }
        wrap(told, room - 36, (t) => measure(t, 14)).forEach((each, k) => {
          made.append(shape("text", {x: left + 36, y: y + 13 + 18 * k, "font-size": 14, fill: "#111"}, each));
          if (k) { y += 18; }
        });
        y += 24;
      });
      const ending = (told) => wrap(told, room, (t) => measure(t, 12)).forEach((each) => {
        made.append(shape("text", {x: left, y: y + 12, "font-size": 12, fill: "#333"}, each));
        y += 16;
      });
      if (text(theme.note)) { ending(text(theme.note)); }
      let height = Math.max(y, begin + tall) + 14;
      wrap(say("credit"), width - 2 * pad, (t) => measure(t, 11)).forEach((each) => {
        made.append(shape("text", {x: pad, y: height + 11, "font-size": 11, fill: "#333"}, each));
        height += 15;
      });
      Object.values(patterns).forEach((each) => used.append(each.cloneNode(true)));
      height += pad / 2;
      made.setAttribute("viewBox", "0 0 " + width + " " + height.toFixed(0));
      made.setAttribute("role", "img");
      return {made: made, width: width, height: height};
    }
    function savePicture() {
      const {made, width, height} = drawing(true), picture = new Image();
      made.setAttribute("width", width);
      made.setAttribute("height", height);
      picture.onload = () => {
        const canvas = el("canvas", {width: 2 * width, height: Math.ceil(2 * height)}), pen = canvas.getContext("2d");
        pen.fillStyle = "#fff";
        pen.fillRect(0, 0, canvas.width, canvas.height);
        pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
        canvas.toBlob((blob) => save(blob, "image/png", "png"));
      };
      picture.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(made));
    }
    function beforePrint() {
      const upright = window.innerHeight > window.innerWidth;
      get("kz-print").replaceChildren(drawing(!upright).made);
    }
    window.addEventListener("beforeprint", beforePrint);

    // ---- cards
    const bar = (figures, national, ends) => {
      const low = ends[0], span = (ends[1] - ends[0]) || 1, x = (v) => 4 + 232 * (v - low) / span;
      const made = shape("svg", {viewBox: "0 0 240 " + (10 + 12 * figures.length), class: "kz-bar", "aria-hidden": "true"});
      if (national !== undefined) {
        made.append(shape("line", {x1: x(national), x2: x(national), y1: 1, y2: 9 + 12 * figures.length, class: "kz-national"}));
      }
      figures.forEach((figure, k) => {
        const y = 10 + 12 * k;
        if (!figure) { return; }
        if (figure.low !== undefined) { made.append(shape("line", {x1: x(figure.low), x2: x(figure.high), y1: y, y2: y, class: "kz-whisker kz-of-" + k})); }
        made.append(shape("circle", {cx: x(figure.mean), cy: y, r: 4, class: "kz-dot kz-of-" + k}));
      });
      return made;
    };
    const endsOf = (k) => {
      const every = [];
      Object.values(data.cards).forEach((card) => {
        const figure = card.figures[k];
        [figure.own, figure.model].filter(Boolean).forEach((each) => every.push(each.mean,
          ...(each.low === undefined ? [] : [each.low, each.high])));
      });
      if (data.indicators[k].national !== undefined) { every.push(data.indicators[k].national); }
      return [Math.min(...every), Math.max(...every)];
    };
    const figureText = (figure, name) => (figure ? name + " " + text(figure.told) +
      (figure.range === undefined ? "" : " (" + text(figure.range) + ")") : "");
    function indicatorRow(k, cards, names) {
      const indicator = data.indicators[k], figures = cards.map((card) => card.figures[k]);
      const lines = figures.map((figure, j) => {
        const lead = cards.length > 1 ? names[j] + ": " : "";
        if (!figure.own && !figure.model) { return el("p", {className: "kz-why"}, lead + text(figure.why)); }
        const own = figure.own ? figureText(figure.own, "") : text(figure.why);
        const n = figure.n === undefined || !figure.own ? "" : "; " + say("firms") + " " + text(figure.n);
        const model = figure.model ? "; " + figureText(figure.model, say("small_area")) : "";
        return el("p", {}, lead + own.trim() + (figure.poor ? " ?" : "") + n + model);
      });
      const drawn = figures.map((figure) => figure.own || figure.model);
      return el("section", {className: "kz-figure"}, el("h3", {}, text(indicator.name) + ", " + text(indicator.unit)),
        drawn.some(Boolean) ? bar(drawn, indicator.national, endsOf(k)) : null, ...lines,
        indicator.told === undefined ? null : el("p", {className: "kz-nation"}, say("national") + " " + text(indicator.told)));
    }
    function rankText(card) {
      if (card.rank === undefined) { return ""; }
      const set = card.rank_low === undefined ? "" : " (" + say("rank_set") + " " + card.rank_low + "\u2013" + card.rank_high + ")";
      return say("rank") + " " + card.rank + set;
    }
    function cardBody(code) {
      const card = data.cards[code], other = state.other && data.cards[state.other] ? state.other : "";
      const pair = [card, ...(other ? [data.cards[other]] : [])], names = [code, ...(other ? [other] : [])].map(nameOf);
      const compare = el("select", {id: "kz-compare"}, el("option", {value: ""}, say("compare_none")));
      const level = placeOf(code).units;
      level.codes.filter((each) => each !== code).forEach((each) => compare.append(
        el("option", {value: each, selected: each === other}, nameOf(each))));
      compare.onchange = () => { state.other = compare.value; drawCard(); get("kz-compare").focus(); };
      const near = card.near.map((each) => {
        const made = el("button", {type: "button", className: "kz-link"}, nameOf(each));
        made.onclick = () => open(each, true);
        return made;
      });
      const head = pair.map((each, j) => el("p", {className: other ? "kz-key kz-of-" + j : ""},
        [other ? names[j] : "", each.score === undefined ? "" : say("score") + " " + text(each.score), rankText(each),
          each.n === undefined ? "" : say("firms") + " " + text(each.n)].filter(Boolean).join("; ")));
      return [...head, el("label", {className: "kz-field"}, say("compare"), compare),
        ...data.indicators.map((_, k) => (card.figures[k] ? indicatorRow(k, pair, names) : null)),
        el("p", {className: "kz-note"}, say("interval_note")),
        card.classes.length ? el("h3", {}, say("groups_of")) : null,
        card.classes.length ? el("ul", {}, ...card.classes.map(([title, held]) => el("li", {}, text(title) + ": " + text(held)))) : null,
        near.length ? el("h3", {}, say("neighbours")) : null,
        near.length ? el("p", {className: "kz-near"}, ...near) : null];
    }
    function plainBody(code) {  // a unit of a layer that has no card: what every theme says of it
      const found = placeOf(code), rows = [];
      data.themes.filter((theme) => theme.shapes === found.key).forEach((theme) => {
        const first = theme.columns[0], held = text(lookAt(theme, found.i).label);
        rows.push(el("tr", {}, el("th", {scope: "row"}, text(theme.title)),
          el("td", {}, first ? cell(theme, first[0], found.i) : held)));
      });
      return [el("table", {}, el("tbody", {}, ...rows))];
    }
    function drawCard() {
      const box = get("kz-card"), code = state.region;
      if (!code) { box.hidden = true; remember(); return; }
      const close = el("button", {type: "button", id: "kz-close", "aria-label": say("close"), title: say("close")}, "\u00d7");
      close.onclick = closeCard;
      const body = data.cards[code] ? cardBody(code) : plainBody(code);
      box.replaceChildren(el("div", {className: "kz-card-head"}, el("h2", {}, nameOf(code)), close), ...body.filter(Boolean));
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", say("card_of") + " " + nameOf(code));
      box.hidden = false;
      remember();
    }
    let opener = null;
    function open(code, focus) {
      if (!code || !placeOf(code)) { return; }
      opener = document.activeElement;
      if (state.region !== code) { state.other = state.other === code ? "" : state.other; }
      if (state.other && placeOf(state.other).key !== placeOf(code).key) { state.other = ""; }
      state.region = code;
      drawCard();
      map.eachLayer((layer) => { if (layer.closeTooltip && layer !== map) { layer.closeTooltip(); } });
      if (focus) { get("kz-card").focus({preventScroll: true}); get("kz-card").scrollTop = 0; }
    }
    function closeCard() {
      if (!state.region) { return; }
      state.region = "";
      state.other = "";
      drawCard();
      if (opener && opener.isConnected) { opener.focus(); } else { get("kz-theme").focus(); }
    }
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !get("kz-table").open) { closeCard(); } });

    // ---- language
    function drawLanguages() {
      const box = get("kz-languages");
      box.setAttribute("aria-label", say("language"));
      box.replaceChildren(...data.languages.map((each, i) => {
        const made = el("button", {type: "button", lang: each.code, "aria-pressed": String(i === at)}, each.name);
        made.onclick = () => { speak(i); get("kz-said").textContent = each.name; };
        return made;
      }));
    }
    const Scale = L.Control.Scale.extend({  // Leaflet's own writes its units in English
      _updateMetric: function (most) {
        const metres = this._getRoundNum(most), far = metres >= 1000;
        this._updateScale(this._mScale, (far ? metres / 1000 : metres) + "\u00a0" + (far ? say("kilometres") : say("metres")), metres / most);
      }
    });
    function speak(i) {
      at = i;
      document.documentElement.lang = data.languages[i].code;
      document.documentElement.dir = data.languages[i].dir;
      document.title = say("title");
      get("kz-title").textContent = say("title");
      get("kz-notice").textContent = say("notice");
      [zoomControl, scaleControl].filter(Boolean).forEach((each) => map.removeControl(each));
      zoomControl = L.control.zoom({zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out")}).addTo(map);
      scaleControl = new Scale({imperial: false}).addTo(map);
      map.attributionControl.setPrefix("Leaflet");
      Object.keys(map.attributionControl._attributions).forEach((each) => map.attributionControl.removeAttribution(each));
      map.eachLayer((layer) => { if (layer.getAttribution && layer.getAttribution()) { map.attributionControl.addAttribution(layer.getAttribution()); } });
      get("kz-credit").textContent = say("credit");
      const shown = !dots || map.hasLayer(dots);
      if (dots) { map.removeLayer(dots); }
      dots = L.layerGroup(data.dots.map((dot) => L.circleMarker(dot.at, {radius: dot.radius, weight: 1, color: "#ffffff",
        fill: true, fillColor: "#333333", fillOpacity: 0.9, interactive: true})
        .bindTooltip(el("span", {}, text(dot.name) + ": " + text(dot.told)), {sticky: true})
        .on("add", (event) => {  // keys reach regions; hundreds of dots would stand before them
          const path = event.target.getElement();
          path.setAttribute("tabindex", "-1");
          path.setAttribute("aria-hidden", "true");
        })));
      if (shown) { dots.addTo(map); }
      drawLanguages();
      drawControls();
      draw();
      if (state.region) { drawCard(); }
      remember();
    }

    // ---- the address keeps what is shown
    function remember() {
      const theme = now(), made = makeFragment({theme: theme.id, level: theme.level, lang: codes[at], region: state.region});
      if (made === window.location.hash) { return; }
      try { window.history.replaceState(null, "", made); } catch { /* a page within another may not */ }
    }
    function recall() {
      const asked = parseFragment(window.location.hash);
      const preferred = (navigator.languages || [navigator.language]).map((each) => codes.indexOf(each.split("-")[0])).find((i) => i >= 0);
      const given = [asked.lang, data.language].map((each) => codes.indexOf(each)).find((i) => i >= 0);
      const first = opening(sameTopic(data.themes[0], data.themes[0].level));
      const themed = byId[asked.theme] || (asked.level && data.themes.find((each) => each.level === asked.level && !each.bare)) || first;
      state.theme = themed.id;
      state.region = asked.region && placeOf(asked.region) ? asked.region : "";
      return given !== undefined ? given : preferred !== undefined ? preferred : 0;
    }
    window.addEventListener("hashchange", () => { speak(recall()); });

    // ---- the country fits beside whatever stands around it
    function fit() {
      map.invalidateSize({animate: false});
      map.fitBounds(data.extent, {animate: false, padding: [2, 2]});
    }
    map.on("zoomend", drawSigns);
    frame.setAttribute("role", "main");
    let wide = 0;
    new ResizeObserver(() => {
      const size = frame.clientWidth + frame.clientHeight / 1e5;
      if (Math.abs(size - wide) > 1e-9) { wide = size; fit(); }
    }).observe(frame);
    speak(recall());
    fit();
    drawSigns();
    map.kz = {data: data, show: (id) => show(byId[id]), open: open, close: closeCard, find: find, csvOf: (id) => csvOf(byId[id]),
      drawing: drawing, speak: (code) => speak(codes.indexOf(code)), state: state, beforePrint: beforePrint};
    kzMap.last = map;
  }

  if (typeof L !== "undefined") { dressFolium(); }
  return {start: start, tell: tell, parseFragment: parseFragment, makeFragment: makeFragment, csv: csv, plain: plain,
    chord: chord, roomAt: roomAt, wrap: wrap};
}());
