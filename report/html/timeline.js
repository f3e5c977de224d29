// Latency over time as heatmaps, with the resource usage of both sides below.
'use strict';

(function () {
  const { data, look, color, duration, tick, three, logTicks, axis, plot, later, draw } = rtbench;
  const enough = 368; // messages needed for p99
  const gutter = 68; // width of every y axis, so that time axes align

  // Columns of a sample after its position. Rare events have a chart only if there were any.
  const lines = [
    { name: 'Throughput, messages/s', column: 1 },
    { name: 'Server CPU, cores', column: 2 }, { name: 'Client CPU, cores', column: 5 },
    { name: 'Server memory, MB', column: 3 }, { name: 'Client memory, MB', column: 6 },
    { name: 'Server garbage collections', column: 4, rare: true }, { name: 'Client garbage collections', column: 7, rare: true },
  ];

  function number(v) {
    if (v === null || v === undefined) return '–';
    return Math.abs(v) >= 1e5 ? three(v / 1e3) + 'k' : Math.abs(v) >= 100 ? v.toFixed(0) : String(+v.toFixed(2));
  }

  // chosen returns the selected repetition of a series, or else its typical one.
  function chosen(group, series) {
    return series.reps.find(r => r.name === group.repetition) || series.reps[series.shown];
  }

  // end returns the end of the data of all charts of a group.
  function end(group) {
    return Math.max(...group.series.map(s => chosen(group, s)).map(r => Math.max(r.steady, ...r.heat.map(h => h[0] + h[1])))) || 1;
  }

  function timeScale(group) {
    const last = end(group);
    return { time: false, range: () => [-0.03 * last, 1.03 * last] };
  }

  function seconds(v) {
    return +v.toFixed(4) + ' s';
  }

  // phases shades everything outside the steady phase.
  function phases(u, steady) {
    const { left, top, width, height } = u.bbox;
    u.ctx.save();
    u.ctx.fillStyle = color('line');
    u.ctx.globalAlpha = 0.6;
    const begin = u.valToPos(0, 'x', true);
    const over = u.valToPos(steady, 'x', true);
    u.ctx.fillRect(left, top, begin - left, height);
    u.ctx.fillRect(over, top, left + width - over, height);
    u.ctx.restore();
  }

  function bin(i) {
    return 10 ** (i / data.bins);
  }

  // bounds returns the lowest and highest bin of a group, for a common scale.
  function bounds(group) {
    let low = Infinity, high = 0;
    for (const s of group.series) {
      for (const h of chosen(group, s).heat) {
        low = Math.min(low, h[2]);
        high = Math.max(high, h[2] + h.length - 3);
      }
    }
    return high ? [bin(low), bin(high)] : [1e3, 1e6];
  }

  function fields(u, rep) {
    const tint = color('heat');
    const most = Math.max(1, ...rep.heat.map(h => Math.max(...h.slice(3)) / h[1]));
    u.ctx.save();
    for (const h of rep.heat) {
      const [x0, x1] = [h[0], +(h[0] + h[1]).toFixed(4)].map(x => Math.round(u.valToPos(x, 'x', true)));
      for (let i = 3; i < h.length; i++) {
        if (!h[i]) continue;
        const [y0, y1] = [i - 2, i - 3].map(b => Math.round(u.valToPos(bin(h[2] + b), 'y', true)));
        // Logarithmic, so that single messages are visible beside thousands.
        const share = Math.log1p(h[i]) / Math.log1p(most * h[1]);
        u.ctx.fillStyle = `rgb(${tint} / ${(0.16 + 0.84 * share ** 1.5).toFixed(2)})`;
        u.ctx.fillRect(x0, y0, Math.max(1, x1 - x0), Math.max(1, y1 - y0));
      }
    }
    u.ctx.restore();
  }


  // quantile approximates percentile p of a slot.
  function quantile(h, p) {
    const total = h.slice(3).reduce((a, b) => a + b, 0);
    let sum = 0;
    for (let i = 3; i < h.length; i++) {
      sum += h[i];
      if (sum >= total * p / 100) return bin(h[2] + i - 2.5);
    }
    return null;
  }

  function total(h) {
    return h.slice(3).reduce((a, b) => a + b, 0);
  }

  function heat(group, index) {
    return element => {
      const series = group.series[index];
      const rep = chosen(group, series);
      const [low, high] = bounds(group);
      const at = i => rep.heat[i];
      const of = say => (u, v, s, i) => i === null || !at(i) ? '–' : say(at(i));
      plot(element, {
        height: 150,
        scales: { x: timeScale(group), y: { distr: 3, range: () => [low, high] } },
        axes: [ // no grid: it would show through
          axis({ values: (_, v) => v.map(seconds), size: 30, grid: { show: false } }),
          axis({ size: gutter, splits: () => logTicks(low, high), values: (_, v) => v.map(tick), filter: (_, v) => v, grid: { show: false } }),
        ],
        series: [
          { label: 'from', value: of(h => seconds(h[0])) },
          { label: 'messages', stroke: 'transparent', points: { show: false }, value: of(total) },
          { label: 'about p50', stroke: 'transparent', points: { show: false }, value: of(h => duration(quantile(h, 50))) },
          { label: 'about p99', stroke: 'transparent', points: { show: false }, value: of(h => total(h) < enough ? '–' : duration(quantile(h, 99))) },
        ],
        cursor: { y: false, drag: { x: false, y: false }, sync: { key: group.key, setSeries: false }, points: { show: false } },
        hooks: { drawClear: [u => phases(u, rep.steady)], drawAxes: [u => fields(u, rep)] },
      }, rep.heat.length
        ? [rep.heat.map(h => h[0] + h[1] / 2), ...[0, 0, 0].map(() => rep.heat.map(() => low))]
        : [[0], [null], [null], [null]]);
    };
  }

  // received returns messages/s by slot, which is more precise than samples.
  // Slots without messages are missing in the heatmap; they are 0 here.
  function received(r) {
    const points = [];
    let from = 0;
    for (const h of r.heat) {
      if (h[0] >= r.steady) break;
      if (h[0] > from + h[1] / 2) points.push([h[0], 0]);
      from = h[0] + h[1];
      points.push([from, total(h) / h[1]]);
    }
    if (from < r.steady * 0.99) points.push([r.steady, 0]);
    return points;
  }

  function points(r, of) {
    if (of.column === 1 && r.heat.length) return received(r);
    return r.samples.map(v => [v[0] * r.steady / data.slots, v[of.column]]);
  }

  function line(group, of) {
    return element => {
      const shown = group.series.filter(s => chosen(group, s).samples);
      const steady = Math.max(...shown.map(s => chosen(group, s).steady));
      const tables = shown.map(s => {
        const shown = points(chosen(group, s), of);
        const at = shown.map(p => p[0]), values = shown.map(p => p[1]);
        return [[0, ...at], [values[0], ...values]]; // a step reaches back to the previous sample
      });
      const joined = uPlot.join(tables);
      const most = Math.max(...joined.slice(1).flat().filter(v => v != null), 0); // uPlot fills gaps between series with undefined
      plot(element, {
        height: 132,
        scales: { x: timeScale(group), y: { range: () => [0, most * 1.12 || 1] } },
        axes: [axis({ values: (_, v) => v.map(seconds), size: 30 }), axis({ size: gutter, values: (_, v) => v.map(number), space: 28 })],
        series: [{ label: 'until', value: (_, v) => v == null ? '–' : seconds(v) }].concat(shown.map(s => Object.assign(look(s), {
          spanGaps: true, paths: uPlot.paths.stepped({ align: -1 }), value: (_, v) => number(v),
        }))),
        cursor: { y: false, drag: { x: false, y: false }, sync: { key: group.key, setSeries: false } },
        hooks: { drawClear: [u => phases(u, steady)] },
      }, joined);
    };
  }

  // chooser adds the selection of a repetition; the typical ones are shown first.
  function chooser(group, figure) {
    const names = [...new Set(group.series.flatMap(s => s.reps.map(r => r.name)))].sort((a, b) => a - b);
    const label = document.createElement('label');
    const select = document.createElement('select');
    label.append('Repetition ', select);
    select.append(new Option('median p50 of each protocol', ''), ...(group.series.every(s => s.reps.length < 2) ? [] : names.map(n => new Option(n, n))));
    const say = () => {
      for (const about of figure.querySelectorAll('.about')) {
        const r = chosen(group, group.series[about.dataset.series]);
        about.textContent = `repetition ${r.name}${r.word ? ', ' + r.word : ''}: ${r.phases}`;
      }
    };
    select.addEventListener('change', () => {
      group.repetition = select.value;
      say();
      for (const chart of figure.querySelectorAll('.chart')) if (chart.plot) draw(chart);
      const table = figure.parentNode.querySelector('details.late');
      if (table.open) fill(table, group);
    });
    say();
    figure.querySelector('.choices').append(label);
  }

  function row(cells, tag) {
    const tr = document.createElement('tr');
    for (const c of cells) {
      const cell = tr.appendChild(document.createElement(tag));
      cell.textContent = c;
      if (tag === 'th') cell.scope = 'col';
    }
    return tr;
  }

  // fill creates the tables with the charts' values.
  function fill(details, group) {
    details.querySelectorAll('.wide').forEach(t => t.remove());
    const slots = [], used = [];
    for (const s of group.series) {
      const r = chosen(group, s);
      for (const h of r.heat) slots.push([s.label, seconds(h[0]), total(h), number(total(h) / h[1]), duration(quantile(h, 50)), duration(bin(h[2] + h.length - 3))]);
      for (const v of r.samples || []) used.push([s.label, seconds(v[0] * r.steady / data.slots), ...[2, 5, 3, 6, 4, 7].map(i => number(v[i]))]);
    }
    for (const [caption, heads, rows] of [
      ['By slot', ['protocol', 'from', 'messages', 'messages/s', 'about p50', 'max'], slots],
      ['Resource usage', ['protocol', 'until', 'server cores', 'client cores', 'server MB', 'client MB', 'server GCs', 'client GCs'], used],
    ]) {
      if (!rows.length) continue;
      const wide = document.createElement('div');
      wide.className = 'wide';
      wide.tabIndex = 0; // scrolls by keyboard
      wide.setAttribute('role', 'region');
      wide.setAttribute('aria-label', caption);
      const table = wide.appendChild(document.createElement('table'));
      table.createCaption().textContent = caption;
      table.createTHead().append(row(heads, 'th'));
      table.createTBody().append(...rows.map(r => row(r, 'td')));
      details.append(wide);
    }
  }

  for (const figure of document.querySelectorAll('figure.times')) {
    const group = data.groups[figure.dataset.group.slice(1)];
    group.key = 'time-' + figure.dataset.group;
    chooser(group, figure);
    for (const element of figure.querySelectorAll('.heat')) later(element, heat(group, +element.dataset.series));
    const grid = figure.querySelector('.lines');
    for (const of of lines) {
      const news = v => of.rare ? v > 0 : v !== null;
      if (!group.series.some(s => s.reps.some(r => (r.samples || []).some(v => news(v[of.column]))))) continue;
      const box = grid.appendChild(document.createElement('div'));
      box.appendChild(document.createElement('h4')).textContent = of.name;
      const chart = box.appendChild(document.createElement('div'));
      chart.className = 'chart line';
      chart.setAttribute('role', 'group');
      chart.setAttribute('aria-label', of.name + ' over time. The table below has the values.');
      later(chart, line(group, of));
    }
    const table = figure.parentNode.querySelector('details.late');
    table.addEventListener('toggle', () => { if (table.open) fill(table, group); });
  }
})();
