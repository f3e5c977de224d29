// Shared chart code, and the chart by percentile. A chart is drawn when it comes near
// the viewport, and redrawn when its size, the colours or the medium change.
'use strict';

const rtbench = (function () {
  const data = JSON.parse(document.getElementById('data').textContent);
  const drawn = new Map(); // chart element → draw function

  const dashes = [[], [8, 3], [2, 3], [10, 3, 2, 3], [5, 5], [14, 4], [1, 4], [8, 2, 1, 2]];

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  }

  function three(v) {
    return v < 9.995 ? v.toFixed(2) : v < 99.95 ? v.toFixed(1) : v.toFixed(0);
  }

  function duration(ns) {
    if (ns === null || ns === undefined) return '–';
    if (ns < 999.5) return ns.toFixed(0) + ' ns';
    if (ns < 999.5e3) return three(ns / 1e3) + ' µs';
    if (ns < 999.5e6) return three(ns / 1e6) + ' ms';
    return three(ns / 1e9) + ' s';
  }

  // faint makes a colour (#rgb or #rrggbb) transparent.
  function faint(hex) {
    return hex + (hex.length === 4 ? '3' : '33');
  }

  // tick formats a duration without trailing zeros.
  function tick(ns) {
    return duration(ns).replace(/(\.\d*?)0+ /, '$1 ').replace('. ', ' ');
  }

  // logTicks are 1, 2, 5 of each decade within bounds, or fewer for many decades.
  function logTicks(low, high) {
    const out = [];
    const steps = high / low > 2e3 ? [1] : high / low > 100 ? [1, 3] : [1, 2, 5];
    for (let d = Math.floor(Math.log10(low)); d <= Math.ceil(Math.log10(high)); d++) {
      for (const s of steps) {
        const v = s * 10 ** d;
        if (v >= low && v <= high) out.push(v);
      }
    }
    if (out.length < 2) { // too narrow for these: use even steps
      const step = (high - low) / 3;
      const unit = 10 ** Math.floor(Math.log10(step));
      out.length = 0;
      for (let v = Math.ceil(low / unit) * unit; v <= high; v += unit * Math.ceil(step / unit)) out.push(v);
    }
    return out;
  }

  function axis(more) {
    return Object.assign({
      stroke: color('soft'), font: '12px system-ui, sans-serif',
      grid: { stroke: color('line'), width: 1 }, ticks: { stroke: color('line'), width: 1 },
    }, more);
  }

  // shape draws the mark of a colour, so that series differ without colour.
  function shape(ctx, which, x, y, r) {
    const corners = {
      1: [[-1, -1], [1, -1], [1, 1], [-1, 1]], 2: [[0, -1.2], [1.2, 1], [-1.2, 1]], 3: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]],
      4: [[-1.2, -1], [1.2, -1], [0, 1.2]], 5: [[-.4, -1.2], [.4, -1.2], [.4, -.4], [1.2, -.4], [1.2, .4], [.4, .4], [.4, 1.2], [-.4, 1.2], [-.4, .4], [-1.2, .4], [-1.2, -.4], [-.4, -.4]],
    }[which];
    ctx.beginPath();
    if (!corners) ctx.arc(x, y, r, 0, 7);
    else corners.forEach(([dx, dy], i) => (i ? ctx.lineTo : ctx.moveTo).call(ctx, x + r * dx, y + r * dy));
    ctx.closePath();
    ctx.fill();
  }

  // key draws a legend entry with the series' mark and dash.
  function key(series) {
    const canvas = document.createElement('canvas');
    canvas.className = 'sample';
    canvas.width = 34 * devicePixelRatio;
    canvas.height = 12 * devicePixelRatio;
    const ctx = canvas.getContext('2d');
    ctx.scale(devicePixelRatio, devicePixelRatio);
    ctx.strokeStyle = ctx.fillStyle = series.stroke;
    ctx.lineWidth = series.width;
    ctx.setLineDash(series.dash);
    ctx.moveTo(0, 6);
    ctx.lineTo(34, 6);
    ctx.stroke();
    shape(ctx, series.shape, 17, 6, 4);
    return canvas;
  }

  // plot creates a uPlot in an element, replacing an existing one.
  function plot(element, options, values) {
    if (element.plot) element.plot.destroy();
    element.plot = new uPlot(Object.assign({ width: Math.max(200, element.clientWidth) }, options), values, element);
    const canvas = element.querySelector('canvas');
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', element.getAttribute('aria-label'));
    element.querySelectorAll('.u-marker').forEach((marker, i) => {
      if (options.series[i].shape !== undefined) marker.replaceWith(key(options.series[i]));
    });
    for (const label of element.querySelectorAll('.u-series:not(:first-child) th')) {
      label.tabIndex = 0;
      label.setAttribute('role', 'button');
      label.addEventListener('keydown', e => {
        if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); label.click(); }
      });
    }
    return element.plot;
  }

  // narrow reports whether a chart has room for few labels only.
  function narrow(width) {
    return width < 500;
  }

  const near = new IntersectionObserver(entries => {
    for (const e of entries) if (e.isIntersecting && !e.target.plot) draw(e.target);
  }, { rootMargin: '500px' });
  const sizes = new ResizeObserver(entries => {
    for (const { target } of entries) {
      const p = target.plot, width = Math.max(200, target.clientWidth);
      if (!p || !target.clientWidth || p.width === width) continue;
      if (narrow(p.width) !== narrow(width)) draw(target);
      else p.setSize({ width, height: p.height });
    }
  });

  // draw draws a chart, again if it is drawn: its legend loses the focus.
  function draw(element) {
    near.unobserve(element);
    drawn.get(element)(element);
    sizes.observe(element);
  }

  function later(element, how) {
    drawn.set(element, how);
    near.observe(element);
  }

  function drawAll() {
    for (const element of drawn.keys()) draw(element);
  }

  function redraw() {
    for (const element of drawn.keys()) if (element.plot) draw(element);
  }

  // look returns the style of a series: colour and mark by protocol, dash by protocol,
  // or by result if there are several.
  function look(s) {
    return { label: s.label, stroke: color('c' + s.color), width: 2, dash: dashes[s.dash % 8], points: { show: false }, shape: s.color };
  }

  // range widens bounds by 15 % on a logarithmic scale.
  function range(low, high) {
    return low > 0 && high > 0 ? [low / 1.15, high * 1.15] : [1, 10];
  }

  // percent labels a position on the percentile axis.
  function percent(x) {
    return +(100 * (1 - 1 / x)).toPrecision(x >= 1e4 ? 6 : x > 900 ? 5 : 4) + ' %';
  }

  const places = [2, 4, 10, 20, 100, 1e3, 1e4, 1e5];

  function curves(element) {
    const series = data.groups[element.dataset.group.slice(1)].series;
    const kind = element.closest('details').querySelector('.choice input:checked').value;
    const longest = Math.max(2, ...series.map(s => s[kind].length));
    const xs = data.x.slice(0, longest);
    const values = series.map(s => xs.map((_, i) => i < s[kind].length ? 1e3 * s[kind][i] : null));
    // Bounded times lie between two curves.
    const bounded = (s, i) => kind === 'response' && i < s.low.length && s.low[i] < s.response[i];
    const banded = series.map((_, i) => i).filter(n => xs.some((_, i) => bounded(series[n], i)));
    const known = (s, i) => i < s.low.length && s.low[i] > 0;
    const all = values.concat(banded.map(n => xs.map((_, i) => known(series[n], i) ? 1e3 * series[n].low[i] : null))).flat().filter(v => v != null);
    const bounds = range(Math.min(...all), Math.max(...all));
    // Without a lower bound the band reaches the axis.
    const lows = banded.map(n => xs.map((_, i) => i < series[n].low.length ? known(series[n], i) ? 1e3 * series[n].low[i] : bounds[0] : null));
    const small = narrow(element.clientWidth);
    const marks = u => {
      u.ctx.save();
      series.forEach((s, i) => {
        if (!u.series[i + 1].show) return;
        u.ctx.fillStyle = color('c' + s.color);
        places.forEach(x => {
          const at = xs.indexOf(x);
          if (at >= 0 && values[i][at] != null) shape(u.ctx, s.color, u.valToPos(x, 'x', true), u.valToPos(values[i][at], 'y', true), 4.5 * devicePixelRatio);
        });
      });
      u.ctx.restore();
    };
    plot(element, {
      height: small ? 300 : 360,
      scales: { x: { time: false, distr: 3, range: () => [1, xs[longest - 1]] }, y: { distr: 3, range: () => bounds } },
      axes: [
        axis({ splits: () => places.filter(x => x <= xs[longest - 1] * 1.001 && !(small && (x === 4 || x === 20))), values: (_, v) => v.map(percent), filter: (_, v) => v }),
        axis({ size: 68, splits: () => logTicks(...bounds), values: (_, v) => v.map(tick), filter: (_, v) => v }),
      ],
      series: [{ label: 'percentile', value: (_, v) => v == null ? '–' : percent(v) }].concat(series.map(s => Object.assign(look(s), { value: (_, v, n, i) => (v != null && bounded(s, i) ? '≤ ' : '') + duration(v) })))
        .concat(banded.map(n => ({
          label: series[n].label + ', at least', stroke: color('c' + series[n].color), width: 1, dash: [2, 2], points: { show: false },
          value: (_, v, __, i) => v != null && !known(series[n], i) ? '–' : (v != null && bounded(series[n], i) ? '≥ ' : '') + duration(v),
        }))),
      bands: banded.map((n, i) => ({ series: [n + 1, series.length + 1 + i], fill: faint(color('c' + series[n].color)) })),
      cursor: { y: false, drag: { x: false, y: false } },
      hooks: { draw: [marks] },
    }, [xs, ...values, ...lows]);
  }

  for (const element of document.querySelectorAll('.curves')) {
    later(element, curves);
    const group = data.groups[element.dataset.group.slice(1)];
    for (const input of element.closest('details').querySelectorAll('.choice input')) {
      input.disabled = !group.series.some(s => s[input.value].length); // a closed loop has no lag
    }
    element.closest('details').querySelector('.choice').addEventListener('change', () => draw(element));
  }

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);

  let closed = [];
  addEventListener('beforeprint', () => {
    document.documentElement.classList.add('print');
    document.body.style.width = '690px'; // about a page wide: canvases do not reflow
    closed = [...document.querySelectorAll('details:not([open]):not(.late)')];
    for (const d of closed) d.open = true;
    drawAll();
  });
  addEventListener('afterprint', () => {
    document.documentElement.classList.remove('print');
    document.body.style.width = '';
    for (const d of closed) d.open = false;
    redraw();
  });

  return { data, look, color, duration, tick, three, logTicks, axis, plot, later, draw, drawAll, range };
})();
